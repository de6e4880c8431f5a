package record

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/blendscope/blendscope/score"
)

func at(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

func moment5(t int64, frame int, faces ...score.MomentFace) score.Moment {
	return score.Moment{TMS: t, Frame: frame, Faces: faces}
}

func face(track int, x, p float64) score.MomentFace {
	return score.MomentFace{Track: track, Box: [4]float64{x, 0, 10, 10}, Score: p, Map: score.Map{Side: 2, Values: []float32{0, 0.5, 1, float32(math.NaN())}}}
}

func TestFacesMoveBetweenMoments(t *testing.T) {
	r := New()
	if _, known := r.At(0); known {
		t.Error("known before anything was scored")
	}
	r.Add(moment5(0, 0, face(1, 0, 0.2)))
	r.Add(moment5(200, 5, face(1, 100, 0.6), face(2, 50, 0.9)))
	r.Add(moment5(400, 10))
	tests := []struct {
		ms    int64
		want  map[int]float64 // score by track
		known bool
	}{
		{0, map[int]float64{1: 0.2}, true},
		{50, map[int]float64{1: 0.3}, true},
		{150, map[int]float64{1: 0.5, 2: 0.9}, true},
		{200, map[int]float64{1: 0.6, 2: 0.9}, true},
		{350, map[int]float64{}, true},
		{500, map[int]float64{}, true},
		{1000, nil, false},
	}
	for _, test := range tests {
		faces, known := r.At(at(test.ms) + 300*time.Microsecond) // a frame's time is finer than a moment's
		got := map[int]float64{}
		for _, f := range faces {
			got[f.Track] = math.Round(f.Score*10) / 10
		}
		if known != test.known || known && !cmp.Equal(got, test.want) {
			t.Errorf("at %d ms: %v %v, want %v %v", test.ms, got, known, test.want, test.known)
		}
	}
	if faces, _ := r.At(at(100)); faces[0].Box.X < 49 || faces[0].Box.X > 51 {
		t.Errorf("half-way: %+v", faces[0].Box)
	}
	if faces, _ := r.At(0); !cmp.Equal(faces[0].Heat.Values, []byte{0, 128, 255, 0}) {
		t.Errorf("map %v", faces[0].Heat.Values)
	}
}

func TestMapsAreSmooth(t *testing.T) {
	h := Heat{Side: 2, Values: []byte{0, 255, 0, 255}}
	for x, want := range map[float64]float64{0: 0, 0.25: 0, 0.5: 0.5, 0.75: 1, 1: 1} {
		if got := h.At(x, 0.5); math.Abs(got-want) > 1e-9 {
			t.Errorf("at %g: %g, want %g", x, got, want)
		}
	}
}

func TestStripTakesTheHighestOfEachColumn(t *testing.T) {
	r := New()
	for i := range 10 {
		p := 0.1
		if i == 3 {
			p = 0.8
		}
		if i != 6 && i != 7 && i != 8 {
			r.Add(moment5(int64(i)*100, i, face(1, 0, p)))
		} else {
			r.Add(moment5(int64(i)*100, i))
		}
		r.Strip(1, 5, time.Second) // grows with the moments
	}
	want := []float64{0.1, 0.8, 0.1, math.NaN(), 0.1}
	same := cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
	for _, track := range []int{0, 1} {
		if got := r.Strip(track, 5, time.Second); !cmp.Equal(got, want, same) {
			t.Errorf("track %d: %v, want %v", track, got, want)
		}
	}
	if got := r.Strip(1, 20, time.Second); len(got) != 20 || math.IsNaN(got[1]) || !math.IsNaN(got[14]) {
		t.Errorf("wider: %v", got)
	}
	if got := r.Strip(9, 3, time.Second); len(got) != 3 || !math.IsNaN(got[0]) {
		t.Errorf("a track that is not there: %v", got)
	}
}

func TestTheResultTakesOver(t *testing.T) {
	r := New()
	r.Add(moment5(0, 0, face(7, 0, 0.3)))
	r.Add(moment5(200, 5, face(7, 0, 0.3)))
	p := 0.8
	r.Finish(&score.Result{
		Outcome:  score.Outcome{Status: score.Scored, Score: &p},
		Tracks:   []score.Track{{ID: 1, LastMS: 200, Score: 0.8, Evidence: []score.BestFrame{{TMS: 200, Frame: 5, Score: 0.85, Box: [4]float64{0, 0, 10, 10}}}}},
		Timeline: []score.Moment{moment5(0, 0, face(1, 0, 0.7)), moment5(200, 5, face(1, 0, 0.8))},
	})
	faces, known := r.At(0)
	if !known || len(faces) != 1 || faces[0].Track != 1 || faces[0].Score != 0.7 || faces[0].Heat.Side != 2 {
		t.Errorf("faces %+v", faces)
	}
	if when, ok := r.Worst(0); !ok || when != at(200) {
		t.Errorf("worst at %v", when)
	}
	if tracks := r.Tracks(); len(tracks) != 1 || !tracks[0].Final || tracks[0].Score != 0.8 {
		t.Errorf("tracks %+v", tracks)
	}
}

// A stored result without its timeline is known at its evidence.
func TestAResultWithoutTimeline(t *testing.T) {
	r := New()
	best := score.BestFrame{TMS: 480, Frame: 12, Score: 0.9, Box: [4]float64{5, 5, 20, 20}, Map: &score.HeatMap{Side: 1, CropScale: 1.4, Values: "/w=="}}
	r.Finish(&score.Result{Tracks: []score.Track{{ID: 3, LastMS: 1000, Score: 0.9, Evidence: []score.BestFrame{best}}}})
	faces, known := r.At(at(500))
	if !known || len(faces) != 1 || faces[0].Track != 3 || !cmp.Equal(faces[0].Heat.Values, []byte{255}) {
		t.Errorf("at the evidence: %+v, %v", faces, known)
	}
	if _, known := r.At(at(900)); known || r.Detailed() {
		t.Error("more is known than the result says")
	}
	if got, want := r.Strip(3, 5, 2*time.Second), []float64{Unknown, 0.9, Unknown, math.NaN(), math.NaN()}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("strip %v, want %v", got, want)
	}
}

func TestPlacesToGo(t *testing.T) {
	r := New()
	r.Finish(&score.Result{Segments: []score.Segment{{Track: 1, StartMS: 5000, EndMS: 6000}, {Track: 2, StartMS: 1000, EndMS: 3000}}})
	tests := []struct {
		from int64
		back bool
		want int64
		ok   bool
	}{{0, false, 1000, true}, {1000, false, 5000, true}, {5000, false, 0, false}, {5200, true, 1000, true}, {6000, true, 5000, true}, {900, true, 0, false}}
	for _, test := range tests {
		if got, ok := r.Next(at(test.from), test.back); ok != test.ok || got != at(test.want) {
			t.Errorf("from %d back %v: %v %v", test.from, test.back, got, ok)
		}
	}
	if _, ok := r.Worst(0); ok {
		t.Error("a worst moment without faces")
	}
}

func TestCutsAreWhereAllTracksChange(t *testing.T) {
	r := New()
	r.Add(moment5(0, 0, face(1, 0, 0.3), face(2, 50, 0.3)))
	r.Add(moment5(200, 5, face(2, 50, 0.3)))
	r.Add(moment5(400, 10, face(3, 0, 0.3)))
	r.Add(moment5(600, 15))
	r.Add(moment5(800, 20, face(3, 0, 0.3)))
	r.Add(moment5(1000, 25, face(4, 1, 0.3))) // lost and found again
	if got := r.Cuts(); !cmp.Equal(got, []time.Duration{at(400)}) {
		t.Errorf("cuts %v", got)
	}
}

func BenchmarkStripOfAnHour(b *testing.B) {
	r := New()
	for i := range 108_000 {
		r.Add(moment5(int64(i)*1000/30, i, face(1, 0, 0.3)))
	}
	for b.Loop() {
		r.Add(moment5(int64(len(r.moments))*1000/30, 0, face(1, 0, 0.3)))
		r.Strip(1, 110, time.Hour)
	}
}
