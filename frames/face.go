package frames

// Point is a position in frame pixels, x to the right and y down; the centre of the first pixel is (0, 0).
type Point struct{ X, Y float32 }

// Box is an axis-aligned rectangle in frame pixels. It may reach beyond the picture.
type Box struct{ X, Y, W, H float32 }

// Area is the box's area in square pixels, 0 for an empty box.
func (b Box) Area() float32 { return max(0, b.W) * max(0, b.H) }

// IoU is the intersection over union of two boxes, in [0, 1].
func (b Box) IoU(o Box) float32 {
	w := min(b.X+b.W, o.X+o.W) - max(b.X, o.X)
	h := min(b.Y+b.H, o.Y+o.H) - max(b.Y, o.Y)
	if w <= 0 || h <= 0 {
		return 0
	}
	inter := w * h
	return inter / (b.Area() + o.Area() - inter)
}

// Landmark names the five points a detector gives, in the order of Face.Landmarks. Right and left are the person's own.
type Landmark int

// The five landmarks.
const (
	RightEye Landmark = iota
	LeftEye
	Nose
	RightMouth
	LeftMouth
	landmarkCount
)

// Face is one detected face.
type Face struct {
	Box       Box
	Score     float32 // the detector's confidence in [0, 1]
	Landmarks [landmarkCount]Point
}
