package opencv

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

// noise is a random picture with extra bytes at the end of each row.
func noise(width, height, extra int) frames.Image {
	random := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	m := frames.Image{Width: width, Height: height, Stride: 3*width + extra}
	m.Pix = make([]byte, (height-1)*m.Stride+3*width) // the last row ends with its last pixel
	for i := range m.Pix {
		m.Pix[i] = byte(random.Uint32())
	}
	return m
}

// at is a pixel's channel; outside, the border repeats.
func at(m frames.Image, x, y, channel int) float64 {
	x, y = min(max(x, 0), m.Width-1), min(max(y, 0), m.Height-1)
	return float64(m.Pix[y*m.Stride+3*x+channel])
}

// mostDifference compares dst with a function of its pixels.
func mostDifference(dst frames.Image, want func(x, y, channel int) float64) (most float64) {
	for y := range dst.Height {
		for x := range dst.Width {
			for c := range 3 {
				most = max(most, math.Abs(at(dst, x, y, c)-want(x, y, c)))
			}
		}
	}
	return most
}

// At its own size a crop is a copy, wherever the square lies.
func TestCropCopies(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		src := noise(1+random.IntN(40), 1+random.IntN(40), random.IntN(5))
		side := 1 + random.IntN(60)
		dst := noise(side, side, random.IntN(5))
		x0, y0 := random.IntN(200)-100, random.IntN(200)-100
		if err := (Resampler{}).Crop(dst, src, x0, y0, side); err != nil {
			t.Fatal(err)
		}
		if d := mostDifference(dst, func(x, y, c int) float64 { return at(src, x0+x, y0+y, c) }); d != 0 {
			t.Fatalf("%dx%d, square (%d, %d, %d): off by %g", src.Width, src.Height, x0, y0, side, d)
		}
	}
}

func TestCropShrinksByArea(t *testing.T) {
	src := noise(90, 70, 0)
	dst := frames.NewImage(16, 16)
	if err := (Resampler{}).Crop(dst, src, 60, -5, 48); err != nil {
		t.Fatal(err)
	}
	mean := func(x, y, c int) (total float64) {
		for dy := range 3 {
			for dx := range 3 {
				total += at(src, 60+3*x+dx, -5+3*y+dy, c) / 9
			}
		}
		return total
	}
	if d := mostDifference(dst, mean); d > 1 {
		t.Errorf("off by %g", d)
	}
}

func TestCropEnlargesLinearly(t *testing.T) {
	src := noise(40, 30, 2)
	dst := frames.NewImage(50, 50)
	const x0, y0, side = 5, 4, 20
	if err := (Resampler{}).Crop(dst, src, x0, y0, side); err != nil {
		t.Fatal(err)
	}
	bilinear := func(x, y, c int) float64 {
		fx, fy := min(max((float64(x)+0.5)*side/50-0.5, 0), side-1), min(max((float64(y)+0.5)*side/50-0.5, 0), side-1)
		ix, iy := int(fx), int(fy)
		jx, jy := min(ix+1, side-1), min(iy+1, side-1)
		top := at(src, x0+ix, y0+iy, c)*(1-fx+float64(ix)) + at(src, x0+jx, y0+iy, c)*(fx-float64(ix))
		bottom := at(src, x0+ix, y0+jy, c)*(1-fx+float64(ix)) + at(src, x0+jx, y0+jy, c)*(fx-float64(ix))
		return top*(1-fy+float64(iy)) + bottom*(fy-float64(iy))
	}
	if d := mostDifference(dst, bilinear); d > 1.5 {
		t.Errorf("off by %g", d)
	}
}

func TestFit(t *testing.T) {
	src := noise(60, 40, 0)
	for _, size := range [][2]int{{30, 20}, {60, 40}, {64, 64}} {
		dst := noise(64, 64, 7)
		if err := (Resampler{}).Fit(dst, src, size[0], size[1]); err != nil {
			t.Fatal(err)
		}
		lit := false
		for y := range 64 {
			for x := range 64 {
				value := at(dst, x, y, 0) + at(dst, x, y, 1) + at(dst, x, y, 2)
				if inside := x < size[0] && y < size[1]; !inside && value != 0 {
					t.Fatalf("%v: (%d, %d) is not black", size, x, y)
				}
				lit = lit || value != 0
			}
		}
		if !lit {
			t.Errorf("%v: all black", size)
		}
	}
}

// Bytes between the rows belong to somebody else.
func TestGapsStayUntouched(t *testing.T) {
	dst := noise(20, 20, 6)
	before := append([]byte(nil), dst.Pix...)
	if err := errors.Join((Resampler{}).Fit(dst, noise(9, 9, 0), 13, 13), (Resampler{}).Crop(dst, noise(9, 9, 0), -3, 2, 9)); err != nil {
		t.Fatal(err)
	}
	for i := range before {
		if i%dst.Stride >= 3*dst.Width && dst.Pix[i] != before[i] {
			t.Fatalf("byte %d was changed", i)
		}
	}
}

func TestResamplerRefuses(t *testing.T) {
	good := frames.NewImage(10, 10)
	short := frames.Image{Pix: make([]byte, 10), Width: 10, Height: 10, Stride: 30}
	narrow := frames.Image{Pix: make([]byte, 300), Width: 10, Height: 10, Stride: 29}
	var r Resampler
	for name, err := range map[string]error{
		"empty source":      r.Crop(good, frames.Image{}, 0, 0, 8),
		"empty destination": r.Crop(frames.Image{}, good, 0, 0, 8),
		"short source":      r.Crop(good, short, 0, 0, 8),
		"narrow stride":     r.Fit(good, narrow, 5, 5),
		"side 0":            r.Crop(good, good, 0, 0, 0),
		"endless side":      r.Crop(good, good, 0, 0, 1<<20),
		"too wide":          r.Fit(good, good, 11, 5),
		"zero height":       r.Fit(good, good, 5, 0),
	} {
		if !errors.Is(err, frames.ErrBadGeometry) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestResamplerIsConcurrent(t *testing.T) {
	src := noise(200, 200, 0)
	want := frames.NewImage(50, 50)
	if err := (Resampler{}).Crop(want, src, 20, 30, 120); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				dst := frames.NewImage(50, 50)
				if err := (Resampler{}).Crop(dst, src, 20, 30, 120); err != nil {
					t.Error(err)
				}
				runtime.GC()
				if d := mostDifference(dst, func(x, y, c int) float64 { return at(want, x, y, c) }); d != 0 {
					t.Errorf("off by %g", d)
				}
			}
		})
	}
	group.Wait()
}
