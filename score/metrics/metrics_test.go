package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// examples makes examples from scores of fakes and of genuine material.
func examples(fakes, genuine []float64) []Example {
	var all []Example
	for _, s := range fakes {
		all = append(all, Example{Score: s, Fake: true})
	}
	for _, s := range genuine {
		all = append(all, Example{Score: s})
	}
	return all
}

func near(t *testing.T, name string, got, want float64) {
	t.Helper()
	if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %.10f, want %.10f", name, got, want)
	}
}

func TestByHand(t *testing.T) {
	perfect := examples([]float64{0.8, 0.9}, []float64{0.1, 0.2})
	// Pairs in order: 0.9 > all three; 0.4 > 0.3, 0.1 and ties 0.4; 0.2 > 0.1: (3 + 2.5 + 1) / 9.
	mixed := examples([]float64{0.9, 0.4, 0.2}, []float64{0.4, 0.3, 0.1})
	tied := examples([]float64{0.5, 0.5}, []float64{0.5, 0.5})
	oneClass := examples([]float64{0.5, 0.7}, nil)
	none := math.NaN()
	tests := []struct {
		name                   string
		of                     []Example
		auc, eer, tpr0, tpr034 float64
	}{
		{"perfect", perfect, 1, 0, 1, 1},
		{"mixed", mixed, 6.5 / 9, 1.0 / 3, 1.0 / 3, 2.0 / 3},
		{"tied", tied, 0.5, 0.5, 0, 0},
		{"reversed", examples([]float64{0.1, 0.2}, []float64{0.8, 0.9}), 0, 1, 0, 0},
		{"one class", oneClass, none, none, none, none},
		{"nothing", nil, none, none, none, none},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			near(t, "AUC", AUC(test.of), test.auc)
			near(t, "EER", EER(test.of), test.eer)
			near(t, "TPR at FPR 0", TPRAt(test.of, 0), test.tpr0)
			near(t, "TPR at FPR 0.34", TPRAt(test.of, 0.34), test.tpr034)
		})
	}
	near(t, "threshold at FPR 0.34", ThresholdAt(mixed, 0.34), 0.4)
	near(t, "threshold at FPR 0", ThresholdAt(mixed, 0), 0.9)
}

func TestROC(t *testing.T) {
	got := ROC(examples([]float64{0.9, 0.4}, []float64{0.4, 0.1}))
	want := []Point{{math.Inf(1), 0, 0}, {0.9, 0, 0.5}, {0.4, 0.5, 1}, {0.1, 1, 1}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestECEByHand(t *testing.T) {
	// [0, 0.5): scores 0.1, 0.3 with one fake: |0.2 - 0.5| = 0.3. [0.5, 1]: 0.6, 1.0 with both: |0.8 - 1| = 0.2.
	of := []Example{{Score: 0.1}, {Score: 0.3, Fake: true}, {Score: 0.6, Fake: true}, {Score: 1, Fake: true}}
	near(t, "ECE", ECE(of, 2), 0.25)
	near(t, "ECE of nothing", ECE(nil, 2), math.NaN())
	bins := Reliability(of, 2)
	if bins[1].Count != 2 || bins[1].FakeShare != 1 || math.Abs(bins[1].MeanScore-0.8) > 1e-12 {
		t.Errorf("got %+v", bins[1])
	}
}

func TestCllrByHand(t *testing.T) {
	// Saying 0.5 always costs one bit. A likelihood ratio of 3 for a fake costs log2(1 + 1/3).
	near(t, "Cllr of a shrug", Cllr(examples([]float64{0.5}, []float64{0.5}), 0.5), 1)
	near(t, "Cllr", Cllr(examples([]float64{0.75}, []float64{0.25}), 0.5), math.Log2(4.0/3))
	near(t, "Cllr of a misled system", Cllr(examples([]float64{0.25}, []float64{0.75}), 0.5), 2)
	// Odds of 1:9 are no evidence where one in ten is fake.
	near(t, "Cllr at another prior", Cllr(examples([]float64{0.1}, []float64{0.1}), 0.1), 1)
	near(t, "Cllr of one class", Cllr(examples([]float64{0.1}, nil), 0.5), math.NaN())
	if got := Cllr(examples([]float64{0}, []float64{1}), 0.5); !math.IsInf(got, 1) {
		t.Errorf("certainty that is wrong costs %v", got)
	}
}

func TestAUCAgreesWithCountingPairs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		var of []Example
		for range 40 {
			of = append(of, Example{Score: float64(random.IntN(10)) / 10, Fake: random.IntN(2) == 0})
		}
		var pairs, won float64
		for _, f := range of {
			for _, g := range of {
				if f.Fake && !g.Fake {
					pairs++
					switch {
					case f.Score > g.Score:
						won++
					case f.Score == g.Score:
						won += 0.5
					}
				}
			}
		}
		near(t, "AUC", AUC(of), won/pairs)
	}
}

// The interval of a mean of independent examples is known: about 1.96 standard errors to each side. Examples that come in
// groups of ten copies are worth a tenth as many.
func TestBootstrapRespectsGroups(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	var single, copied []Example
	for i := range 1000 {
		single = append(single, Example{Score: random.Float64()})
		copied = append(copied, Example{Score: single[i/10].Score, Group: fmt.Sprint(i / 10)})
	}
	average := func(of []Example) float64 {
		var sum float64
		for _, e := range of {
			sum += e.Score
		}
		return sum / float64(len(of))
	}
	width := func(of []Example) float64 {
		e := Bootstrap(of, average, 1000, 1)
		if !(e.Low < e.Value && e.Value < e.High) {
			t.Errorf("got %+v", e)
		}
		return e.High - e.Low
	}
	deviation := math.Sqrt(1.0 / 12)
	if got, want := width(single), 2*1.96*deviation/math.Sqrt(1000); math.Abs(got/want-1) > 0.15 {
		t.Errorf("the interval is %.4f wide, want about %.4f", got, want)
	}
	if got, want := width(copied), 2*1.96*deviation/math.Sqrt(100); math.Abs(got/want-1) > 0.25 {
		t.Errorf("the interval of groups is %.4f wide, want about %.4f", got, want)
	}
}

func TestBootstrapIsReproducibleAndHonest(t *testing.T) {
	of := examples([]float64{0.9, 0.8, 0.3, 0.7}, []float64{0.1, 0.2, 0.6, 0.4})
	if a, b := Bootstrap(of, AUC, 200, 5), Bootstrap(of, AUC, 200, 5); a != b {
		t.Errorf("two runs give %+v and %+v", a, b)
	}
	for i := range of {
		of[i].Group = "one"
	}
	if e := Bootstrap(of, AUC, 200, 5); !math.IsNaN(e.Low) || !math.IsNaN(e.High) {
		t.Errorf("one group cannot have an interval: %+v", e)
	}
}
