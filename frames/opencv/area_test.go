package opencv

import (
	"bytes"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

// TestShrinkIsOpenCVsArea: the detector must not see other pixels than in training, by any path.
func TestShrinkIsOpenCVsArea(t *testing.T) {
	for k := leastFactor; k <= mostFactor; k++ {
		for _, size := range [][2]int{{64, 36}, {33, 50}, {1, 1}} {
			src := noise(k*size[0], k*size[1], k%3)
			if k == mostFactor {
				for i := range src.Pix {
					src.Pix[i] |= 0xf0 // the largest sums
				}
			}
			got, want := noise(size[0]+5, size[1]+3, 2), noise(size[0]+5, size[1]+3, 2)
			if wholeFactor(src, size[0], size[1]) != k {
				t.Fatalf("%v by %d is not a whole factor", size, k)
			}
			if err := (Resampler{}).Fit(got, src, size[0], size[1]); err != nil {
				t.Fatal(err)
			}
			mat := frames.NewImage(size[0], size[1])
			if err := transform(mat, src, resize); err != nil {
				t.Fatal(err)
			}
			blacken(want, size[0], size[1])
			for y := range size[1] {
				copy(want.Pix[y*want.Stride:][:3*size[0]], mat.Pix[y*mat.Stride:])
			}
			if !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("factor %d, %v: differs from OpenCV", k, size)
			}
		}
	}
}

func TestOnlyWholeFactorsAreShrunk(t *testing.T) {
	for _, c := range []struct {
		w, h, toW, toH, want int
	}{
		{1920, 1080, 640, 360, 3},
		{3840, 2160, 640, 360, 6},
		{1280, 720, 640, 360, 0}, // OpenCV is as fast
		{1920, 1080, 640, 361, 0},
		{1921, 1080, 640, 360, 0},
		{640 * 9, 360 * 9, 640, 360, 0},
	} {
		if got := wholeFactor(frames.Image{Width: c.w, Height: c.h}, c.toW, c.toH); got != c.want {
			t.Errorf("%+v: factor %d", c, got)
		}
	}
}
