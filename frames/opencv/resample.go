package opencv

import (
	"fmt"
	"image"
	"image/color"
	"runtime"

	"github.com/blendscope/blendscope/frames"
	"gocv.io/x/gocv"
)

// mostSide bounds the squares cut by Crop, in pixels: beyond lies a detector's nonsense.
const mostSide = 1 << 14

// Resampler cuts and scales pictures with the filters of training: INTER_AREA where a picture shrinks, INTER_LINEAR
// where it grows. It works on the callers' memory without copying it and is safe for concurrent use.
type Resampler struct{}

// Crop fills dst with the square of src that starts at (x0, y0) and has side pixels; outside src the border repeats.
func (Resampler) Crop(dst, src frames.Image, x0, y0, side int) error {
	if side < 1 || side > mostSide {
		return fmt.Errorf("%w: crop of %d pixels", frames.ErrBadGeometry, side)
	}
	return transform(dst, src, func(out, in *gocv.Mat) error {
		inside, borders := clip(x0, y0, side, src.Width, src.Height)
		region := in.Region(inside)
		defer region.Close()
		if borders == (margins{}) {
			return resize(out, &region)
		}
		padded := gocv.NewMat()
		defer padded.Close()
		if err := gocv.CopyMakeBorder(region, &padded, borders.top, borders.bottom, borders.left, borders.right,
			gocv.BorderReplicate|gocv.BorderIsolated, color.RGBA{}); err != nil {
			return err
		}
		return resize(out, &padded)
	})
}

// Fit scales src to width x height pixels into the top left of dst and blackens the rest.
func (Resampler) Fit(dst, src frames.Image, width, height int) error {
	if width < 1 || height < 1 || width > dst.Width || height > dst.Height {
		return fmt.Errorf("%w: %dx%d pixels do not fit into %dx%d", frames.ErrBadGeometry, width, height, dst.Width, dst.Height)
	}
	if k := wholeFactor(src, width, height); k > 0 && sound(dst) && sound(src) {
		blacken(dst, width, height)
		shrink(dst, src, k)
		return nil
	}
	return transform(dst, src, func(out, in *gocv.Mat) error {
		blacken(dst, width, height)
		corner := out.Region(image.Rect(0, 0, width, height))
		defer corner.Close()
		return resize(&corner, in)
	})
}

// transform runs work on Mats that share the pictures' memory.
func transform(dst, src frames.Image, work func(out, in *gocv.Mat) error) error {
	var pin runtime.Pinner
	defer pin.Unpin()
	in, err := view(src, &pin)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := view(dst, &pin)
	if err != nil {
		return err
	}
	defer out.Close()
	return work(&out, &in)
}

// resize fills out, whose size and type say what is wanted: OpenCV writes into a Mat that already fits.
func resize(out, in *gocv.Mat) error {
	width, height := out.Cols(), out.Rows()
	if width == in.Cols() && height == in.Rows() {
		return in.CopyTo(out)
	}
	filter := gocv.InterpolationLinear
	if width < in.Cols() || height < in.Rows() {
		filter = gocv.InterpolationArea
	}
	return gocv.Resize(*in, out, image.Pt(width, height), 0, 0, filter)
}

// blacken clears what lies right of and below width x height.
func blacken(m frames.Image, width, height int) {
	for y := range m.Height {
		row := m.Pix[y*m.Stride : y*m.Stride+3*m.Width]
		if y < height {
			row = row[3*width:]
		}
		clear(row)
	}
}

// margins are the pixels to repeat on each side.
type margins struct{ left, top, right, bottom int }

// clip splits a square into the part inside the picture, at least one pixel wide and high, and the margins around it. A
// square that misses the picture altogether is made of the nearest border.
func clip(x0, y0, side, width, height int) (image.Rectangle, margins) {
	var m margins
	var r image.Rectangle
	r.Min.X, r.Max.X, m.left, m.right = clipSpan(x0, side, width)
	r.Min.Y, r.Max.Y, m.top, m.bottom = clipSpan(y0, side, height)
	return r, m
}

func clipSpan(start, length, limit int) (lo, hi, before, after int) {
	lo = min(max(start, 0), limit-1)
	hi = max(min(start+length, limit), lo+1)
	before = min(max(lo-start, 0), length-(hi-lo))
	return lo, hi, before, length - (hi - lo) - before
}
