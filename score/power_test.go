package score

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames/track"
	"github.com/blendscope/blendscope/score/metrics"
)

// maker simulates clips as a good classifier sees them: one that tells single frames with an AUC of 0.95. How its logits
// scatter was measured on 52 tracks of genuine recorded clips: tracks differ by 1.2 around their mean, frames of a track by
// 0.6 (0.3 to 0.9 from track to track), a third of that slowly; neighbours at five frames a second correlate by 0.2 to 0.3,
// those a second apart by less than 0.1. A manipulation lifts the logit by an amount that varies from clip to clip.
type maker struct{ random *rand.Rand }

// clip simulates people watched for some seconds at five frames a second; fake says who is manipulated when.
func (m maker) clip(seconds float64, people int, fake func(person int, t float64) bool) *record {
	const genuine, clipSpread, personSpread, frameSpread, slow, keep, lift, liftSpread = -1.7, 1.0, 0.65, 0.6, 0.35, 0.85, 3.4, 0.8
	r := &record{}
	level := genuine + clipSpread*m.random.NormFloat64()
	lifted := lift + liftSpread*m.random.NormFloat64()
	n := int(seconds * 5)
	var walk []func(int) float64
	for p := range people {
		own := level + personSpread*m.random.NormFloat64()
		spread := frameSpread * math.Exp(0.35*m.random.NormFloat64())
		quick := wander(m.random.Uint64(), spread*math.Sqrt(1-slow), 0)
		drift := wander(m.random.Uint64(), spread*math.Sqrt(slow), keep)
		walk = append(walk, func(i int) float64 { return own + quick(i) + drift(i) })
		r.tracks = append(r.tracks, track.Summary{ID: p + 1, Hits: n, MeanScore: 0.9})
	}
	for i := range n {
		at := time.Duration(i) * time.Second / 5
		for p := range people {
			logit := walk[p](i)
			if fake(p, at.Seconds()) {
				logit += lifted
			}
			r.faces = append(r.faces, faceRecord{track: int32(p + 1), box: [4]float32{0, 0, 100, 100}, logit: float32(logit), quality: 0.8})
		}
		r.frames = append(r.frames, frameRecord{pts: at, index: i, end: len(r.faces)})
	}
	return r
}

func never(int, float64) bool      { return false }
func always(int, float64) bool     { return true }
func burst(_ int, t float64) bool  { return t >= 31 && t < 33 }
func second(p int, _ float64) bool { return p == 1 }

// power is how well fake clips stand out from genuine ones of the same make, by the aggregator and by a plain mean.
func power(t *testing.T, seconds float64, people int, fake func(int, float64) bool) (led, plain float64) {
	t.Helper()
	m := maker{rand.New(rand.NewPCG(11, 11))}
	var byLead, byMean []metrics.Example
	for i := range 600 {
		truth := i%2 == 1
		r := m.clip(seconds, people, map[bool]func(int, float64) bool{true: fake, false: never}[truth])
		f, err := aggregate(r, options())
		if err != nil {
			t.Fatal(err)
		}
		byLead = append(byLead, metrics.Example{Score: *f.outcome.Logit, Fake: truth})
		byMean = append(byMean, metrics.Example{Score: plainMean(r), Fake: truth})
	}
	return metrics.AUC(byLead), metrics.AUC(byMean)
}

// Two fake seconds in a minute and one fake face among three must show, and far better than by averaging.
func TestPower(t *testing.T) {
	statistics(t)
	full, _ := power(t, 60, 1, always)
	t.Logf("fake throughout: AUC %.3f", full)
	for _, test := range []struct {
		name   string
		people int
		fake   func(int, float64) bool
		share  float64 // of the AUC on clips that are fake throughout
	}{
		{"two fake seconds in sixty", 1, burst, 0.95},
		{"one fake face among three", 3, second, 0.95},
	} {
		led, plain := power(t, 60, test.people, test.fake)
		t.Logf("%s: AUC %.3f, by plain mean %.3f", test.name, led, plain)
		if led < test.share*full || led < plain+0.15 {
			t.Errorf("%s: AUC %.3f (fake throughout %.3f, plain mean %.3f)", test.name, led, full, plain)
		}
	}
}

// Segments must lie where the burst is, and be rare where there is none.
func TestSegmentsLieWhereTheBurstIs(t *testing.T) {
	statistics(t)
	m := maker{rand.New(rand.NewPCG(12, 12))}
	var overlaps []float64
	found, wrong := 0, 0
	const times = 200
	for range times {
		from := 10 + 40*m.random.Float64()
		length := 2 + 4*m.random.Float64()
		f, _ := aggregate(m.clip(60, 1, func(_ int, t float64) bool { return t >= from && t < from+length }), options())
		best := 0.0
		for _, s := range f.segments {
			a, b := float64(s.StartMS)/1000, float64(s.EndMS)/1000
			inter := max(0, min(b, from+length)-max(a, from))
			best = max(best, inter/(b-a+length-inter))
		}
		if best > 0 {
			found++
			overlaps = append(overlaps, best)
		}
		g, _ := aggregate(m.clip(60, 1, never), options())
		wrong += len(g.segments)
	}
	iou, rate := median(overlaps), float64(wrong)/times
	t.Logf("found %d of %d, median IoU %.2f, false segments per genuine minute %.2f", found, times, iou, rate)
	if found < times*9/10 || iou < 0.9 || rate > 0.1 {
		t.Errorf("found %d of %d, median IoU %.2f, false segments per genuine minute %.2f", found, times, iou, rate)
	}
}
