package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// outcome is the first thing one reads.
type outcome struct {
	Class    string // of the style sheet: a band, or a status
	Figure   string // the score, or a sign
	Signs    string // the band or status in words
	Sentence string
	Interval string
	Computed string // of an inconclusive one
	Scale    *scale
	Means    string
	Measured string // how often the classifier is wrong at about this score
	Nots     []string
	Also     []string
	Detail   string
}

// scale is a line from 0 to 100 % with the bands, the interval and the score.
type scale struct {
	Bands           []zone
	Ticks           []tick
	Low, Width, At  string // per cent of the width
	Label           string
	Class           string
	LowText, HiText string
}

type zone struct{ X, Width, Class, Name string }

// tick is a mark with its text; Anchor is where the text stands.
type tick struct{ X, Text, Anchor string }

func (m maker) outcome() outcome {
	o := m.r.Outcome
	v := outcome{
		Class: string(o.Status), Sentence: output.Printable(m.w.Outcome(o)), Signs: m.code("status", string(o.Status)),
	}
	if !strings.Contains(o.Words(score.English), o.Detail) { // details are English in every language
		v.Detail = output.Printable(o.Detail)
	}
	switch {
	case o.Status == score.Scored && o.Score != nil:
		b := m.band(*o.Score)
		v.Class, v.Figure, v.Signs = class(b), m.w.Score(*o.Score), m.w.Say("signs."+string(b))
		v.Means, v.Nots = m.w.Say("meaning."+string(b)), m.nots(b != score.Weak)
		v.Measured = m.measured(*o.Score)
		v.Scale, v.Interval = m.scale(*o.Score, o.Interval), m.interval(o.Interval)
	case o.Status == score.Inconclusive:
		v.Figure, v.Means, v.Nots = "?", m.w.Say("meaning.inconclusive"), m.nots(false)
		if o.Score != nil && o.Interval != nil {
			v.Computed = m.w.Say("outcome.computed", "score", m.w.Score(*o.Score), "low", m.w.Score(o.Interval[0]), "high", m.w.Score(o.Interval[1]))
		}
	case o.Status == score.NotApplicable:
		v.Figure, v.Means, v.Nots = "–", m.w.Say("meaning.not_applicable"), []string{m.w.Say("meaning.not.none")}
	default:
		v.Class, v.Figure, v.Means, v.Nots = string(score.Failed), "×", m.w.Say("meaning.error"), []string{m.w.Say("meaning.not.none")}
	}
	v.Also = m.also()
	return v
}

// measured tells how often the classifier errs, at the highest of its operating points that the score reaches, or else at
// the lowest.
func (m maker) measured(p float64) string {
	if m.Model == nil || len(m.Model.Manifest.OperatingPoints) == 0 {
		return ""
	}
	points := slices.SortedFunc(slices.Values(m.Model.Manifest.OperatingPoints), func(a, b model.OperatingPoint) int { return cmp.Compare(a.Threshold, b.Threshold) })
	at := points[0]
	for _, next := range points[1:] {
		if next.Threshold <= p {
			at = next
		}
	}
	key := "meaning.measured"
	if at.Threshold > p {
		key = "meaning.below"
	}
	return m.w.Say(key, "threshold", m.w.Percent(at.Threshold), "fpr", m.w.Percent1(at.FPR), "tpr", m.w.Percent1(at.TPR), "on", output.Printable(at.MeasuredOn))
}

// nots are what the outcome does not mean.
func (m maker) nots(high bool) []string {
	first := m.w.Say("meaning.not.low")
	if high {
		first = m.w.Say("meaning.not.high")
	}
	list := []string{first, m.w.Say("meaning.not.rest")}
	if high {
		list = append(list, m.w.Say("meaning.not.who"))
	}
	return list
}

// also is what the reasons add to the sentence, which tells the first one of a file that is not scored.
func (m maker) also() []string {
	reasons := m.r.Outcome.Reasons
	if m.r.Outcome.Status != score.Scored && len(reasons) > 0 {
		reasons = reasons[1:]
	}
	var list []string
	for _, r := range reasons {
		list = append(list, m.code("reason", string(r)))
	}
	return list
}

func (m maker) interval(i *[2]float64) string {
	if i == nil {
		return ""
	}
	return m.w.Say("outcome.chance", "low", m.w.Score(i[0]), "high", m.w.Score(i[1]))
}

func (m maker) scale(p float64, interval *[2]float64) *scale {
	s := &scale{At: chart.Percent(p), Class: class(m.band(p))}
	label := []any{"score", m.w.Score(p), "signs", m.w.Say("signs." + string(m.band(p))), "low", "?", "high", "?"}
	if interval != nil {
		s.Low, s.Width = chart.Percent(interval[0]), chart.Percent(interval[1]-interval[0])
		label[5], label[7] = m.w.Score(interval[0]), m.w.Score(interval[1])
	}
	s.Label = m.w.Say("outcome.scale", label...)
	t := m.thresholds()
	ends := []float64{0, t.Moderate, t.Strong, t.VeryStrong, 1}
	for i, b := range []score.Band{score.Weak, score.Moderate, score.Strong, score.VeryStrong} {
		s.Bands = append(s.Bands, zone{chart.Percent(ends[i]), chart.Percent(ends[i+1] - ends[i]), class(b), m.w.Say("signs." + string(b))})
	}
	for i, end := range ends {
		s.Ticks = append(s.Ticks, tick{chart.Percent(end), m.w.Percent(end), anchor(i, len(ends))})
	}
	return s
}

// anchor keeps the first and the last text within the chart.
func anchor(i, n int) string {
	switch i {
	case 0:
		return "start"
	case n - 1:
		return "end"
	}
	return "middle"
}
