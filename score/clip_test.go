package score

import (
	"math"
	"math/rand/v2"
	"testing"
)

// several are tracks of n beats each that read as the logits given.
func several(n int, logits ...float64) (tracks []*series, readings []reading) {
	for _, v := range logits {
		s := steady(n, func(int) float64 { return v })
		tracks, readings = append(tracks, s), append(readings, reading{v, s.beats})
	}
	return tracks, readings
}

func TestSoftMaxByChance(t *testing.T) {
	statistics(t)
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 3, 11, 40, 200} {
		const times = 4000
		trials := make([]float64, times)
		ones := make([]float64, n)
		for i := range trials {
			values := make([]float64, n)
			for k := range values {
				values[k], ones[k] = tracksDiffer*random.NormFloat64(), 1
			}
			trials[i] = softMax(values, ones)
		}
		if got, want := softMaxByChance(n), median(trials); math.Abs(got-want) > 0.12 {
			t.Errorf("of %d: %.3f, by trial %.3f", n, got, want)
		}
	}
}

func TestLead(t *testing.T) {
	for _, test := range []struct {
		name    string
		logits  []float64
		lo, hi  float64
		carried int // tracks of ten beats
	}{
		{"one track", []float64{1.5}, 1.5, 1.5, 1},
		{"all alike", []float64{-1, -1, -1, -1}, -1, -1, 4},
		{"all fake", []float64{3, 3.1, 2.9}, 2.99, 3.01, 3},
		{"genuine, somewhat different", []float64{-1, -1.8, -1.4}, -1.41, -1.2, 3},
		{"one fake among three", []float64{-2, 3, -2}, 1.5, 3, 1},
		{"one fake among eleven", []float64{-2, -2, -2, -2, -2, 3, -2, -2, -2, -2, -2}, 0.7, 3, 1},
		{"two fake among four", []float64{-2, 3, 3, -2}, 2, 3, 2},
		{"as far apart as can be", []float64{-maxLogit, maxLogit}, 10, maxLogit, 1},
	} {
		tracks, readings := several(10, test.logits...)
		got := lead(tracks, readings, 0)
		if got.logit < test.lo-1e-9 || got.logit > test.hi+1e-9 || len(got.carried) != 10*test.carried {
			t.Errorf("%s: read as %.2f, carried by %d beats", test.name, got.logit, len(got.carried))
		}
	}
}

// The more a track says, the more the clip does; and what is seen only for a moment says less.
func TestLeadRisesWithEachTrack(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 500 {
		n := 2 + random.IntN(6)
		logits := make([]float64, n)
		for i := range logits {
			logits[i] = 2 * random.NormFloat64()
		}
		tracks, readings := several(6, logits...)
		before := lead(tracks, readings, 0).logit
		most := 0
		for i := range logits {
			if logits[i] > logits[most] {
				most = i
			}
		}
		logits[most] += 0.5
		tracks, readings = several(6, logits...)
		if after := lead(tracks, readings, 0).logit; after < before {
			t.Errorf("%v read as %.3f, before its highest rose as %.3f", logits, after, before)
		}
	}
	tracks, readings := several(60, -2, 1)
	long := lead(tracks, readings, 0).logit
	tracks[1].beats = tracks[1].beats[:1]
	if short := lead(tracks, readings, 0).logit; short > long-1 {
		t.Errorf("a face seen for half a second leads a minute to %.2f, one seen as long to %.2f", short, long)
	}
}
