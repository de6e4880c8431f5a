package quality

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

// frontal is a sharp, well-lit face of 150 px, looking at the camera.
func frontal() frames.Face {
	f := frames.Face{Box: frames.Box{X: 50, Y: 50, W: 120, H: 150}, Score: 0.95}
	f.Landmarks = [5]frames.Point{{X: 85, Y: 105}, {X: 135, Y: 105}, {X: 110, Y: 130}, {X: 90, Y: 160}, {X: 130, Y: 160}}
	return f
}

// texture is grey with noise, so many levels strong, around a mean brightness.
func texture(width, height int, mean, strength float64) frames.Image {
	random := rand.New(rand.NewPCG(1, 1))
	m := frames.NewImage(width, height)
	for i := 0; i < len(m.Pix); i += 3 {
		v := byte(max(0, min(255, mean+strength*random.NormFloat64())))
		m.Pix[i], m.Pix[i+1], m.Pix[i+2] = v, v, v
	}
	return m
}

func TestAGoodFaceIsGood(t *testing.T) {
	q := Measure(texture(300, 300, 120, 10), texture(224, 224, 120, 10), frontal())
	if q.Overall < 0.85 || q.Size != 1 || q.Pose != 1 || q.Light != 1 || q.Detector != 1 || q.Blockiness != 0 {
		t.Errorf("got %+v", q)
	}
}

func TestEachFlawLowersTheQuality(t *testing.T) {
	frame, crop := texture(300, 300, 120, 10), texture(224, 224, 120, 10)
	good := Measure(frame, crop, frontal())
	change := func(f func(*frames.Face)) frames.Face { face := frontal(); f(&face); return face }
	tests := []struct {
		name   string
		frame  frames.Image
		crop   frames.Image
		face   frames.Face
		part   func(Quality) float64
		want   float64 // of the part
		usable bool
	}{
		{"small", frame, crop, change(func(f *frames.Face) { f.Box.W, f.Box.H = 50, 60 }), func(q Quality) float64 { return q.Size }, 0.5, true},
		{"tiny", frame, crop, change(func(f *frames.Face) { f.Box.W, f.Box.H = 18, 22 }), func(q Quality) float64 { return q.Size }, 0, false},
		{"blurred", frame, texture(224, 224, 120, 0.5), frontal(), func(q Quality) float64 { return q.Sharpness }, 0.07, true},
		{"flat", frame, texture(224, 224, 120, 0), frontal(), func(q Quality) float64 { return q.Sharpness }, 0, false},
		{"turned", frame, crop, change(func(f *frames.Face) { f.Landmarks[frames.Nose].X += 20 }), func(q Quality) float64 { return q.Pose }, 0.58, true},
		{"profile", frame, crop, change(func(f *frames.Face) { f.Landmarks[frames.Nose].X += 40 }), func(q Quality) float64 { return q.Pose }, 0, false},
		{"dim", frame, texture(224, 224, 30, 6), frontal(), func(q Quality) float64 { return q.Light }, 0.43, true},
		{"dark", frame, texture(224, 224, 5, 2), frontal(), func(q Quality) float64 { return q.Light }, 0, false},
		{"burnt out", frame, texture(224, 224, 250, 10), frontal(), func(q Quality) float64 { return q.Light }, 0, false},
		{"unsure", frame, crop, change(func(f *frames.Face) { f.Score = 0.6 }), func(q Quality) float64 { return q.Detector }, 0.5, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q := Measure(test.frame, test.crop, test.face)
			if got := test.part(q); math.Abs(got-test.want) > 0.06 {
				t.Errorf("the part is %.3f, want %.2f", got, test.want)
			}
			if q.Overall >= good.Overall || (q.Overall >= Usable) != test.usable {
				t.Errorf("overall %.3f (a good face has %.3f)", q.Overall, good.Overall)
			}
		})
	}
}

func TestPoseDoesNotMindATiltedHead(t *testing.T) {
	face := frontal()
	turned := face
	centre := frames.Point{X: 110, Y: 125}
	for i, p := range face.Landmarks { // by 40 degrees in the plane of the picture
		sin, cos := math.Sincos(40 * math.Pi / 180)
		dx, dy := float64(p.X-centre.X), float64(p.Y-centre.Y)
		turned.Landmarks[i] = frames.Point{X: centre.X + float32(dx*cos-dy*sin), Y: centre.Y + float32(dx*sin+dy*cos)}
	}
	if a, b := pose(face.Landmarks), pose(turned.Landmarks); math.Abs(a-b) > 1e-3 {
		t.Errorf("upright %.3f, tilted %.3f", a, b)
	}
	if got := pose([5]frames.Point{}); got != 1 {
		t.Errorf("without landmarks %.3f", got)
	}
}

func TestBlockinessFindsTheGrid(t *testing.T) {
	blocks := func(offset int) frames.Image {
		random := rand.New(rand.NewPCG(2, 2))
		m := texture(300, 300, 120, 1)
		levels := make([]int, 41*41)
		for i := range levels {
			levels[i] = random.IntN(24)
		}
		for y := range m.Height {
			for x := range m.Width {
				i := y*m.Stride + 3*x
				v := m.Pix[i] + byte(levels[(y+offset)/8*41+(x+offset)/8])
				m.Pix[i], m.Pix[i+1], m.Pix[i+2] = v, v, v
			}
		}
		return m
	}
	if got := blockiness(blocks(0), frontal().Box); got < 0.9 {
		t.Errorf("a coarse grid gives %.3f", got)
	}
	if got := blockiness(blocks(4), frontal().Box); got != 0 {
		t.Errorf("a grid where no codec puts it gives %.3f", got)
	}
	if got := blockiness(texture(300, 300, 120, 20), frontal().Box); got > 0.05 {
		t.Errorf("noise gives %.3f", got)
	}
	for _, box := range []frames.Box{{X: -500, Y: -500, W: 20, H: 20}, {X: 290, Y: 290, W: 1000, H: 1000}, {X: 1e5, Y: 0, W: 10, H: 10}, {X: -1e5, Y: -1e5, W: 9e5, H: 9e5}} {
		blockiness(texture(300, 300, 120, 20), box)
	}
}

func BenchmarkMeasure(b *testing.B) {
	frame, crop, face := texture(1920, 1080, 120, 10), texture(224, 224, 120, 10), frontal()
	face.Box.W, face.Box.H = 400, 500
	b.ReportAllocs()
	for b.Loop() {
		Measure(frame, crop, face)
	}
}
