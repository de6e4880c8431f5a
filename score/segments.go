package score

import (
	"math"
	"time"

	"github.com/blendscope/blendscope/model"
)

// segments lists the sustained stretches of a track that speak for a manipulation. There are two ways to become one: a track that
// reaches the strong band as a whole is cut where it sinks below the moderate threshold (above); of another one, the
// stretches that stand out of it beyond all doubt, and are read as moderate or more, are segments (rises). A level that
// merely drifts about the threshold is neither.
func (s *series) segments(r *record, c calibration) []Segment {
	if c.score(mean(s.beats)) >= DefaultThresholds().Strong {
		return s.above(r, c)
	}
	var found []Segment
	for _, f := range s.found {
		if f.sure < 1 || c.score(f.value) < DefaultThresholds().Moderate {
			continue
		}
		a, b := s.edges(r, f)
		if g, ok := s.segment(r, c, a, b, f.value); ok {
			found = append(found, g)
		}
	}
	return found
}

// edges finds the counted faces from a to b where the stretch begins and ends: between two levels the most likely place
// is the one that makes the sum of what lies above the half-way level as large as can be. Beats tell it to half a second, the
// faces around them closer.
func (s *series) edges(r *record, f rise) (a, b int) {
	length := max(beat, s.spacing)
	start := s.at(0) - s.spacing/2
	from := start + time.Duration(max(0, s.beats[f.from].number-2))*length
	to := start + time.Duration(s.beats[f.to-1].number+3)*length
	var sum, most float64
	first := -1
	for i := range s.counted {
		if s.at(i) < from || s.at(i) > to {
			continue
		}
		if first < 0 || sum <= 0 {
			first, sum = i, 0
		}
		sum += s.weights[i] * (s.logit(r, i) - f.level)
		if sum > most {
			most, a, b = sum, first, i
		}
	}
	return a, b
}

// above finds the stretches of a track above the moderate threshold. A stretch starts where the smoothed score reaches the
// threshold and ends where it sinks clearly below it (hysteresis), so that it does not fray; holes of up to segmentGap
// are bridged. Its score is the calibrated mean of its faces.
func (s *series) above(r *record, c calibration) []Segment {
	level := logOdds(DefaultThresholds().Moderate)
	var found []Segment
	open := -1 // index in counted of the first face of the running stretch
	last := -1 // index in counted of its last face above the level it must keep
	finish := func() {
		if open >= 0 {
			// Smoothing smears the edges outwards: the faces there must be above the threshold by themselves.
			a, b := open, last
			for a < b && c.odds(s.logit(r, a)) < level {
				a++
			}
			for b > a && c.odds(s.logit(r, b)) < level {
				b--
			}
			if g, ok := s.segment(r, c, a, b, s.mean(r, a, b)); ok {
				found = append(found, g)
			}
		}
		open, last = -1, -1
	}
	gap := max(segmentGap, s.spacing*5/2)
	for i, k := range s.counted {
		z := c.odds(s.smoothed[k])
		switch {
		case open >= 0 && s.at(i)-s.at(last) > gap:
			finish()
			if z >= level {
				open, last = i, i
			}
		case open < 0 && z >= level:
			open, last = i, i
		case open >= 0 && z >= level-hysteresis:
			last = i
		case open >= 0 && z < level-hysteresis:
			finish()
		}
	}
	finish()
	return found
}

// mean is the logit of the counted faces from a to b.
func (s *series) mean(r *record, a, b int) float64 {
	var sum, weight float64
	for i := a; i <= b; i++ {
		sum += s.weights[i] * s.logit(r, i)
		weight += s.weights[i]
	}
	return sum / weight
}

// segment is the stretch from counted face a to b; ok is false when it is too short or too thin.
func (s *series) segment(r *record, c calibration, a, b int, logit float64) (g Segment, ok bool) {
	start, end := s.at(a), s.at(b)+s.frameTime()
	if end-start < minSegment || b-a+1 < minSegmentFaces {
		return Segment{}, false
	}
	return Segment{Track: s.id, StartMS: start.Milliseconds(), EndMS: end.Milliseconds(), Score: c.score(logit)}, true
}

// frameTime is how long the last face of a stretch is taken to stay.
func (s *series) frameTime() time.Duration { return min(s.spacing, time.Second) }

// calibration maps pooled logits to the numbers of the result.
type calibration struct{ model.Calibration }

// odds are the calibrated log odds.
func (c calibration) odds(logit float64) float64 { return c.A*logit + c.B }

// neutral is the logit that speaks neither for a manipulation nor against.
func (c calibration) neutral() float64 {
	if !(c.A > 0) {
		return 0
	}
	return max(-maxLogit, min(maxLogit, -c.B/c.A))
}

// score is the calibrated probability as it is shown: Bounded, to four places.
func (c calibration) score(logit float64) float64 {
	return round(Bounded(c.Probability(logit)), 4)
}

// interval maps an interval of logits. A calibration with a negative slope turns it round.
func (c calibration) interval(lo, hi float64) [2]float64 {
	a, b := c.score(lo), c.score(hi)
	return [2]float64{min(a, b), max(a, b)}
}

func logOdds(p float64) float64 { return math.Log(p / (1 - p)) }

// round keeps results the same on machines that differ in the last bits.
func round(v float64, places int) float64 {
	unit := math.Pow10(places)
	return math.Round(finite(v)*unit) / unit
}
