package score

import "math"

// WholePercent is a score in per cent as people are shown it: the nearest whole number that is of the same band. 0.496 is
// weak, and 50 beside that word would look like a mistake. A NaN stays one.
func WholePercent(p float64) float64 {
	whole := math.RoundToEven(100 * p)
	if t := DefaultThresholds(); t.band(whole/100) != t.band(p) {
		whole-- // the lower ends of the bands are whole themselves: only rounding up leaves one
	}
	return whole
}
