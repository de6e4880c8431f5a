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
	r := &record{}
	level, lifted := m.level(), m.lift()
	n := int(seconds * 5)
	var walk []func(int) float64
	for p := range people {
		walk = append(walk, m.person(level))
		r.tracks = append(r.tracks, track.Summary{ID: p + 1, Hits: n, MeanScore: 0.9})
	}
	for i := range n {
		at := time.Duration(i) * time.Second / 5
		for p := range people {
			logit := walk[p](i)
			if fake(p, at.Seconds()) {
				logit += lifted
			}
			r.faces = append(r.faces, seen(p+1, logit))
		}
		r.frames = append(r.frames, frameRecord{pts: at, index: i, end: len(r.faces)})
	}
	return r
}

// seen is a good face of a track.
func seen(track int, logit float64) faceRecord {
	return faceRecord{track: int32(track), box: [4]float32{0, 0, 100, 100}, logit: float32(logit), quality: 0.8}
}

// level is what a camera and its light make of genuine faces.
func (m maker) level() float64 { return -1.7 + m.random.NormFloat64() }

// lift is what a manipulation adds.
func (m maker) lift() float64 { return 3.4 + 0.8*m.random.NormFloat64() }

// person is how the logit of a face goes, frame by frame.
func (m maker) person(level float64) func(i int) float64 {
	const personSpread, frameSpread, slow, keep = 0.65, 0.6, 0.35, 0.85
	own := level + personSpread*m.random.NormFloat64()
	spread := frameSpread * math.Exp(0.35*m.random.NormFloat64())
	quick := wander(m.random.Uint64(), spread*math.Sqrt(1-slow), 0)
	drift := wander(m.random.Uint64(), spread*math.Sqrt(slow), keep)
	return func(i int) float64 { return own + quick(i) + drift(i) }
}

// montage simulates a minute of so many shots, each of one person, by one camera or each by another. One shot more, of two
// seconds in the middle, may be cut into it, genuine or fake.
func (m maker) montage(shots int, oneCamera, guest, fake bool) *record {
	const samples, from, to = 300, 150, 160
	r := &record{}
	level := m.level()
	camera := func() float64 {
		if oneCamera {
			return level
		}
		return m.level()
	}
	last, number := -1, 0
	var walk func(int) float64
	for i := range samples {
		shot := i * shots / samples
		if guest && i >= from && i < to {
			shot = shots
		}
		if shot != last {
			last, walk, number = shot, m.person(camera()), number+1
			if shot == shots && fake {
				own, lifted := walk, m.lift()
				walk = func(i int) float64 { return own(i) + lifted }
			}
			r.tracks = append(r.tracks, track.Summary{ID: number, MeanScore: 0.9})
		}
		r.tracks[number-1].Hits++
		r.faces = append(r.faces, seen(number, walk(i)))
		r.frames = append(r.frames, frameRecord{pts: time.Duration(i) * time.Second / 5, index: i, end: i + 1})
	}
	return r
}

func never(int, float64) bool      { return false }
func always(int, float64) bool     { return true }
func burst(_ int, t float64) bool  { return t >= 31 && t < 33 }
func second(p int, _ float64) bool { return p == 1 }

// power is how well fake clips stand out from genuine ones of the same make, by the aggregator and by a plain mean.
func power(t *testing.T, draw func(m maker, fake bool) *record) (led, plain float64) {
	t.Helper()
	m := maker{rand.New(rand.NewPCG(11, 11))}
	var byLead, byMean []metrics.Example
	for i := range 600 {
		truth := i%2 == 1
		r := draw(m, truth)
		f, err := aggregate(r, options())
		if err != nil {
			t.Fatal(err)
		}
		byLead = append(byLead, metrics.Example{Score: *f.outcome.Logit, Fake: truth})
		byMean = append(byMean, metrics.Example{Score: plainMean(r), Fake: truth})
	}
	return metrics.AUC(byLead), metrics.AUC(byMean)
}

// minute makes clips of people who are all there all the time.
func minute(people int, fake func(int, float64) bool) func(maker, bool) *record {
	return func(m maker, truth bool) *record {
		if !truth {
			return m.clip(60, people, never)
		}
		return m.clip(60, people, fake)
	}
}

func montage(oneCamera bool) func(maker, bool) *record {
	return func(m maker, fake bool) *record { return m.montage(10, oneCamera, true, fake) }
}

// Two fake seconds in a minute and one fake face among three must show, and far better than by averaging.
func TestPower(t *testing.T) {
	statistics(t)
	full, _ := power(t, minute(1, always))
	t.Logf("fake throughout: AUC %.3f", full)
	for _, test := range []struct {
		name  string
		draw  func(maker, bool) *record
		share float64 // of the AUC on clips that are fake throughout
	}{
		{"two fake seconds in sixty", minute(1, burst), 0.95},
		{"one fake face among three", minute(3, second), 0.95},
		{"a fake shot of two seconds among ten others by the same camera", montage(true), 0.92},
		{"a fake shot of two seconds among ten unrelated ones", montage(false), 0.90},
	} {
		led, plain := power(t, test.draw)
		t.Logf("%s: AUC %.3f (%.2f), by plain mean %.3f", test.name, led, led/full, plain)
		if led < test.share*full || led < plain+0.15 {
			t.Errorf("%s: AUC %.3f (fake throughout %.3f, plain mean %.3f)", test.name, led, full, plain)
		}
	}
}

// The worst of many is high by chance: genuine clips must not be read much higher for having many shots, the highest of
// them least of all.
func TestManyShotsDoNotRise(t *testing.T) {
	statistics(t)
	for _, test := range []struct {
		oneCamera    bool
		middle, high float64 // most that the median and the ninth decile may rise
	}{{true, 0.4, 0.2}, {false, 1.3, 0.6}} {
		single, top := genuine(t, 1, test.oneCamera)
		for _, shots := range []int{3, 11, 40} {
			middle, high := genuine(t, shots, test.oneCamera)
			t.Logf("%2d shots, one camera %-5v: median %.2f (%+.2f), ninth decile %.2f (%+.2f)",
				shots, test.oneCamera, middle, middle-single, high, high-top)
			if middle-single > test.middle || high-top > test.high {
				t.Errorf("%d shots, one camera %v: genuine clips rise", shots, test.oneCamera)
			}
		}
	}
}

// genuine is how high genuine clips of so many shots are read: their median and their ninth decile.
func genuine(t *testing.T, shots int, oneCamera bool) (middle, high float64) {
	t.Helper()
	m := maker{rand.New(rand.NewPCG(13, 13))}
	logits := make([]float64, 400)
	for i := range logits {
		f, err := aggregate(m.montage(shots, oneCamera, false, false), options())
		if err != nil {
			t.Fatal(err)
		}
		logits[i] = *f.outcome.Logit
	}
	return median(logits), logits[len(logits)*9/10] // median sorts
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
