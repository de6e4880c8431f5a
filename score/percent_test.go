package score

import (
	"math"
	"testing"
)

func TestWholePercent(t *testing.T) {
	for p, want := range map[float64]float64{
		0.01: 1, 0.494: 49, 0.495: 49, 0.4999: 49, 0.5: 50, 0.504: 50, 0.506: 51,
		0.6951: 69, 0.7: 70, 0.8999: 89, 0.9: 90, 0.987: 99, 0.99: 99,
	} {
		if got := WholePercent(p); got != want {
			t.Errorf("%v is shown as %v, want %v", p, got, want)
		}
	}
	if got := WholePercent(math.NaN()); !math.IsNaN(got) {
		t.Errorf("what is no number is shown as %v", got)
	}
}

// The figure and the word beside it agree for every score that a result can hold.
func TestWholePercentKeepsTheBand(t *testing.T) {
	limits := DefaultThresholds()
	for i := 100; i <= 9900; i++ {
		p := float64(i) / 1e4
		shown := WholePercent(p)
		if limits.band(shown/100) != limits.band(p) || math.Abs(shown-100*p) >= 1 {
			t.Errorf("%v, %s, is shown as %v", p, limits.band(p), shown)
		}
	}
}
