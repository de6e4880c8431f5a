package evaluation

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
)

// TextOptions are how the table for people is to look.
type TextOptions struct {
	Columns int // width of the terminal; 0 means 100
	Dim     bool
}

const (
	defaultColumns = 100
	leastColumns   = 80
	cellColumns    = 8
	cells          = 8
	leastName      = 12
	mostListed     = 5 // mistakes of each kind; the other forms have more
)

// Text writes the report for people.
func (r *Report) Text(w io.Writer, o TextOptions) error {
	if o.Columns <= 0 {
		o.Columns = defaultColumns
	}
	t := &text{Report: r, columns: max(o.Columns, leastColumns), dim: o.Dim}
	t.head()
	t.table()
	t.bands()
	t.mistakes("Genuine files that look most like fakes", r.Worst.Genuine)
	t.mistakes("Fakes that look least like fakes", r.Worst.Fake)
	t.fit()
	t.notes()
	_, err := io.WriteString(w, t.b.String())
	return err
}

// text is a page being written.
type text struct {
	*Report
	b       strings.Builder
	columns int
	dim     bool
}

func (t *text) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (t *text) paragraph(s string) {
	for _, line := range output.Wrap(s, t.columns) {
		t.line("%s", line)
	}
}

func (t *text) faint(s string) string {
	if !t.dim || strings.TrimSpace(s) == "" {
		return s
	}
	return "\x1b[2m" + s + "\x1b[0m"
}

func (t *text) head() {
	t.paragraph(t.title())
	t.paragraph(t.summary())
	t.line("")
}

// title says what was measured, on what.
func (r *Report) title() string {
	sampling := fmt.Sprintf("%g frames a second", r.Settings.SampleFPS)
	if r.Settings.AllFrames {
		sampling = "every frame"
	}
	return fmt.Sprintf("%s with %s, %s, on %s", output.Printable(r.Settings.Classifier), output.Printable(r.Settings.Detector),
		sampling, r.Labels.name())
}

// name is the label file's without its folder.
func (s Source) name() string {
	if s.Path == "-" {
		return "standard input"
	}
	return output.Printable(filepath.Base(s.Path))
}

// summary is the files in a sentence.
func (r *Report) summary() string {
	s := fmt.Sprintf("%s: %d genuine, %d fake by %s; ", plural(r.Files.Total, "file"), r.Genuine.Files.Total,
		r.Overall.Files.Total, plural(len(r.Methods), "method"))
	s += fmt.Sprintf("%d scored, %d inconclusive, %d not applicable, %s; coverage %s", r.Files.Scored, r.Files.Inconclusive,
		r.Files.NotApplicable, plural(r.Files.Errors, "error"), percent(r.Coverage.Value))
	if span := percentSpan(r.Coverage); span != "" {
		s += " (" + span + ")"
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (t *text) table() {
	names := []string{"METHOD", allMethods, genuineFiles}
	for _, f := range t.Methods {
		names = append(names, output.Printable(f.Method))
	}
	room, width := t.columns-cells*cellColumns, leastName
	for _, name := range names {
		width = max(width, columnsOf(output.Shorten(name, room)))
	}
	row := func(name string, cells []string) {
		name = output.Shorten(output.Printable(name), width)
		t.line("%s%s%s", name, strings.Repeat(" ", width-columnsOf(name)), right(cells))
	}
	row("METHOD", []string{"SCORED", "AUC", "EER", "TPR@1%", "TPR@5%", "ECE", "Cllr", "STRONG"})
	for _, f := range append([]Figures{t.Overall}, t.Methods...) {
		if f.Method == "" {
			f.Method = allMethods
		}
		row(f.Method, []string{
			ofTotal(f.Files), decimal(f.AUC.Value), percent(f.EER.Value), percent(f.TPR1.Value), percent(f.TPR5.Value),
			decimal(f.ECE.Value), decimal(f.Cllr.Value), percent(f.Strong.Value),
		})
		t.intervals(width, []string{
			percentSpan(f.Coverage), span(f.AUC), percentSpan(f.EER), percentSpan(f.TPR1), percentSpan(f.TPR5),
			span(f.ECE), span(f.Cllr), percentSpan(f.Strong),
		})
	}
	g := t.Genuine
	row(genuineFiles, []string{ofTotal(g.Files), "", "", "", "", "", "", percent(g.Strong.Value)})
	t.intervals(width, []string{percentSpan(g.Coverage), "", "", "", "", "", "", percentSpan(g.Strong)})
	t.line("")
}

const (
	allMethods   = "all methods"
	genuineFiles = "genuine files"
)

func (t *text) intervals(width int, cells []string) {
	t.line("%s", t.faint(strings.TrimRight(strings.Repeat(" ", width)+right(cells), " ")))
}

func right(cells []string) string {
	var b strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&b, "%*s", cellColumns, c)
	}
	return b.String()
}

func (t *text) bands() {
	t.line("%-12s%-12s%16s%16s", "SIGNS", "SCORE", "GENUINE", "FAKE")
	for i, b := range t.Bands {
		t.line("%-12s%-12s%16s%16s", b.Name, bandRange(t.Bands, i),
			shareOf(b.Genuine, t.Genuine.Files.Scored), shareOf(b.Fake, t.Overall.Files.Scored))
	}
	t.line("")
}

// bandRange is the scores of a band, such as "70-90%".
func bandRange(bands []Band, i int) string {
	if i == 0 {
		return percent(bands[i].Low) + " and up"
	}
	return fmt.Sprintf("%.0f-%s", 100*float64(bands[i].Low), percent(bands[i-1].Low))
}

// shareOf is "3  23%".
func shareOf(n, of int) string {
	if of == 0 {
		return fmt.Sprintf("%d%6s", n, "-")
	}
	return fmt.Sprintf("%d%6s", n, percent(Number(float64(n)/float64(of))))
}

func (t *text) mistakes(title string, rows []Row) {
	if len(rows) == 0 {
		return
	}
	if more := len(rows) - mostListed; more > 0 {
		title += fmt.Sprintf(" (the worst %d)", mostListed)
	}
	t.line("%s", title)
	for _, r := range rows[:min(len(rows), mostListed)] {
		text := output.Printable(r.Path)
		if r.Method != "" {
			text = output.Shorten(text, max(leastColumns/2, t.columns*2/3)) + "  " + output.Printable(r.Method)
		}
		t.line(" %4s  %s", percent(*r.Score), output.Shorten(text, t.columns-7))
	}
	t.line("")
}

func (t *text) fit() {
	if t.Fit == nil {
		return
	}
	t.paragraph(t.Fit.sentence())
	t.line("")
}

// sentence is the suggestion, or why there is none.
func (f *Fit) sentence() string {
	a, before, after := float64(f.A), float64(f.Before), float64(f.After)
	switch {
	case math.IsNaN(a):
		return "No calibration can be fitted: it takes scored files of both classes."
	case a <= 0:
		return fmt.Sprintf("No calibration is suggested: on these files a higher logit does not mean a fake (a = %.4f).", a)
	case math.IsNaN(after):
		return fmt.Sprintf("Calibration fitted to these files: a = %.4f, b = %.4f. What it is worth on others cannot be told: without one of the groups a class is missing.", a, float64(f.B))
	}
	verdict := "it is no better than the one in use"
	if after < before {
		verdict = "it is better than the one in use"
	}
	return fmt.Sprintf("Calibration fitted to these files: a = %.4f, b = %.4f. On groups that the fit has not seen, %s: "+
		"Cllr %.3f instead of %.3f (%d fits).", a, float64(f.B), verdict, after, before, f.Folds)
}

func (t *text) notes() { t.paragraph(strings.Join(t.noteList(), " ")) }

// noteList is what a reader of the figures must know, a sentence or two each.
func (r *Report) noteList() []string {
	notes := []string{
		"Each method's fakes are set against all genuine files; only files with a firm score count, SCORED says how many.",
		fmt.Sprintf("Below each figure is its 95%% interval: bootstrap by group, %d draws, widened where groups are few.", r.Statistics.Draws),
		"TPR@1% is the share of fakes found where 1% of the genuine files are accused.",
		fmt.Sprintf("ECE and Cllr (0 is perfect, 1 says nothing) are for a share of fakes of %s.", percent(r.Statistics.Prior)),
		"STRONG is the share in the strong band or above: of a method, fakes found; of the genuine files, false accusations.",
	}
	if n := r.Genuine.Files.Scored; n > 0 && n < 100 {
		notes = append(notes, fmt.Sprintf("With %s, 1%% of them is none: TPR@1%% counts fakes that score above every one.", plural(n, "genuine file")))
	}
	if text := r.Segments.sentence(); text != "" {
		notes = append(notes, text)
	}
	if n := r.Labels.Repeated; n > 0 {
		notes = append(notes, fmt.Sprintf("%s of the labels said again what an earlier one said.", plural(n, "line")))
	}
	return notes
}

func ofTotal(c Counts) string { return fmt.Sprintf("%d/%d", c.Scored, c.Total) }

func bad(n Number) bool { return math.IsNaN(float64(n)) }

// percent never rounds what is short of everything up to all, nor what is more than nothing down to none.
func percent(n Number) string {
	switch v := 100 * float64(n); {
	case bad(n):
		return "-"
	case v > 99.5 && v < 100:
		return ">99%"
	case v > 0 && v < 0.5:
		return "<1%"
	default:
		return fmt.Sprintf("%.0f%%", v)
	}
}

func percentSpan(e Estimate) string {
	if bad(e.Low) || bad(e.High) {
		return ""
	}
	return fmt.Sprintf("%.0f-%.0f%%", math.Floor(100*float64(e.Low)), math.Ceil(100*float64(e.High)))
}

func decimal(n Number) string {
	if bad(n) {
		return "-"
	}
	return fmt.Sprintf("%.2f", float64(n))
}

// span is an interval in at most seven columns.
func span(e Estimate) string {
	if bad(e.Low) || bad(e.High) {
		return ""
	}
	return short(float64(e.Low)) + "-" + short(float64(e.High))
}

func short(v float64) string {
	switch s := fmt.Sprintf("%.2f", v); {
	case math.IsInf(v, 0):
		return "inf"
	case strings.HasPrefix(s, "0."):
		return s[1:]
	case v < 9.95:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// columnsOf is how many columns s takes: the smallest limit that leaves it alone.
func columnsOf(s string) int {
	n := 0
	for output.Shorten(s, n) != s {
		n++
	}
	return n
}
