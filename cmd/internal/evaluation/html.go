package evaluation

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

//go:embed page.html
var pageText string

// page is what the template sees.
type page struct {
	*Report
	Title       string
	Summary     string
	Notes       []string
	Lines       []pageLine
	ROCChart    rocChart
	Reliability reliabilityChart
	Histogram   histogramChart
	BandLines   []bandLine
	Unscored    []Row
	FitText     string
}

// pageLine is a line of the table of methods.
type pageLine struct {
	Name    string
	All     bool
	Files   Counts
	Cells   []pageCell
	Whisker *chart.Whisker
}

type pageCell struct{ Value, Span string }

type bandLine struct{ Name, Range, Genuine, Fake string }

// HTML writes the report as one page that needs nothing else: no script, no font, no network. Whatever names and methods
// hold is shown as text.
func (r *Report) HTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"safe": output.Printable, "percent": percent}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, r.page())
}

func (r *Report) page() page {
	p := page{
		Report: r, Title: "Evaluation on " + r.Labels.name(), Summary: r.summary(), Notes: r.noteList(),
		ROCChart: r.rocChart(), Reliability: r.reliabilityChart(), Histogram: r.histogramChart(),
		Lines: []pageLine{lineOf(allMethods, r.Overall)},
	}
	p.Lines[0].All = true
	for _, f := range r.Methods {
		p.Lines = append(p.Lines, lineOf(output.Printable(f.Method), f))
	}
	for i, b := range r.Bands {
		p.BandLines = append(p.BandLines, bandLine{
			string(b.Name), bandRange(r.Bands, i), withShare(b.Genuine, r.Genuine.Files.Scored), withShare(b.Fake, r.Overall.Files.Scored),
		})
	}
	for _, row := range r.Rows {
		if row.Status != "scored" {
			p.Unscored = append(p.Unscored, row)
		}
	}
	if r.Fit != nil {
		p.FitText = r.Fit.sentence()
	}
	return p
}

func lineOf(name string, f Figures) pageLine {
	return pageLine{
		Name: name, Files: f.Files, Whisker: newWhisker(f.AUC),
		Cells: []pageCell{
			{ofTotal(f.Files), percentSpan(f.Coverage)},
			{decimal(f.AUC.Value), longSpan(f.AUC)},
			{percent(f.EER.Value), percentSpan(f.EER)},
			{percent(f.TPR1.Value), percentSpan(f.TPR1)},
			{percent(f.TPR5.Value), percentSpan(f.TPR5)},
			{decimal(f.ECE.Value), longSpan(f.ECE)},
			{decimal(f.Cllr.Value), longSpan(f.Cllr)},
			{percent(f.Strong.Value), percentSpan(f.Strong)},
		},
	}
}

// GenuineCells are the two figures of the genuine files.
func (p page) GenuineCells() [2]pageCell {
	return [2]pageCell{
		{ofTotal(p.Genuine.Files), percentSpan(p.Genuine.Coverage)},
		{percent(p.Genuine.Strong.Value), percentSpan(p.Genuine.Strong)},
	}
}

// longSpan is span where there is room.
func longSpan(e Estimate) string {
	if bad(e.Low) || bad(e.High) {
		return ""
	}
	return decimal(e.Low) + "-" + decimal(e.High)
}

// withShare is "3 (23%)".
func withShare(n, of int) string {
	if of == 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d (%s)", n, percent(Number(ratio(n, of))))
}
