package frames

import "math"

// The geometry here is the one the models were trained with: models/training/common/geometry.py does the same.

const (
	leastCrop  = 8       // pixels, the smallest side of a square crop
	mostExtent = 1 << 24 // pixels; coordinates beyond are a detector's nonsense and would overflow
)

// SquareCrop returns the square around a face box that a classifier sees: the top left corner and the side in pixels.
// The side is scale times the longer side of the box, at least 8; the square shares the box's centre and may reach
// beyond the picture.
func SquareCrop(box Box, scale float64) (x0, y0, side int) {
	x, y, w, h := float64(box.X), float64(box.Y), float64(box.W), float64(box.H)
	side = max(leastCrop, roundHalfUp(scale*max(w, h)))
	half := float64(side) / 2
	return roundHalfUp(x + w/2 - half), roundHalfUp(y + h/2 - half), side
}

// Letterbox is how a picture of any size is brought to a detector: scaled with its aspect ratio kept, put at the top
// left, and filled with black on the right and below.
type Letterbox struct {
	Scale                     float64 // detector pixels per frame pixel
	Width, Height             int     // the scaled picture
	PaddedWidth, PaddedHeight int     // the detector's input, multiples of what it asks for
}

// NewLetterbox fits a picture of width x height so that its longer side lies between least and most pixels, and pads it
// to whole multiples. A picture already within the bounds keeps its scale.
func NewLetterbox(width, height, least, most, multiple int) Letterbox {
	longest := max(width, height, 1)
	scale := float64(min(max(longest, least), most)) / float64(longest)
	l := Letterbox{Scale: scale, Width: width, Height: height}
	if scale != 1 {
		l.Width = max(1, roundHalfUp(float64(width)*scale))
		l.Height = max(1, roundHalfUp(float64(height)*scale))
	}
	multiple = max(1, multiple)
	l.PaddedWidth, l.PaddedHeight = ceilTo(l.Width, multiple), ceilTo(l.Height, multiple)
	return l
}

// Point maps a point from the detector's input back to the frame.
func (l Letterbox) Point(p Point) Point {
	return Point{X: float32(float64(p.X) / l.Scale), Y: float32(float64(p.Y) / l.Scale)}
}

// Box maps a box from the detector's input back to the frame.
func (l Letterbox) Box(b Box) Box {
	corner, size := l.Point(Point{b.X, b.Y}), l.Point(Point{b.W, b.H})
	return Box{X: corner.X, Y: corner.Y, W: size.X, H: size.Y}
}

// Face maps a face found in the detector's input back to the frame.
func (l Letterbox) Face(f Face) Face {
	f.Box = l.Box(f.Box)
	for i, p := range f.Landmarks {
		f.Landmarks[i] = l.Point(p)
	}
	return f
}

// roundHalfUp is floor(v + 0.5), the rounding of the training code, kept within bounds; NaN gives 0.
func roundHalfUp(v float64) int {
	if math.IsNaN(v) {
		return 0
	}
	return int(math.Floor(min(max(v, -mostExtent), mostExtent) + 0.5))
}

func ceilTo(v, multiple int) int {
	return (v + multiple - 1) / multiple * multiple
}
