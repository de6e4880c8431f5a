package score

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames/track"
	"github.com/blendscope/blendscope/model"
)

// statistics skips a test that takes many trials and one goroutine when the race detector would only slow it down.
func statistics(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("one goroutine: nothing to race with")
	}
}

// steady makes a series of n beats from a function of the beat's number.
func steady(n int, logit func(i int) float64) *series {
	s := &series{}
	for i := range n {
		s.beats = append(s.beats, step{number: i, logit: logit(i), weight: 1})
	}
	return s
}

// wander is a stationary sequence with correlated neighbours and the given standard deviation.
func wander(seed uint64, deviation, keep float64) func(int) float64 {
	random := rand.New(rand.NewPCG(seed, 3))
	state := random.NormFloat64()
	return func(int) float64 {
		state = keep*state + math.Sqrt(1-keep*keep)*random.NormFloat64()
		return deviation * state
	}
}

// The maximum over a long genuine clip is high by chance: the discount must keep the reading at the mean, however long
// the clip and however noisy the model.
func TestLongAndNoisyTracksDoNotRise(t *testing.T) {
	statistics(t)
	for _, n := range []int{20, 120, 1200, 14400} {
		for _, deviation := range []float64{0.3, 1, 2} {
			var rise float64
			const times = 40
			for seed := range times {
				s := steady(n, wander(uint64(seed), deviation, 0.5))
				rise += (s.read(0).logit - mean(s.beats)) / times
			}
			if rise > 0.25*deviation {
				t.Errorf("%d beats with deviation %.1f rise by %.2f", n, deviation, rise)
			}
		}
	}
}

func TestABurstLeadsHoweverLongTheClip(t *testing.T) {
	for _, n := range []int{20, 120, 1200, 14400} {
		noise := wander(9, 0.5, 0.5)
		s := steady(n, func(i int) float64 {
			if i >= n/2 && i < n/2+4 {
				return 3 + noise(i)
			}
			return -2 + noise(i)
		})
		got := s.read(0)
		if got.logit < 0.2 {
			t.Errorf("two seconds of fake in %d beats read as %.2f", n, got.logit)
		}
		if len(got.carried) != 4 && len(got.carried) != 5 {
			t.Errorf("the burst is carried by %d beats", len(got.carried))
		}
	}
}

func TestTheIntervalCoversTheTruth(t *testing.T) {
	statistics(t)
	for _, n := range []int{20, 120, 600} {
		covered := 0
		const times = 300
		for seed := range times {
			s := steady(n, wander(uint64(seed)+50, 1, 0.5))
			lo, hi := reading{mean(s.beats), s.beats}.interval()
			if lo <= 0 && 0 <= hi {
				covered++
			}
		}
		if share := float64(covered) / times; share < 0.88 || share > 0.995 {
			t.Errorf("%d beats: the 95 %% interval holds the mean in %.1f %%", n, 100*share)
		}
	}
}

func TestOneObservationIsUncertain(t *testing.T) {
	lo, hi := reading{2, steady(1, func(int) float64 { return 2 }).beats}.interval()
	if hi-lo < 2 {
		t.Errorf("one observation gives [%.2f, %.2f]", lo, hi)
	}
}

// two hours of every frame at 30 frames a second with two people.
func epic(n int) *record {
	r := &record{tracks: []track.Summary{{ID: 1, Hits: n, MeanScore: 0.9}, {ID: 2, Hits: n, MeanScore: 0.9}}}
	noise := wander(4, 1, 0.9)
	for i := range n {
		for id := range 2 {
			r.faces = append(r.faces, faceRecord{track: int32(id + 1), box: [4]float32{1, 2, 100, 120}, logit: float32(noise(i)), quality: 0.8, sharp: 0.5, blocky: 0.1})
		}
		r.frames = append(r.frames, frameRecord{pts: time.Duration(i) * time.Second / 30, index: i, end: len(r.faces)})
	}
	return r
}

func options() Options { return Options{Timeline: true}.withDefaults() }

func TestTwoHoursAggregateWithinASecond(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("a measurement of time")
	}
	r := epic(216_000)
	started := processor(t)
	if _, err := aggregate(r, options()); err != nil {
		t.Fatal(err)
	}
	if spent := processor(t) - started; spent > time.Second {
		t.Errorf("took %v", spent)
	}
}

// processor is the processor time this process has spent: unlike the clock it does not mind a busy machine.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkAggregateTwoHours(b *testing.B) {
	r := epic(216_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := aggregate(r, options()); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzAggregate feeds the aggregator clips no pipeline would make. It must answer with a sound result, twice the same.
func FuzzAggregate(f *testing.F) {
	f.Add([]byte{}, 1.0, 0.0)
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, -1.0, 2.0)
	seed := make([]byte, 12*200)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range seed {
		seed[i] = byte(random.Uint32())
	}
	f.Add(seed, 0.5, 0.5)
	f.Add(seed, math.NaN(), math.Inf(1))
	f.Fuzz(func(t *testing.T, data []byte, a, b float64) {
		o := options()
		o.Calibration = model.Calibration{Method: "platt", A: a, B: b}
		r := fuzzed(data)
		got, err := aggregate(r, o)
		if err != nil {
			return
		}
		first := sound(t, got)
		again, _ := aggregate(r, o)
		if string(first) != string(sound(t, again)) {
			t.Error("two runs differ")
		}
	})
}

// fuzzed makes a record of twelve bytes per face: time step, track, flags, size, quality and logit.
func fuzzed(data []byte) *record {
	r := &record{}
	hits := make([]int, 9)
	var pts time.Duration
	for ; len(data) >= 12; data = data[12:] {
		pts += time.Duration(binary.LittleEndian.Uint16(data)) * time.Millisecond / 4
		if data[2]&0x80 != 0 {
			pts += time.Duration(data[3]) * time.Hour
		}
		face := faceRecord{track: int32(data[4] % 9), box: [4]float32{0, 0, float32(data[5]), float32(data[6])}, quality: float32(data[7]) / 255}
		face.logit = tame(float64(math.Float32frombits(binary.LittleEndian.Uint32(data[8:]))))
		hits[face.track]++
		r.faces = append(r.faces, face)
		if data[2]&1 == 0 || len(r.frames) == 0 { // else one more face of the frame before
			r.frames = append(r.frames, frameRecord{pts: pts, index: len(r.frames)})
		}
		r.frames[len(r.frames)-1].end = len(r.faces)
	}
	for id := 1; id < 9; id++ {
		r.tracks = append(r.tracks, track.Summary{ID: id, Hits: hits[id], MeanScore: float64(hits[id]%2) * 0.9})
	}
	return r
}

// sound checks what holds for every result and returns it as JSON.
func sound(t *testing.T, f findings) []byte {
	t.Helper()
	text, err := json.Marshal([]any{f.outcome, f.tracks, f.segments, f.timeline, f.quality})
	if err != nil {
		t.Fatal(err)
	}
	probability := func(what string, p float64) {
		if !(p >= LowestScore && p <= HighestScore) {
			t.Errorf("%s is %v", what, p)
		}
	}
	if out := f.outcome; out.Score != nil {
		probability("the score", *out.Score)
		probability("the lower end", out.Interval[0])
		probability("the upper end", out.Interval[1])
		if out.Interval[0] > *out.Score || out.Interval[1] < *out.Score {
			t.Errorf("%v is not in %v", *out.Score, *out.Interval)
		}
	}
	if f.outcome.Wording == "" || f.outcome.Status == Inconclusive && len(f.outcome.Reasons) == 0 {
		t.Errorf("no words or no reason: %+v", f.outcome)
	}
	for _, one := range f.tracks {
		probability("a track's score", one.Score)
	}
	for _, s := range f.segments {
		probability("a segment's score", s.Score)
		if s.EndMS < s.StartMS || s.Track < 1 {
			t.Errorf("segment %+v", s)
		}
	}
	for _, m := range f.timeline {
		for _, face := range m.Faces {
			probability("a face's score", face.Score)
		}
	}
	return text
}
