package model

import "math"

// certainty bounds probabilities before they become log odds (about +-16): a network that says 0 or 1 has rounded.
const certainty = 1e-7

// values is how many numbers a verdict with this meaning has per picture.
func (m Meaning) values() int {
	if m == MeaningClassLogits || m == MeaningClassProbabilities {
		return 2
	}
	return 1
}

// logit brings a network's verdict on one picture to log odds of manipulation. NaN stays NaN, and so becomes a
// probability outside [0, 1]: whoever aggregates must see that the network failed.
func (o Output) logit(v []float32) float64 {
	var logit float64
	switch o.Meaning {
	case MeaningLogit:
		logit = float64(v[0])
	case MeaningProbability:
		logit = logOdds(float64(v[0]))
	case MeaningClassLogits:
		logit = float64(v[1]) - float64(v[0])
	case MeaningClassProbabilities:
		logit = logOdds(float64(v[1]))
	}
	if o.Fake == Low {
		return -logit
	}
	return logit
}

func logOdds(p float64) float64 {
	if !(p >= -certainty && p <= 1+certainty) {
		return math.NaN()
	}
	p = min(max(p, certainty), 1-certainty)
	return math.Log(p / (1 - p))
}
