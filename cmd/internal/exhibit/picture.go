package exhibit

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"

	"golang.org/x/image/draw"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// defaultCropScale shows some surroundings of faces whose result does not tell what the classifier saw.
const defaultCropScale = 1.4

// mostCropScale bounds what a result read from a file may ask for.
const mostCropScale = 8

func cropScale(b score.BestFrame) (float64, error) {
	if b.Map == nil {
		return defaultCropScale, nil
	}
	if s := b.Map.CropScale; s > 0 && s <= mostCropScale {
		return s, nil
	}
	return 0, fmt.Errorf("%w: a crop of %g times the face", ErrBadBox, b.Map.CropScale)
}

// square is what the classifier saw, beyond the frame's edge too.
func square(m frames.Image, box [4]float64, scale float64) (image.Rectangle, error) {
	b := frames.Box{X: float32(box[0]), Y: float32(box[1]), W: float32(box[2]), H: float32(box[3])}
	within := box[2] > 0 && box[3] > 0 && box[0] < float64(m.Width) && box[1] < float64(m.Height) && box[0]+box[2] > 0 && box[1]+box[3] > 0
	longest := float64(max(m.Width, m.Height))
	if longer := max(box[2], box[3]); !within || longer > 2*longest || scale*longer > 4*longest {
		return image.Rectangle{}, fmt.Errorf("%w of %dx%d", ErrBadBox, m.Width, m.Height)
	}
	x0, y0, side := frames.SquareCrop(b, scale)
	return image.Rect(x0, y0, x0+side, y0+side), nil
}

func clamp(v, n int) int { return max(0, min(v, n-1)) }

// whole is all of a frame.
func whole(m frames.Image) image.Rectangle { return image.Rect(0, 0, m.Width, m.Height) }

// shrink copies a part of a frame and brings its longer side down to limit pixels, if it is longer and limit is not 0.
// Large pictures are first averaged over whole blocks, which takes a fraction of the time that a good filter would and
// loses nothing to see.
func shrink(m frames.Image, part image.Rectangle, limit int) *image.RGBA {
	longest := max(part.Dx(), part.Dy())
	if limit <= 0 || longest <= limit {
		return averaged(m, part, 1)
	}
	small := averaged(m, part, max(1, longest/limit/2))
	ratio := float64(limit) / float64(longest)
	exact := image.NewRGBA(image.Rect(0, 0, scaled(part.Dx(), ratio), scaled(part.Dy(), ratio)))
	draw.BiLinear.Scale(exact, exact.Rect, small, small.Rect, draw.Src, nil)
	return exact
}

// Thumb is a small square picture of a crop.
func Thumb(m *image.RGBA, side int) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.BiLinear.Scale(small, small.Rect, m, m.Rect, draw.Src, nil)
	return small
}

func scaled(v int, ratio float64) int { return max(1, int(math.Round(float64(v)*ratio))) }

// averaged turns a part of a frame from BGR into RGBA, one pixel for each block of n x n. Beyond the frame's edge its
// border is repeated.
func averaged(m frames.Image, part image.Rectangle, n int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, max(1, part.Dx()/n), max(1, part.Dy()/n)))
	columns := make([]int, n*out.Rect.Dx()) // where in a row each pixel is
	for x := range columns {
		columns[x] = 3 * clamp(part.Min.X+x, m.Width)
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			var sum [3]int
			for dy := range n {
				row := m.Pix[clamp(part.Min.Y+y*n+dy, m.Height)*m.Stride:]
				for _, at := range columns[x*n : x*n+n] {
					sum[0] += int(row[at])
					sum[1] += int(row[at+1])
					sum[2] += int(row[at+2])
				}
			}
			area := n * n
			p := out.Pix[y*out.Stride+4*x:][:4]
			p[0], p[1], p[2], p[3] = byte(sum[2]/area), byte(sum[1]/area), byte(sum[0]/area), 255
		}
	}
	return out
}

// JPEG encodes a picture; quality is 1 to 100.
func JPEG(m image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// PNG encodes a picture without loss.
func PNG(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m)
	return b.Bytes(), err
}
