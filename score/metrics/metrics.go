// Package metrics measures how well scores tell manipulated from genuine material: discrimination (AUC, EER, the hit rate
// at a fixed false alarm rate) and calibration (ECE, Cllr), with intervals that respect that clips of one group - one
// person, one source video - are not independent.
//
// It is pure Go and knows nothing of videos. A figure that cannot be computed, for want of a class, is NaN.
package metrics

import (
	"cmp"
	"math"
	"slices"
)

// Example is one labelled score.
type Example struct {
	Score float64 // probability of manipulation in [0, 1], higher = more suspicious; never NaN: a file without one is a matter of coverage
	Fake  bool
	Group string // examples of the same group are not independent; empty means a group of its own
}

// AUC is the probability that a random fake scores above a random genuine example, ties counting half: the area under the
// ROC curve (Mann and Whitney's U).
func AUC(examples []Example) float64 {
	sorted := byScore(examples)
	var u, below, fakes float64 // below counts genuine examples with a lower score
	for start := 0; start < len(sorted); {
		end := start
		var tiedFakes, tiedGenuine float64
		for ; end < len(sorted) && (end == start || sorted[end].Score == sorted[start].Score); end++ {
			if sorted[end].Fake {
				tiedFakes++
			} else {
				tiedGenuine++
			}
		}
		u += tiedFakes * (below + tiedGenuine/2)
		below += tiedGenuine
		fakes += tiedFakes
		start = end
	}
	return u / (fakes * below) // 0/0 is NaN
}

// Point is one threshold of a ROC curve: calling everything that scores at least Threshold a fake finds the share TPR of
// the fakes and accuses the share FPR of the genuine.
type Point struct{ Threshold, FPR, TPR float64 }

// Curve is a ROC curve, from the strictest threshold (+Inf: nothing is called a fake) to the laxest.
type Curve []Point

// ROC has a point per distinct score.
func ROC(examples []Example) Curve {
	sorted := byScore(examples)
	slices.Reverse(sorted)
	fakes, genuine := count(examples)
	points := Curve{{Threshold: math.Inf(1)}}
	var hits, alarms int
	for i, e := range sorted {
		if e.Fake {
			hits++
		} else {
			alarms++
		}
		if i+1 < len(sorted) && sorted[i+1].Score == e.Score {
			continue
		}
		points = append(points, Point{e.Score, float64(alarms) / float64(genuine), float64(hits) / float64(fakes)})
	}
	return points
}

// complete reports whether there were examples of both classes.
func (c Curve) complete() bool {
	if len(c) < 2 {
		return false
	}
	last := c[len(c)-1]
	return !math.IsNaN(last.FPR) && !math.IsNaN(last.TPR)
}

// AUC is the area under the curve, which is what the function AUC counts.
func (c Curve) AUC() float64 {
	if !c.complete() {
		return math.NaN()
	}
	var area float64
	for i := 1; i < len(c); i++ {
		area += (c[i].FPR - c[i-1].FPR) * (c[i].TPR + c[i-1].TPR) / 2
	}
	return area
}

// EER is the equal error rate: where as many genuine examples are accused as fakes are missed. Between two points of the
// curve it is interpolated on a straight line.
func (c Curve) EER() float64 {
	if !c.complete() {
		return math.NaN()
	}
	for i := 1; i < len(c); i++ {
		a, b := c[i-1], c[i]
		before, after := (1-a.TPR)-a.FPR, (1-b.TPR)-b.FPR // misses minus false alarms: falls from 1 to -1
		if after <= 0 {
			share := before / (before - after)
			return a.FPR + share*(b.FPR-a.FPR)
		}
	}
	return math.NaN()
}

// TPRAt is the largest share of fakes found by a threshold that accuses at most the share fpr of the genuine.
// Thresholds are distinct scores: nothing is interpolated, so the figure can be had in practice.
func (c Curve) TPRAt(fpr float64) float64 {
	if !c.complete() {
		return math.NaN()
	}
	best := 0.0
	for _, p := range c {
		if p.FPR <= fpr {
			best = max(best, p.TPR)
		}
	}
	return best
}

// EER is the equal error rate; see Curve.EER.
func EER(examples []Example) float64 { return ROC(examples).EER() }

// TPRAt is the share of fakes found at a share of false alarms; see Curve.TPRAt.
func TPRAt(examples []Example, fpr float64) float64 { return ROC(examples).TPRAt(fpr) }

// ThresholdAt is the lowest threshold that accuses at most the share fpr of the genuine; +Inf if none does.
func ThresholdAt(examples []Example, fpr float64) float64 {
	threshold := math.Inf(1)
	for _, p := range ROC(examples) {
		if p.FPR <= fpr {
			threshold = min(threshold, p.Threshold)
		}
	}
	return threshold
}

// Cllr is the cost of the log likelihood ratio in bits (Bruemmer and du Preez 2006): 0 for perfect, 1 for a system that
// always says it does not know, more for one that misleads. prior is the share of fakes for which the scores were
// calibrated; it is taken out of them, so that the figure does not depend on the mix of the test set.
func Cllr(examples []Example, prior float64) float64 {
	shift := math.Log(prior / (1 - prior))
	var missed, accused float64
	for _, e := range examples {
		ratio := math.Log(e.Score/(1-e.Score)) - shift
		if e.Fake {
			missed += log2of1PlusExp(-ratio)
		} else {
			accused += log2of1PlusExp(ratio)
		}
	}
	fakes, genuine := count(examples)
	return (missed/float64(fakes) + accused/float64(genuine)) / 2
}

// log2of1PlusExp is log2(1 + e^x) without overflow.
func log2of1PlusExp(x float64) float64 {
	if x > 0 {
		return (x + math.Log1p(math.Exp(-x))) / math.Ln2
	}
	return math.Log1p(math.Exp(x)) / math.Ln2
}

func byScore(examples []Example) []Example {
	order := func(a, b Example) int { return cmp.Compare(a.Score, b.Score) }
	sorted := slices.Clone(examples)
	if !slices.IsSortedFunc(sorted, order) {
		slices.SortStableFunc(sorted, order)
	}
	return sorted
}

func count(examples []Example) (fakes, genuine int) {
	for _, e := range examples {
		if e.Fake {
			fakes++
		} else {
			genuine++
		}
	}
	return fakes, genuine
}
