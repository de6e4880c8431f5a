package score

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// interval is the 95 % interval of a reading's logit, by a moving-block bootstrap over the beats that carry it: blocks of
// up to two seconds are drawn with replacement, because neighbouring moments are alike and drawing single frames would feign
// certainty. Each draw also gets the noise of a prior worth four blocks, so that a short clip or a photo does not look
// certain for want of anything to disagree with.
//
// It is seeded from the evidence itself: the same clip always gets the same interval.
func (r reading) interval() (lo, hi float64) {
	n := len(r.carried)
	if n == 0 {
		return r.logit, r.logit
	}
	length := max(1, min(n/4, stretchBeats)) // at least four blocks to draw from, even of a short clip
	const mostBlocks = 1000                  // bounds the cost for very long clips
	length = max(length, n/mostBlocks)
	blocks := (n + length - 1) / length

	independent := max(1, float64(n)/stretchBeats)
	floor := noise * math.Sqrt(priorWeight/(priorWeight+independent)/independent)

	sums, weights := prefixes(r.carried)
	centre := sums[n] / weights[n]
	random := rand.New(rand.NewPCG(seed(r.carried), uint64(n)))
	draws := make([]float64, bootstrapTimes)
	for i := range draws {
		var sum, weight float64
		for range blocks {
			from := random.IntN(n - length + 1)
			sum += sums[from+length] - sums[from]
			weight += weights[from+length] - weights[from]
		}
		draws[i] = r.logit + sum/weight - centre + floor*random.NormFloat64()
	}
	slices.Sort(draws)
	tail := bootstrapTimes / 40 // 2.5 %
	return min(r.logit, draws[tail]), max(r.logit, draws[bootstrapTimes-1-tail])
}

// prefixes are the running sums of weighted logits and of weights, with a 0 in front.
func prefixes(beats []step) (sums, weights []float64) {
	sums, weights = make([]float64, len(beats)+1), make([]float64, len(beats)+1)
	for i, b := range beats {
		sums[i+1] = sums[i] + b.weight*b.logit
		weights[i+1] = weights[i] + b.weight
	}
	return sums, weights
}

func seed(beats []step) uint64 {
	h := fnv.New64a()
	var bytes [8]byte
	for _, b := range beats {
		bits := math.Float64bits(b.logit)
		for i := range bytes {
			bytes[i] = byte(bits >> (8 * i))
		}
		_, _ = h.Write(bytes[:]) // a hash never fails
	}
	return h.Sum64()
}
