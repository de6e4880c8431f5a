package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestCurveAgreesWithCounting(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 6))
	for range 50 {
		var of []Example
		for range 30 {
			of = append(of, Example{Score: float64(random.IntN(12)) / 12, Fake: random.IntN(3) == 0})
		}
		near(t, "area", ROC(of).AUC(), AUC(of))
	}
	near(t, "area of one class", ROC(examples(nil, []float64{0.1})).AUC(), math.NaN())
	near(t, "area of nothing", ROC(nil).AUC(), math.NaN())
}

// Nine genuine examples for each fake, all said to be fakes with the chance that holds for even numbers.
func TestECEAtIsAboutThePriorNotTheMix(t *testing.T) {
	var of []Example
	for range 90 {
		of = append(of, Example{Score: 0.3}, Example{Score: 0.7})
	}
	for range 3 {
		of = append(of, Example{Score: 0.3, Fake: true})
	}
	for range 7 {
		of = append(of, Example{Score: 0.7, Fake: true})
	}
	// At even prior: below one half 0.3*0.5 fakes to 0.5*0.5 genuine, a share of 3/8; above it 7/12.
	want := 0.4*(0.375-0.3) + 0.6*(0.7-7.0/12)
	near(t, "balanced ECE", ECEAt(of, 10, 0.5), want)
	if got := ECE(of, 10); got < 0.3 {
		t.Errorf("plain ECE %.3f does not notice the mix", got)
	}
	near(t, "of one class", ECEAt(of[:5], 10, 0.5), math.NaN())
	var weight float64
	for _, b := range ReliabilityAt(of, 10, 0.5) {
		weight += b.Weight
	}
	near(t, "all weight", weight, 1)
}

func TestShareIntervalByHand(t *testing.T) {
	e := ShareInterval(0.5, 10) // Wilson for 5 of 10: 0.2366 to 0.7634
	if math.Abs(e.Low-0.2366) > 1e-4 || math.Abs(e.High-0.7634) > 1e-4 {
		t.Errorf("got %+v", e)
	}
	if e := ShareInterval(1, 3); e.Low > 0.45 || e.High != 1 {
		t.Errorf("three of three prove nothing: %+v", e)
	}
	if e := ShareInterval(0, 0); !math.IsNaN(e.Low) {
		t.Errorf("nothing of nothing: %+v", e)
	}
}

// With many examples both classical intervals and the bootstrap tell the same; with few and perfect scores only the
// classical one stays honest.
func TestAUCInterval(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8))
	var of []Example
	for range 300 {
		of = append(of, Example{Score: random.NormFloat64()}, Example{Score: 1 + random.NormFloat64(), Fake: true})
	}
	boot, classic := Bootstrap(of, AUC, 500, 1), AUCInterval(AUC(of), 300, 300)
	if math.Abs(boot.Low-classic.Low) > 0.02 || math.Abs(boot.High-classic.High) > 0.02 {
		t.Errorf("bootstrap %+v, Newcombe %+v", boot, classic)
	}
	if e := AUCInterval(1, 1, 13); e.Low < 0.3 || e.Low > 0.6 || e.High != 1 {
		t.Errorf("one fake above all: %+v", e)
	}
	if a, b := AUCInterval(0.9, 5, 20), AUCInterval(0.1, 5, 20); math.Abs(a.Low+b.High-1) > 1e-9 || a.Low >= 0.9 {
		t.Errorf("not symmetric: %+v, %+v", a, b)
	}
	if e := AUCInterval(0.5, 0, 3); !math.IsNaN(e.Low) || !math.IsNaN(e.High) {
		t.Errorf("of one class: %+v", e)
	}
}

func TestBootstrapAllSharesTheDraws(t *testing.T) {
	of := examples([]float64{0.9, 0.8, 0.3, 0.7}, []float64{0.1, 0.2, 0.6, 0.4})
	all := BootstrapAll(of, func(e []Example) []float64 { return []float64{AUC(e), EER(e)} }, 200, 5)
	if all[0] != Bootstrap(of, AUC, 200, 5) || all[1] != Bootstrap(of, EER, 200, 5) {
		t.Errorf("got %+v", all)
	}
}

// Within a group the labels follow the logit perfectly, but each group has an offset of its own: only a fit that has not
// seen the group can tell that the logit is worth little.
func TestCrossFitLeavesGroupsOut(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 9))
	var of []Example
	for g := range 30 {
		offset := 3 * random.NormFloat64()
		for range 6 {
			fake := random.IntN(2) == 0
			e := Example{Score: offset, Fake: fake, Group: fmt.Sprint(g)}
			if fake {
				e.Score++
			}
			of = append(of, e)
		}
	}
	calibrated, folds := CrossFit(of, 0.5)
	if folds != 30 || len(calibrated) != len(of) {
		t.Fatalf("%d folds, %d examples", folds, len(calibrated))
	}
	if c := Cllr(calibrated, 0.5); c < 0.8 || c > 1.1 {
		t.Errorf("Cllr %.3f", c)
	}
	if c, _ := CrossFit(examples([]float64{1}, []float64{0, 0.5}), 0.5); c != nil {
		t.Errorf("a fit without a fake gave %v", c)
	}
}
