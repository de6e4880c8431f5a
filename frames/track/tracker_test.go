package track

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
)

func face(x, y, side float64) frames.Face {
	return frames.Face{Box: frames.Box{X: float32(x - side/2), Y: float32(y - side/2), W: float32(side), H: float32(side)}, Score: 0.9}
}

// walk plays frames through a tracker and returns the IDs, by frame and face.
func walk(interval time.Duration, n int, faces func(t float64) []frames.Face) ([][]int, *Tracker) {
	t := new(Tracker)
	ids := make([][]int, n)
	for i := range n {
		pts := time.Duration(i) * interval
		for _, link := range t.Update(pts, false, frames.Image{}, faces(pts.Seconds())) {
			ids[i] = append(ids[i], link.ID)
		}
	}
	return ids, t
}

var rates = map[string]time.Duration{"every frame": time.Second / 30, "sampled": time.Second / 2}

func TestTracksGoOn(t *testing.T) {
	tests := []struct {
		name   string
		faces  func(t float64) []frames.Face
		tracks int
	}{
		{"still", func(float64) []frames.Face { return []frames.Face{face(300, 300, 100)} }, 1},
		{"walking", func(t float64) []frames.Face { return []frames.Face{face(100+120*t, 300, 100)} }, 1},
		{"nodding", func(t float64) []frames.Face {
			return []frames.Face{face(300+30*math.Sin(4*t), 300+20*math.Cos(3*t), 100)}
		}, 1},
		{"coming closer", func(t float64) []frames.Face { return []frames.Face{face(300, 300, 60*math.Exp(t/6))} }, 1},
		{"side by side", func(float64) []frames.Face {
			return []frames.Face{face(300, 300, 100), face(420, 300, 100), face(540, 300, 100)}
		}, 3},
		{"away for three seconds", func(t float64) []frames.Face {
			if t > 3 && t < 6 {
				return nil
			}
			return []frames.Face{face(300, 300, 100)}
		}, 2},
		{"hidden for half a second", func(t float64) []frames.Face {
			if t > 3.1 && t < 3.6 {
				return nil
			}
			return []frames.Face{face(300+60*t, 300, 100)}
		}, 1},
	}
	for _, test := range tests {
		for rate, interval := range rates {
			t.Run(test.name+", "+rate, func(t *testing.T) {
				ids, tracker := walk(interval, int(8*time.Second/interval), test.faces)
				if got := len(tracker.Tracks()); got != test.tracks {
					t.Errorf("got %d tracks, want %d: %v", got, test.tracks, ids)
				}
			})
		}
	}
}

// The list turns round where they pass, as a detector that sorts by size may do: it is the motion that must tell.
func TestPeopleWhoCrossKeepTheirTracks(t *testing.T) {
	for rate, interval := range rates {
		left := func(t float64) frames.Face { return face(200+80*t, 300, 100) }
		right := func(t float64) frames.Face { return face(850-80*t, 330, 100) }
		ids, tracker := walk(interval, int(8*time.Second/interval), func(t float64) []frames.Face {
			if math.Abs(t-4.06) < 0.3 { // one hides the other
				return []frames.Face{right(t)}
			}
			if t > 4 {
				return []frames.Face{right(t), left(t)}
			}
			return []frames.Face{left(t), right(t)}
		})
		last := ids[len(ids)-1]
		if len(tracker.Tracks()) != 2 || last[0] != ids[0][1] || last[1] != ids[0][0] {
			t.Errorf("%s: %d tracks, from %v to %v", rate, len(tracker.Tracks()), ids[0], last)
		}
	}
}

// Two who are dressed differently change places while they are not seen: the motion says that they stayed, the looks do not.
func TestLooksTellWhoIsWho(t *testing.T) {
	picture := func(left, right byte) frames.Image {
		m := frames.NewImage(600, 300)
		for y := range m.Height {
			for x := range m.Width {
				v := left
				if x >= m.Width/2 {
					v = right
				}
				copy(m.Pix[y*m.Stride+3*x:], []byte{v, v, v})
			}
		}
		return m
	}
	var tracker Tracker
	both := []frames.Face{face(250, 100, 80), face(350, 100, 80)}
	before := tracker.Update(0, false, picture(60, 160), both)
	stayed := tracker.Update(time.Second/5, false, picture(62, 158), both)
	tracker.Update(2*time.Second/5, false, picture(0, 0), nil)
	changed := tracker.Update(time.Second, false, picture(160, 60), both)
	if stayed[0].ID != before[0].ID || stayed[1].ID != before[1].ID {
		t.Errorf("from %v to %v", before, stayed)
	}
	if changed[0].ID != before[1].ID || changed[1].ID != before[0].ID {
		t.Errorf("from %v to %v", before, changed)
	}
}

// Two who stand in one line with the camera: one face is seen, then two. Whose the one is cannot be told, and nobody gets it;
// whose the two are is told by their ways.
func TestNobodyGetsAFaceThatMayBeTwoPeoples(t *testing.T) {
	var tracker Tracker
	update := func(i int, faces ...frames.Face) []Link {
		return tracker.Update(time.Duration(i)*time.Second/5, false, frames.Image{}, faces)
	}
	var before []Link
	for i := range 5 {
		d := float64(4-i)*40 + 30
		before = update(i, face(400-d, 300, 100), face(400+d, 300, 100))
	}
	if met := update(5, face(400, 300, 100)); !met[0].Unclear || met[0].ID != 0 {
		t.Errorf("where they meet: %+v", met)
	}
	parted := update(7, face(470, 300, 100), face(330, 300, 100))
	if parted[0].ID != before[0].ID || parted[1].ID != before[1].ID || len(tracker.Tracks()) != 2 {
		t.Errorf("from %+v to %+v", before, parted)
	}
}

func TestACutEndsEveryTrack(t *testing.T) {
	var tracker Tracker
	one := []frames.Face{face(300, 300, 100)}
	a := tracker.Update(0, false, frames.Image{}, one)[0].ID
	b := tracker.Update(time.Second/30, true, frames.Image{}, one)[0].ID
	c := tracker.Update(time.Second/15, false, frames.Image{}, one)[0].ID
	if a == b || b != c {
		t.Errorf("got tracks %d, %d, %d", a, b, c)
	}
}

func TestSparseSamplingStillLinks(t *testing.T) {
	ids, tracker := walk(5*time.Second, 10, func(float64) []frames.Face { return []frames.Face{face(300, 300, 100)} })
	if len(tracker.Tracks()) != 1 {
		t.Errorf("got %v", ids)
	}
}

func TestJumpsAreNotLinked(t *testing.T) {
	ids, tracker := walk(time.Second/30, 20, func(t float64) []frames.Face {
		if t > 0.3 {
			return []frames.Face{face(700, 300, 100)}
		}
		return []frames.Face{face(300, 300, 100)}
	})
	if len(tracker.Tracks()) != 2 {
		t.Errorf("got %v", ids)
	}
}

func TestFalseFacesAreDropped(t *testing.T) {
	tests := []struct {
		hits   int
		score  float64
		scored int
		want   bool
	}{
		{1, 0.6, 100, false},
		{2, 0.7, 100, false},
		{3, 0.6, 100, true},
		{1, 0.9, 100, true},
		{1, 0.6, 1, true},
		{1, 0.6, 2, false},
		{2, 0.6, 2, true},
	}
	for _, test := range tests {
		s := Summary{Hits: test.hits, MeanScore: test.score}
		if got := s.Kept(test.scored); got != test.want {
			t.Errorf("%+v: kept %v", test, got)
		}
	}
}

func TestTheTrackerIsBounded(t *testing.T) {
	var tracker Tracker
	random := rand.New(rand.NewPCG(5, 6))
	crowd := make([]frames.Face, 10000)
	for frame := range 5 {
		for i := range crowd {
			crowd[i] = face(random.Float64()*4000, random.Float64()*4000, 10+random.Float64()*100)
		}
		links := tracker.Update(time.Duration(frame)*time.Second, false, frames.Image{}, crowd)
		linked := 0
		for _, l := range links {
			if l.ID != 0 || l.Unclear {
				linked++
			}
		}
		if linked != MaxFaces || len(tracker.active) > 2*MaxFaces {
			t.Fatalf("%d faces are followed and %d tracks alive", linked, len(tracker.active))
		}
	}
}

func TestSenselessBoxes(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	var tracker Tracker
	links := tracker.Update(0, false, frames.Image{}, []frames.Face{
		{Box: frames.Box{X: nan, Y: 1, W: 1, H: 1}},
		{Box: frames.Box{W: inf, H: 1}},
		{Box: frames.Box{W: -1, H: 1}},
		{Box: frames.Box{X: 1, Y: 1, W: nan, H: 1}},
		{},
		face(10, 10, 10),
	})
	want := []Link{{}, {}, {}, {}, {}, {ID: 1}}
	if !slices.Equal(links, want) {
		t.Errorf("got %v", links)
	}
}

func TestUpdateIsDeterministic(t *testing.T) {
	run := func() []Link {
		var tracker Tracker
		var all []Link
		random := rand.New(rand.NewPCG(7, 8))
		for frame := range 200 {
			faces := make([]frames.Face, random.IntN(12))
			for i := range faces {
				faces[i] = face(random.Float64()*800, random.Float64()*400, 40+random.Float64()*60)
			}
			all = append(all, tracker.Update(time.Duration(frame)*time.Second/30, frame%50 == 49, frames.Image{}, faces)...)
		}
		return all
	}
	if !slices.Equal(run(), run()) {
		t.Error("two runs differ")
	}
}

func BenchmarkTracker(b *testing.B) {
	faces := make([]frames.Face, 8)
	for i := range faces {
		faces[i] = face(float64(200*i), 300, 100)
	}
	var tracker Tracker
	pts := time.Duration(0)
	b.ReportAllocs()
	for b.Loop() {
		pts += time.Second / 30
		tracker.Update(pts, false, frames.Image{}, faces)
	}
}
