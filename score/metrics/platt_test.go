package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Labels drawn from a known calibration must give it back.
func TestFitPlattFindsTheTruth(t *testing.T) {
	const a, b = 0.7, -0.4
	random := rand.New(rand.NewPCG(4, 4))
	var of []Example
	fakes := 0.0
	for range 20000 {
		logit := 2 * random.NormFloat64()
		fake := random.Float64() < 1/(1+math.Exp(-(a*logit+b)))
		if fake {
			fakes++
		}
		of = append(of, Example{Score: logit, Fake: fake})
	}
	gotA, gotB := FitPlatt(of, fakes/20000)
	if math.Abs(gotA-a) > 0.05 || math.Abs(gotB-b) > 0.05 {
		t.Errorf("got %.3f, %.3f, want %.3f, %.3f", gotA, gotB, a, b)
	}
	// At another prior only the offset moves, by the difference of the log odds.
	evenA, evenB := FitPlatt(of, 0.5)
	shift := -math.Log(fakes / (20000 - fakes))
	if math.Abs(evenA-gotA) > 0.05 || math.Abs(evenB-gotB-shift) > 0.05 {
		t.Errorf("at even prior %.3f, %.3f, want %.3f, %.3f", evenA, evenB, gotA, gotB+shift)
	}
}

func TestFitPlattOnHardCases(t *testing.T) {
	tests := map[string][]Example{
		"separable": examples([]float64{5, 6, 7}, []float64{-5, -6, -7}),
		"reversed":  examples([]float64{-1, -2}, []float64{1, 2}),
		"all equal": examples([]float64{3, 3}, []float64{3, 3, 3}),
		"far away":  examples([]float64{15, 15, -15}, []float64{-15, 15, -15}),
	}
	for name, of := range tests {
		a, b := FitPlatt(of, 0.5)
		if math.IsNaN(a+b) || math.IsInf(a+b, 0) || math.Abs(a) > 100 {
			t.Errorf("%s: %v, %v", name, a, b)
		}
		if (name == "separable") != (a > 0.1) && name != "far away" {
			t.Errorf("%s: slope %v", name, a)
		}
	}
	if a, b := FitPlatt(examples([]float64{1}, nil), 0.5); !math.IsNaN(a) || !math.IsNaN(b) {
		t.Errorf("one class gives %v, %v", a, b)
	}
}
