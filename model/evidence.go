package model

// Evidence is what a classifier says of one face in one frame.
type Evidence struct {
	Logit float64 // uncalibrated log odds of manipulation, high = manipulated; NaN when the model failed on this face
	Map   Map     // where the face looks composited
}

// Map is a coarse picture of the crop: Side x Side probabilities in [0, 1], row-major. A model without the output gives
// the zero Map.
type Map struct {
	Side   int
	Values []float32
}
