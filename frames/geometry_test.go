package frames

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The numbers come from crop_square in models/training/common/geometry.py.
func TestSquareCrop(t *testing.T) {
	for _, c := range []struct {
		box   Box
		scale float64
		want  [3]int
	}{
		{Box{10, 20, 30, 40}, 1.4, [3]int{-3, 12, 56}},
		{Box{-5.5, 3.25, 101.3, 99.7}, 1.3, [3]int{-21, -13, 132}},
		{Box{0, 0, 1, 1}, 1, [3]int{-3, -3, 8}},
		{Box{639.9, 359.2, 17.5, 18.5}, 1.4, [3]int{636, 355, 26}},
		{Box{100.5, 100.5, 25, 25}, 1.5, [3]int{94, 94, 38}},
	} {
		x0, y0, side := SquareCrop(c.box, c.scale)
		if got := [3]int{x0, y0, side}; got != c.want {
			t.Errorf("SquareCrop(%v, %g) = %v, want %v", c.box, c.scale, got, c.want)
		}
	}
}

// The numbers come from letterbox in models/training/common/geometry.py.
func TestNewLetterbox(t *testing.T) {
	for _, c := range []struct {
		width, height, most int
		want                Letterbox
	}{
		{1920, 1080, 640, Letterbox{1.0 / 3, 640, 360, 640, 384}},
		{640, 360, 640, Letterbox{1, 640, 360, 640, 384}},
		{641, 359, 640, Letterbox{640.0 / 641, 640, 358, 640, 384}},
		{200, 100, 640, Letterbox{1.28, 256, 128, 256, 128}},
		{64, 64, 320, Letterbox{4, 256, 256, 256, 256}},
		{1, 5000, 640, Letterbox{0.128, 1, 640, 32, 640}},
		{720, 1280, 480, Letterbox{0.375, 270, 480, 288, 480}},
	} {
		if got := NewLetterbox(c.width, c.height, 256, c.most, 32); got != c.want {
			t.Errorf("%dx%d into %d: %+v, want %+v", c.width, c.height, c.most, got, c.want)
		}
	}
}

func TestLetterboxMapsBack(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		l := NewLetterbox(1+random.IntN(4000), 1+random.IntN(4000), 256, 640, 32)
		s := float32(l.Scale)
		face := Face{Box: Box{10, 20, 30, 40}, Score: 0.5, Landmarks: [landmarkCount]Point{{1, 2}, {3, 4}}}
		scaled := face
		scaled.Box = Box{10 * s, 20 * s, 30 * s, 40 * s}
		for i, p := range face.Landmarks {
			scaled.Landmarks[i] = Point{p.X * s, p.Y * s}
		}
		got := l.Face(scaled)
		if got.Box.IoU(face.Box) < 0.9999 || got.Score != face.Score {
			t.Fatalf("scale %g: %v came back as %v", s, face.Box, got.Box)
		}
		for i, p := range face.Landmarks {
			if math.Hypot(float64(got.Landmarks[i].X-p.X), float64(got.Landmarks[i].Y-p.Y)) > 1e-3 {
				t.Fatalf("scale %g: landmark %v came back as %v", s, p, got.Landmarks[i])
			}
		}
	}
}

// Whatever a detector answers, the crop is a usable square that shares the box's centre.
func FuzzSquareCrop(f *testing.F) {
	f.Add(float32(1), float32(2), float32(3), float32(4), 1.4)
	f.Add(float32(math.Inf(1)), float32(math.NaN()), float32(-1), float32(1e30), -1.0)
	f.Fuzz(func(t *testing.T, x, y, w, h float32, scale float64) {
		x0, y0, side := SquareCrop(Box{x, y, w, h}, scale)
		if side < leastCrop || side > mostExtent {
			t.Fatalf("side %d", side)
		}
		if small(x, y, w, h) {
			dx := float64(x0) + float64(side)/2 - (float64(x) + float64(w)/2)
			dy := float64(y0) + float64(side)/2 - (float64(y) + float64(h)/2)
			if math.Abs(dx) > 0.51 || math.Abs(dy) > 0.51 {
				t.Fatalf("centre is off by %g, %g", dx, dy)
			}
		}
	})
}

func small(values ...float32) bool {
	for _, v := range values {
		if !(v > -1e5 && v < 1e5) {
			return false
		}
	}
	return true
}
