package evaluation

import (
	"fmt"
	"math"
	"slices"

	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/metrics"
)

// Stretch is a part of a clip, in milliseconds of presentation time; the end is not part of it.
type Stretch struct{ StartMS, EndMS int64 }

// overlap is the intersection over the union of two stretches, in [0, 1].
func (s Stretch) overlap(o Stretch) float64 {
	shared := min(s.EndMS, o.EndMS) - max(s.StartMS, o.StartMS)
	if shared <= 0 {
		return 0
	}
	return float64(shared) / float64(max(s.EndMS, o.EndMS)-min(s.StartMS, o.StartMS))
}

// Segments are about the segments that results list: how many there are where nothing is manipulated, and how well they
// lie where a label says what is.
type Segments struct {
	GenuineMinutes Number   `json:"genuine_minutes"` // of the genuine files with status scored
	False          int      `json:"on_genuine"`      // segments on them
	FalseRate      Estimate `json:"per_genuine_minute"`
	Labelled       int      `json:"labelled_stretches"` // of the scored fakes
	Found          int      `json:"found"`              // stretches that a segment touches
	Overlap        Estimate `json:"median_overlap"`     // of the found ones with their best segment: intersection over union
}

// segments measures them. A genuine photo has no minutes and is left out.
func segments(genuine, fakes []Case, o Options) Segments {
	var s Segments
	var timed []metrics.Example // Score is the number of segments
	minutes := map[string]float64{}
	for _, c := range scored(genuine) {
		length := float64(c.Result.Input.DurationMS) / 60_000
		if length <= 0 {
			continue
		}
		s.GenuineMinutes += Number(length)
		s.False += len(c.Result.Segments)
		minutes[c.Group] += length
		timed = append(timed, metrics.Example{Score: float64(len(c.Result.Segments)), Group: c.Group})
	}
	boot := metrics.Bootstrap(timed, func(of []metrics.Example) float64 { return rate(of, timed, minutes) }, o.Draws, o.Seed)
	s.FalseRate = estimate(widen(boot, rateInterval(boot.Value, s.False, float64(s.GenuineMinutes))))
	var found []metrics.Example
	for _, c := range scored(fakes) {
		if c.Stretch == nil {
			continue
		}
		s.Labelled++
		if best := c.Stretch.best(c.Result.Segments); best > 0 {
			s.Found++
			found = append(found, metrics.Example{Score: best, Group: c.Group})
		}
	}
	s.Overlap = estimate(metrics.Bootstrap(found, medianScore, o.Draws, o.Seed))
	return s
}

// rate is the number of segments per minute. Whole groups are drawn, so that the minutes of a draw are those of its
// groups, each as often as it was drawn.
func rate(of, all []metrics.Example, minutes map[string]float64) float64 {
	size := map[string]float64{}
	for _, e := range all {
		size[e.Group]++
	}
	var count, length float64
	for _, e := range of {
		count += e.Score
		length += minutes[e.Group] / size[e.Group]
	}
	return count / length // 0/0 is NaN
}

// rateInterval is Byar's 95 % interval of a Poisson rate: where nothing was seen in a minute, the next may have three.
func rateInterval(value float64, count int, minutes float64) metrics.Estimate {
	const z = 1.96
	bound := func(n, sign float64) float64 {
		switch {
		case minutes <= 0:
			return math.NaN()
		case n == 0:
			return 0
		}
		return n * math.Pow(1-1/(9*n)+sign*z/(3*math.Sqrt(n)), 3) / minutes
	}
	return metrics.Estimate{Value: value, Low: bound(float64(count), -1), High: bound(float64(count)+1, 1)}
}

func (s Stretch) best(of []score.Segment) float64 {
	var best float64
	for _, o := range of {
		best = max(best, s.overlap(Stretch{o.StartMS, o.EndMS}))
	}
	return best
}

func medianScore(of []metrics.Example) float64 {
	if len(of) == 0 {
		return math.NaN()
	}
	values := make([]float64, len(of))
	for i, e := range of {
		values[i] = e.Score
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// sentence is for people; empty when there was nothing to measure.
func (s Segments) sentence() string {
	text := ""
	if s.GenuineMinutes > 0 {
		text = fmt.Sprintf("On %.1f genuine minutes %s listed, %s a minute", float64(s.GenuineMinutes), isOrAre(s.False, "segment"), decimal(s.FalseRate.Value))
		if span := span(s.FalseRate); span != "" {
			text += " (" + span + ")"
		}
		text += "."
	}
	if s.Labelled > 0 {
		text += fmt.Sprintf(" Of the %d stretches that are labelled segments find %d", s.Labelled, s.Found)
		if s.Found > 0 {
			text += fmt.Sprintf(", with a median overlap (intersection over union) of %s", decimal(s.Overlap.Value))
		}
		text += "."
	}
	return text
}

func isOrAre(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return plural(n, noun) + " are"
}
