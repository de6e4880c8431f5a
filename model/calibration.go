package model

import "math"

// Calibration maps the pooled logit of a clip to a probability of manipulation.
type Calibration struct {
	Method   string  `json:"method"` // "platt": 1 / (1 + exp(-(A*logit + B)))
	A        float64 `json:"a"`
	B        float64 `json:"b"`
	FittedOn string  `json:"fitted_on"`
}

// Probability is the calibrated probability for a logit. A NaN stays a NaN.
func (c Calibration) Probability(logit float64) float64 {
	return 1 / (1 + math.Exp(-(c.A*logit + c.B)))
}
