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

// ROC lists a point per distinct score, from the strictest threshold (+Inf: nothing is called a fake) to the laxest.
func ROC(examples []Example) []Point {
	sorted := byScore(examples)
	slices.Reverse(sorted)
	fakes, genuine := count(examples)
	points := []Point{{Threshold: math.Inf(1)}}
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

// EER is the equal error rate: where as many genuine examples are accused as fakes are missed. Between two points of the
// ROC curve it is interpolated on a straight line.
func EER(examples []Example) float64 {
	if !both(examples) {
		return math.NaN()
	}
	points := ROC(examples)
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
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
func TPRAt(examples []Example, fpr float64) float64 {
	if !both(examples) {
		return math.NaN()
	}
	best := 0.0
	for _, p := range ROC(examples) {
		if p.FPR <= fpr {
			best = max(best, p.TPR)
		}
	}
	return best
}

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

// Bin is one column of a reliability diagram.
type Bin struct {
	Low, High float64 // scores in [Low, High); the last bin holds 1 too
	Count     int
	MeanScore float64
	FakeShare float64
}

// Reliability sorts examples into bins of equal width over [0, 1].
func Reliability(examples []Example, bins int) []Bin {
	table := make([]Bin, bins)
	for i := range table {
		table[i].Low, table[i].High = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	for _, e := range examples {
		b := &table[max(0, min(bins-1, int(e.Score*float64(bins))))]
		b.Count++
		b.MeanScore += (e.Score - b.MeanScore) / float64(b.Count)
		hit := 0.0
		if e.Fake {
			hit = 1
		}
		b.FakeShare += (hit - b.FakeShare) / float64(b.Count)
	}
	return table
}

// ECE is the expected calibration error: the mean distance between score and share of fakes over the bins of the
// reliability diagram, weighed by how many examples each holds.
func ECE(examples []Example, bins int) float64 {
	var sum float64
	for _, b := range Reliability(examples, bins) {
		sum += float64(b.Count) * math.Abs(b.MeanScore-b.FakeShare)
	}
	return sum / float64(len(examples))
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
	sorted := slices.Clone(examples)
	slices.SortStableFunc(sorted, func(a, b Example) int { return cmp.Compare(a.Score, b.Score) })
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

func both(examples []Example) bool {
	fakes, genuine := count(examples)
	return fakes > 0 && genuine > 0
}
