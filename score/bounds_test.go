package score

import (
	"math"
	"testing"
)

func TestBounded(t *testing.T) {
	for p, want := range map[float64]float64{
		-1: LowestScore, 0: LowestScore, 0.0099: LowestScore, LowestScore: LowestScore, 0.5: 0.5,
		HighestScore: HighestScore, 0.9901: HighestScore, 1: HighestScore, math.Inf(1): HighestScore,
	} {
		if got := Bounded(p); got != want {
			t.Errorf("%v is shown as %v, want %v", p, got, want)
		}
	}
	if got := Bounded(math.NaN()); !math.IsNaN(got) {
		t.Errorf("what is no number is shown as %v", got)
	}
}
