package evaluation

import (
	"fmt"
	"math"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/score/metrics"
)

// Charts are drawn on a canvas of fixed size that the page scales; these are its measures in SVG units.
const (
	chartWidth, chartHeight = 350, 300
	plotLeft, plotTop       = 46, 12
	plotSide                = 240 // height of the plot
	plotWidth               = 280
)

// frame is what all charts have: a grid with labels. All values are in [0, 1].
type frame struct {
	Width, Height            int
	Left, Top, Right, Bottom string
	X, Y                     []tick
	XTitle, YTitle           string
	MiddleX, MiddleY         string
}

// tick is a line of the grid.
type tick struct{ At, Text string }

func newFrame(xTitle, yTitle string) frame {
	f := frame{
		Width: chartWidth, Height: chartHeight,
		Left: chart.Unit(atX(0)), Right: chart.Unit(atX(1)), Top: chart.Unit(atY(1)), Bottom: chart.Unit(atY(0)),
		MiddleX: chart.Unit(atX(0.5)), MiddleY: chart.Unit(atY(0.5)), XTitle: xTitle, YTitle: yTitle,
	}
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		text := percent(Number(v))
		f.X = append(f.X, tick{chart.Unit(atX(v)), text})
		f.Y = append(f.Y, tick{chart.Unit(atY(v)), text})
	}
	return f
}

func atX(v float64) float64 { return plotLeft + v*plotWidth }
func atY(v float64) float64 { return plotTop + (1-v)*plotSide }

// rocChart is the ROC curve of all methods together.
type rocChart struct {
	frame
	Curve  string // points of a polyline
	Limits []tick // a false alarm rate that the table is about
	Found  []mark
}

// mark is a point with a note.
type mark struct{ X, Y, R, Low, High, Note string }

func (r *Report) rocChart() rocChart {
	c := rocChart{frame: newFrame("genuine files accused", "fakes found")}
	var points []string
	for i, p := range r.ROC {
		if i > 0 && i+1 < len(r.ROC) && (p.FPR == r.ROC[i-1].FPR && p.FPR == r.ROC[i+1].FPR || p.TPR == r.ROC[i-1].TPR && p.TPR == r.ROC[i+1].TPR) {
			continue // in the middle of a straight line
		}
		points = append(points, chart.Unit(atX(float64(p.FPR)))+","+chart.Unit(atY(float64(p.TPR))))
	}
	c.Curve = strings.Join(points, " ")
	const fpr = 0.05
	if tpr := r.Overall.TPR5.Value; !bad(tpr) {
		c.Limits = []tick{{chart.Unit(atX(fpr)), percent(fpr)}}
		c.Found = []mark{{
			X: chart.Unit(atX(fpr)), Y: chart.Unit(atY(float64(tpr))), R: "3.5",
			Note: fmt.Sprintf("%s of the fakes found where %s of the genuine files are accused", percent(tpr), percent(fpr)),
		}}
	}
	return c
}

// reliabilityChart has a dot per bin of scores; on the diagonal scores mean what they say.
type reliabilityChart struct {
	frame
	Bins []mark
}

func (r *Report) reliabilityChart() reliabilityChart {
	c := reliabilityChart{frame: newFrame("score", "share of fakes")}
	total := r.Genuine.Files.Scored + r.Overall.Files.Scored
	for _, b := range r.Reliability {
		n := b.Genuine + b.Fake
		if n == 0 || bad(b.FakeShare) {
			continue
		}
		around := metrics.ShareInterval(float64(b.FakeShare), n)
		c.Bins = append(c.Bins, mark{
			X: chart.Unit(atX(float64(b.MeanScore))), Y: chart.Unit(atY(float64(b.FakeShare))),
			R:   chart.Unit(3 + 7*math.Sqrt(float64(n)/float64(total))),
			Low: chart.Unit(atY(around.Low)), High: chart.Unit(atY(around.High)),
			Note: fmt.Sprintf("scores %.0f-%s: %s, share of fakes %s", 100*float64(b.Low), percent(b.High), plural(n, "file"), percent(b.FakeShare)),
		})
	}
	return c
}

// histogramChart has the scores of the genuine files above and those of the fakes below a common line.
type histogramChart struct {
	frame
	Genuine, Fake []bar
	Bands         []tick
}

// bar is one column.
type bar struct{ X, Y, Width, Height, Note string }

const histogramBins = 20

func (r *Report) histogramChart() histogramChart {
	c := histogramChart{frame: newFrame("score", "share of the files of a kind")}
	var genuine, fake [histogramBins]int
	for _, row := range r.Rows {
		if row.Status != "scored" || row.Score == nil {
			continue
		}
		bin := max(0, min(histogramBins-1, int(float64(*row.Score)*histogramBins)))
		if row.Label == "fake" {
			fake[bin]++
		} else {
			genuine[bin]++
		}
	}
	top := 0.0
	for i := range histogramBins {
		top = max(top, ratio(genuine[i], r.Genuine.Files.Scored), ratio(fake[i], r.Overall.Files.Scored))
	}
	top = ceiling(top)
	c.Genuine = bars(genuine[:], r.Genuine.Files.Scored, top, "genuine file", 1)
	c.Fake = bars(fake[:], r.Overall.Files.Scored, top, "fake", -1)
	c.Y = nil
	for _, v := range []float64{-1, -0.5, 0, 0.5, 1} {
		c.Y = append(c.Y, tick{chart.Unit(atY(0.5 + v/2)), percent(Number(math.Abs(v) * top))})
	}
	for _, b := range r.Bands {
		if b.Low > 0 {
			c.Bands = append(c.Bands, tick{chart.Unit(atX(float64(b.Low))), string(b.Name)})
		}
	}
	return c
}

// bars stand on the middle of the plot, or hang from it where way is -1.
func bars(counts []int, of int, top float64, noun string, way float64) []bar {
	var list []bar
	for i, n := range counts {
		if n == 0 {
			continue
		}
		height := ratio(n, of) / top / 2
		high, low := max(0.5, 0.5+way*height), min(0.5, 0.5+way*height)
		list = append(list, bar{
			X: chart.Unit(atX(float64(i)/histogramBins) + 1), Width: chart.Unit(plotWidth/float64(histogramBins) - 2),
			Y: chart.Unit(atY(high)), Height: chart.Unit(atY(low) - atY(high)),
			Note: fmt.Sprintf("scores %d-%d%%: %s", 100*i/histogramBins, 100*(i+1)/histogramBins, plural(n, noun)),
		})
	}
	return list
}

func ratio(n, of int) float64 { return float64(n) / float64(max(1, of)) }

// ceiling is a round share to end an axis with.
func ceiling(v float64) float64 {
	for _, round := range []float64{0.1, 0.2, 0.4, 0.6, 0.8} {
		if v <= round {
			return round
		}
	}
	return 1
}

// newWhisker is an AUC with its interval; nil when there is none.
func newWhisker(e Estimate) *chart.Whisker {
	if bad(e.Value) {
		return nil
	}
	return chart.NewWhisker(float64(e.Value), float64(e.Low), float64(e.High))
}
