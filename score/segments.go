package score

import (
	"math"
	"time"

	"github.com/blendscope/blendscope/model"
)

// segments finds the sustained stretches of a track above the moderate threshold. A stretch starts where the smoothed
// score reaches the threshold and ends where it sinks clearly below it (hysteresis), so that it does not fray; holes of
// up to segmentGap are bridged. Its score is the calibrated mean of its faces.
func (s *series) segments(r *record, c calibration) []Segment {
	level := logOdds(DefaultThresholds().Moderate)
	var found []Segment
	open := -1 // index in counted of the first face of the running stretch
	last := -1 // index in counted of its last face above the level it must keep
	finish := func() {
		if open >= 0 {
			if g, ok := s.segment(r, c, open, last); ok {
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

// segment measures the stretch from counted face a to b; ok is false when it is too short or too thin.
func (s *series) segment(r *record, c calibration, a, b int) (Segment, bool) {
	// Smoothing smears the edges outwards: the faces there must be above the threshold by themselves.
	level := logOdds(DefaultThresholds().Moderate)
	for a < b && c.odds(s.logit(r, a)) < level {
		a++
	}
	for b > a && c.odds(s.logit(r, b)) < level {
		b--
	}
	start, end := s.at(a), s.at(b)+s.frameTime()
	if end-start < minSegment || b-a+1 < minSegmentFaces {
		return Segment{}, false
	}
	var sum, weight float64
	for i := a; i <= b; i++ {
		sum += s.weights[i] * s.logit(r, i)
		weight += s.weights[i]
	}
	return Segment{
		Track:   s.id,
		StartMS: start.Milliseconds(),
		EndMS:   end.Milliseconds(),
		Score:   c.score(sum / weight),
	}, true
}

// frameTime is how long the last face of a stretch is taken to stay.
func (s *series) frameTime() time.Duration { return min(s.spacing, time.Second) }

// calibration maps pooled logits to the numbers of the result.
type calibration struct{ model.Calibration }

// odds are the calibrated log odds.
func (c calibration) odds(logit float64) float64 { return c.A*logit + c.B }

// score is the calibrated probability as it is shown: between lowestScore and highestScore, to four places.
func (c calibration) score(logit float64) float64 {
	return round(max(lowestScore, min(highestScore, c.Probability(logit))), 4)
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
