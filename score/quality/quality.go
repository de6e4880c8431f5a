// Package quality says how well a face can be judged: a number in [0, 1] from its size, sharpness, pose, light,
// compression and the detector's confidence.
//
// The measures are cheap (well under a tenth of a millisecond per face) and explainable; none of them looks at whether
// the face is manipulated. It is pure Go.
package quality

import (
	"math"

	"github.com/blendscope/blendscope/frames"
)

// Quality is what is known of one face in one frame. Every part is in [0, 1], and 1 is good but for Blockiness.
type Quality struct {
	// Size is the longer side of the box in frame pixels: 0 at 24 and below, 1 at 96 and above, linear between.
	Size float64
	// Sharpness is v / (v + 50), v being the variance of the Laplacian of the brightness over the middle of the crop as
	// the classifier sees it. Blurred or enlarged faces stay below 0.3, crisp ones reach 0.9.
	Sharpness float64
	// Pose is 1 - (yaw - 0.15) / 0.60 held in [0, 1]. yaw is the distance of the nose from the middle between the eyes,
	// measured along the line of the eyes in units of the eyes' distance: about 0 from the front, 0.5 at 45 degrees and
	// beyond 0.75 in profile. Without landmarks it is 1.
	Pose float64
	// Light falls to 0 as the mean brightness goes from 50 to 15 or from 215 to 245, and with the share of pixels that
	// are burnt out or drowned (1 - share / 0.6).
	Light float64
	// Detector is (score - 0.4) / 0.4 held in [0, 1].
	Detector float64
	// Blockiness is the excess of brightness steps across the 8 x 8 grid of the picture over the steps beside it,
	// (ratio - 1.1) / 0.9 held in [0, 1]: 0 none, 1 twice as large. It is measured on the frame's own pixels, before
	// any scaling moves the grid.
	Blockiness float64
	// Overall is Size^0.30 * Sharpness^0.25 * Pose^0.20 * Detector^0.15 * Light^0.10 * (1 - 0.3 * Blockiness): a weighted
	// geometric mean, so that one hopeless part makes the face hopeless.
	Overall float64
}

// Usable is the line of Quality.Overall below which a face is shown but not counted.
const Usable = 0.20

// Measure judges one face: frame is the whole upright picture, crop what the classifier sees of the face.
func Measure(frame, crop frames.Image, face frames.Face) Quality {
	q := Quality{
		Size:       ramp(float64(max(face.Box.W, face.Box.H)), 24, 96),
		Pose:       pose(face.Landmarks),
		Detector:   ramp(float64(face.Score), 0.4, 0.8),
		Blockiness: blockiness(frame, face.Box),
	}
	q.Sharpness, q.Light = look(crop)
	q.Overall = math.Pow(q.Size, 0.30) * math.Pow(q.Sharpness, 0.25) * math.Pow(q.Pose, 0.20) *
		math.Pow(q.Detector, 0.15) * math.Pow(q.Light, 0.10) * (1 - 0.3*q.Blockiness)
	return q
}

// ramp is 0 at zero and beyond, 1 at one and beyond, linear between. A NaN gives 0.
func ramp(v, zero, one float64) float64 {
	r := (v - zero) / (one - zero)
	if !(r > 0) {
		return 0
	}
	return min(r, 1)
}

func pose(points [5]frames.Point) float64 {
	right, left, nose := points[frames.RightEye], points[frames.LeftEye], points[frames.Nose]
	ex, ey := float64(left.X-right.X), float64(left.Y-right.Y)
	squared := ex*ex + ey*ey
	if squared == 0 && nose == right {
		return 1
	}
	if !(squared > 1) { // the eyes fall together: a profile
		return 0
	}
	nx := float64(nose.X) - float64(left.X+right.X)/2
	ny := float64(nose.Y) - float64(left.Y+right.Y)/2
	yaw := math.Abs(nx*ex+ny*ey) / squared
	return ramp(yaw, 0.75, 0.15)
}
