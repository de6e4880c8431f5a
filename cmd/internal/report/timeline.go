package report

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/score"
)

// The charts stretch with the page: across, places are per cent of the width; down, they are pixels.
const (
	plotTop   = 10 // above the plot, so that a mark at 100 % is whole
	plotAll   = 170
	plotFace  = 84
	stripHigh = 6  // of the strip that shows quality
	laneHigh  = 17 // of a face's row below the axis
	plotUnits = 1000
	mostLanes = 6
)

// mostPoints bounds the lines of a chart, whatever the clip's length. leastStretches is the coarsest that curves get.
const (
	mostPoints     = 1000
	leastStretches = 40
)

// timeline is a chart of scores over time.
type timeline struct {
	Label           string
	Height, Plot    int
	Top             int
	Grid            []gridLine
	Ticks           []tick
	TicksAt         int
	Segments        []span
	Cuts            []string // places of cuts between shots
	Quality         []span
	QualityAt       int
	Areas, Lines    []line
	Marks           []spot
	Lanes           []lane
	Banded, NoCurve bool
	Rest            int // faces drawn in grey
}

// gridLine is a threshold.
type gridLine struct {
	Y, TextY int
	Text     string
	Class    string
}

// span is a stretch of time.
type span struct{ X, Width, Class, Note string }

// line is a curve of a face, or the band around one.
type line struct{ Class, Points string }

// spot is a moment on a curve.
type spot struct {
	X, Class, Note string
	Y              int
}

// lane is when a face is seen, with its name beside it.
type lane struct {
	Name, Class string
	X, Anchor   string // of the name
	Shift       int    // pixels between the name and the bar
	Y           int    // of the row's middle
	Seen        span
	Segments    []span
}

// axis maps time to the chart.
type axis struct {
	from, to int64 // ms
	high     int   // pixels
}

func (a axis) share(ms int64) float64 { return float64(ms-a.from) / float64(max(1, a.to-a.from)) }
func (a axis) y(p float64) int        { return plotTop + int(math.Round((1-unit(p))*float64(a.high))) }

func (a axis) span(from, to int64, class, note string) span {
	from, to = max(from, a.from), min(to, a.to)
	return span{chart.Percent(a.share(from)), chart.Percent(max(0.003, a.share(to)-a.share(from))), class, note}
}

// timeline is the chart of the whole clip.
func (m maker) timeline() *timeline {
	a := axis{0, m.length(), plotAll}
	tracks := m.byScore()
	t := m.newTimeline(a, tracks)
	m.drawCuts(t, a)
	t.Label = m.w.Say("timeline.label", "from", m.w.ShortClock(a.from), "to", m.w.ShortClock(a.to), "summary", m.spans())
	if len(tracks) < 2 {
		return t
	}
	for i, track := range tracks[:min(len(tracks), mostLanes)] {
		t.Lanes = append(t.Lanes, m.lane(a, track, faceClass(i), t.Height+laneHigh/2))
		t.Height += laneHigh
	}
	t.Rest = max(0, len(tracks)-mostLanes)
	return t
}

// lane has the face's name where there is room for it: before the bar, behind it, or on it.
func (m maker) lane(a axis, t score.Track, class string, y int) lane {
	l := lane{Name: m.w.Say("face.name", "n", t.ID), Class: class, Y: y, Seen: a.span(t.FirstMS, t.LastMS, "", m.seen(t))}
	const room = 0.25
	switch from, to := a.share(t.FirstMS), a.share(t.LastMS); {
	case to < 1-room:
		l.X, l.Anchor, l.Shift = chart.Percent(max(to, from+0.003)), "start", 6
	case from > room:
		l.X, l.Anchor, l.Shift = chart.Percent(from), "end", -6
	default:
		l.X, l.Anchor, l.Shift = chart.Percent(from), "start", 6
	}
	for _, s := range m.r.Segments {
		if s.Track == t.ID {
			l.Segments = append(l.Segments, m.segmentSpan(a, s))
		}
	}
	return l
}

// faceTimeline is the chart of one face, from its first to its last moment.
func (m maker) faceTimeline(track score.Track, color string) *timeline {
	if track.LastMS <= track.FirstMS {
		return nil
	}
	a := axis{track.FirstMS, track.LastMS, plotFace}
	t := m.newTimeline(a, []score.Track{track})
	t.Label = m.w.Say("timeline.face", "n", track.ID, "from", m.w.ShortClock(a.from), "to", m.w.ShortClock(a.to))
	for _, set := range [][]line{t.Lines, t.Areas} {
		for i := range set {
			set[i].Class = color
		}
	}
	for i := range t.Marks {
		t.Marks[i].Class = color
	}
	return t
}

// length is the clip's, or what was seen of it where the container does not tell, or tells less.
func (m maker) length() int64 {
	end := max(1, m.r.Input.DurationMS)
	for _, t := range m.r.Tracks {
		end = max(end, t.LastMS)
	}
	return end
}

func (m maker) seen(t score.Track) string {
	return m.w.Say("unit.range", "from", m.w.Clock(t.FirstMS), "to", m.w.Clock(t.LastMS)) + ": " + m.w.Score(t.Score)
}

func (m maker) segmentSpan(a axis, s score.Segment) span {
	note := m.w.Say("unit.range", "from", m.w.Clock(s.StartMS), "to", m.w.Clock(s.EndMS)) + ": " + m.w.Score(s.Score)
	return a.span(s.StartMS, s.EndMS, class(m.band(s.Score)), note)
}

// newTimeline draws what all charts have, for the tracks given.
func (m maker) newTimeline(a axis, tracks []score.Track) *timeline {
	bottom := plotTop + a.high
	t := &timeline{Top: plotTop, Plot: a.high, QualityAt: bottom + 4, TicksAt: bottom + 4 + stripHigh + 14, NoCurve: len(m.r.Timeline) == 0}
	t.Height = t.TicksAt + 8
	m.drawGrid(t, a)
	color := map[int]string{}
	for i, track := range tracks {
		color[track.ID] = faceClass(i)
		for _, e := range track.Evidence[:min(len(track.Evidence), PictureLimits().PerFace)] {
			if i < mostLanes && e.TMS >= a.from && e.TMS <= a.to {
				t.Marks = append(t.Marks, spot{chart.Percent(a.share(e.TMS)), color[track.ID], m.w.ExactClock(e.TMS) + ": " + m.w.Score(e.Score), a.y(e.Score)})
			}
		}
	}
	for _, s := range m.r.Segments {
		if _, ok := color[s.Track]; ok && len(t.Segments) < mostPoints {
			t.Segments = append(t.Segments, m.segmentSpan(a, s))
		}
	}
	m.drawCurves(t, a, color)
	return t
}

func (m maker) drawGrid(t *timeline, a axis) {
	th := m.thresholds()
	for _, g := range []struct {
		at    float64
		class string
	}{{0, "base"}, {th.Moderate, "moderate"}, {th.Strong, "strong"}, {th.VeryStrong, "very-strong"}} {
		if g.at > th.Moderate && a.high < plotAll {
			continue // no room for their names
		}
		line := gridLine{Y: a.y(g.at), Class: g.class}
		if g.at > 0 {
			line.Text, line.TextY = m.w.Percent(g.at), line.Y-3
		}
		t.Grid = append(t.Grid, line)
	}
	ticks := chart.Ticks(a.from, a.to, 5)
	for _, ms := range ticks {
		place := "middle"
		switch at := a.share(ms); {
		case at < 0.03:
			place = "start"
		case at > 0.97:
			place = "end"
		}
		t.Ticks = append(t.Ticks, tick{chart.Percent(a.share(ms)), m.tickText(ms, ticks), place})
	}
}

// tickText has as many decimals as the steps need.
func (m maker) tickText(ms int64, ticks []int64) string {
	step := int64(1000)
	if len(ticks) > 1 {
		step = ticks[1] - ticks[0]
	}
	switch {
	case step < 100:
		return m.w.ExactClock(ms)
	case step < 1000:
		return m.w.Clock(ms)
	}
	return m.w.ShortClock(ms)
}

// sample is a face's score at a moment.
type sample struct {
	chart.Point // milliseconds, score
	quality     float64
}

// samples are those of the tracks that have a colour, by the colour, in order of time. The faces that share one make a
// single curve: the highest score among them at each moment.
func (m maker) samples(a axis, color map[int]string) map[string][]sample {
	by := map[string][]sample{}
	for _, moment := range m.r.Timeline {
		if moment.TMS < a.from || moment.TMS > a.to {
			continue
		}
		for _, f := range moment.Faces {
			class, ok := color[f.Track]
			if !ok {
				continue
			}
			next, list := sample{chart.Point{X: float64(moment.TMS), Y: unit(f.Score)}, unit(f.Quality)}, by[class]
			if n := len(list); n == 0 || list[n-1].X != next.X {
				by[class] = append(list, next)
			} else if list[n-1].Y < next.Y {
				list[n-1] = next
			}
		}
	}
	for _, list := range by {
		slices.SortStableFunc(list, func(x, y sample) int { return cmp.Compare(x.X, y.X) })
	}
	return by
}

// gap is the time without a sample after which a line ends.
func (m maker) gap() float64 {
	var steps []int64
	for i := 1; i < len(m.r.Timeline); i++ {
		steps = append(steps, m.r.Timeline[i].TMS-m.r.Timeline[i-1].TMS)
	}
	if len(steps) == 0 {
		return 1
	}
	slices.Sort(steps)
	return 2.5 * float64(max(1, steps[len(steps)/2]))
}

func (m maker) drawCurves(t *timeline, a axis, color map[int]string) {
	by := m.samples(a, color)
	total := 0
	for _, list := range by {
		total += len(list)
	}
	stretches := 0 // as many as needed: every sample is drawn
	for n := mostPoints / 3; total > mostPoints && stretches == 0; n = n * 3 / 4 {
		if n < leastStretches || countStretches(by, a, n) <= mostPoints/3 {
			stretches = n
		}
	}
	t.Banded = stretches > 0
	gap := m.gap()
	for _, class := range slices.Backward(slices.Sorted(maps.Keys(by))) { // the strongest on top: rest, f6 .. f1
		m.drawCurve(t, a, by[class], class, stretches, gap)
	}
	m.drawQuality(t, a, by)
}

// countStretches is how many points lines of n stretches would take.
func countStretches(by map[string][]sample, a axis, n int) int {
	total := 0
	for _, list := range by {
		total += len(chart.Summarise(pointsOf(list), float64(a.from), float64(a.to), n))
	}
	return total
}

func pointsOf(list []sample) []chart.Point {
	points := make([]chart.Point, len(list))
	for i, s := range list {
		points[i] = s.Point
	}
	return points
}

// drawCurve draws a face's score, as a line, or as a line within a band where there are more samples than pixels.
func (m maker) drawCurve(t *timeline, a axis, list []sample, class string, stretches int, gap float64) {
	place := func(x, y float64) chart.Point {
		return chart.Point{X: plotUnits * a.share(int64(x)), Y: 100 * (1 - y)}
	}
	if stretches == 0 {
		for _, run := range chart.Runs(pointsOf(list), func(p chart.Point) float64 { return p.X }, gap) {
			var line []chart.Point
			for _, p := range run {
				line = append(line, place(p.X, p.Y))
			}
			t.addLine(class, line)
		}
		return
	}
	width := float64(a.to-a.from) / float64(stretches)
	summaries := chart.Summarise(pointsOf(list), float64(a.from), float64(a.to), stretches)
	for _, run := range chart.Runs(summaries, func(s chart.Summary) float64 { return s.X }, max(1.5*width, gap)) {
		var middle, upper, lower []chart.Point
		for _, s := range run {
			middle = append(middle, place(s.X, s.Mean))
			upper = append(upper, place(s.X, s.High))
			lower = append(lower, place(s.X, s.Low))
		}
		slices.Reverse(lower)
		t.Areas = append(t.Areas, line{class, chart.Points(append(upper, lower...))})
		t.addLine(class, middle)
	}
}

// addLine adds a line; one of a single point is drawn as a short dash.
func (t *timeline) addLine(class string, points []chart.Point) {
	if len(points) == 1 {
		p := points[0]
		points = []chart.Point{{X: p.X - 2, Y: p.Y}, {X: p.X + 2, Y: p.Y}}
	}
	t.Lines = append(t.Lines, line{class, chart.Points(points)})
}

// The strip under the axis: stretches in which the best face is of poor quality.
const (
	qualityStretches = 120
	poor, veryPoor   = 0.5, 0.25
)

func (m maker) drawQuality(t *timeline, a axis, by map[string][]sample) {
	var all []chart.Point
	for _, list := range by {
		for _, s := range list {
			all = append(all, chart.Point{X: s.X, Y: s.quality})
		}
	}
	slices.SortStableFunc(all, func(x, y chart.Point) int { return cmp.Compare(x.X, y.X) })
	half := int64(float64(a.to-a.from) / qualityStretches / 2)
	for _, s := range chart.Summarise(all, float64(a.from), float64(a.to), qualityStretches) {
		level := ""
		switch {
		case s.High < veryPoor:
			level = "very-poor"
		case s.High < poor:
			level = "poor"
		default:
			continue
		}
		x := int64(s.X)
		next := a.span(x-half, x+half, level, m.w.Say("timeline.quality")+": "+m.w.Percent(s.High))
		t.Quality = append(t.Quality, next)
	}
}
