package track

import (
	"math"

	"github.com/blendscope/blendscope/frames"
)

// The picture is looked at through a fixed grid of samples, whatever its size, so that the cost per frame is bounded
// (2304 pixels): cells of 4 x 4 samples give a 16 x 9 thumbnail, and all samples together a colour histogram.
const (
	cellColumns, cellRows = 16, 9
	cellSamples           = 4
	histogramBits         = 2 // per colour: 4 x 4 x 4 bins
	histogramBins         = 1 << (3 * histogramBits)
)

// A cut is declared when the arrangement and the colours change together. The layout alone changes when the camera
// pans, the colours alone when a light is switched on.
const (
	// cutLayout is the least mean absolute difference of the thumbnails' brightness, in levels of 0..255, after the
	// change of overall brightness (a fade, a flash) is taken out.
	cutLayout = 14
	// cutColour is the least histogram distance, 0 (same) .. 1 (disjoint).
	cutColour = 0.20
	// cutJump is how many times the clip's usual difference (a slow average of both measures, scaled by their
	// thresholds) a cut must reach: shaky or fast footage differs all the time.
	cutJump = 2.5
	// usualShare is the weight of the newest difference in that average.
	usualShare = 0.2
)

// signature is what is remembered of a frame.
type signature struct {
	cells     [cellColumns * cellRows]float64 // brightness, 0..255
	mean      float64
	histogram [histogramBins]float64 // shares, sum 1
}

// Cuts finds the cuts between shots from one frame to the next. The zero value is ready. It is not safe for concurrent
// use.
type Cuts struct {
	previous *signature
	usual    float64
	spare    *signature
}

// Next looks at the next frame and reports whether it starts a new shot. The first frame does not. It keeps nothing of
// the picture.
func (c *Cuts) Next(picture frames.Image) bool {
	if picture.Empty() {
		return false
	}
	current := c.spare
	if current == nil {
		current = new(signature)
	}
	current.fill(picture)
	last := c.previous
	c.previous, c.spare = current, last
	if last == nil {
		return false
	}
	layout, colour := current.distance(last)
	change := min(layout/cutLayout, colour/cutColour)
	cut := change >= 1 && change >= cutJump*c.usual
	if cut {
		c.usual = 0
		return true
	}
	c.usual += usualShare * (change - c.usual)
	return false
}

func (s *signature) fill(picture frames.Image) {
	*s = signature{}
	const columns, rows = cellColumns * cellSamples, cellRows * cellSamples
	for j := range rows {
		y := (2*j + 1) * picture.Height / (2 * rows)
		row := picture.Pix[y*picture.Stride:]
		for i := range columns {
			x := (2*i + 1) * picture.Width / (2 * columns)
			b, g, r := row[3*x], row[3*x+1], row[3*x+2]
			s.cells[j/cellSamples*cellColumns+i/cellSamples] += luma(b, g, r)
			const shift = 8 - histogramBits
			s.histogram[int(b>>shift)<<(2*histogramBits)|int(g>>shift)<<histogramBits|int(r>>shift)]++
		}
	}
	for i := range s.cells {
		s.cells[i] /= cellSamples * cellSamples
		s.mean += s.cells[i] / float64(len(s.cells))
	}
	for i := range s.histogram {
		s.histogram[i] /= columns * rows
	}
}

// distance compares the arrangement of light and the colours of two frames.
func (s *signature) distance(o *signature) (layout, colour float64) {
	for i := range s.cells {
		layout += math.Abs((s.cells[i] - s.mean) - (o.cells[i] - o.mean))
	}
	for i := range s.histogram {
		colour += math.Abs(s.histogram[i] - o.histogram[i])
	}
	return layout / float64(len(s.cells)), colour / 2
}

// luma is the brightness of a pixel by ITU-R BT.601, 0..255.
func luma(b, g, r byte) float64 {
	return 0.114*float64(b) + 0.587*float64(g) + 0.299*float64(r)
}
