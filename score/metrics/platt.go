package metrics

import "math"

// FitPlatt fits the calibration p = 1 / (1 + exp(-(a*logit + b))) to labelled logits (Platt 1999), so that p can be taken
// as a probability where the share of fakes is prior. Example.Score is the raw pooled logit here. Both classes weigh as
// prior says however many examples they have, and the targets are drawn in from 0 and 1 as Platt does, so that separable
// data gives finite numbers. It is NaN, NaN without examples of both classes.
func FitPlatt(examples []Example, prior float64) (a, b float64) {
	fakes, genuine := count(examples)
	if fakes == 0 || genuine == 0 {
		return math.NaN(), math.NaN()
	}
	fit := platt{
		examples: examples,
		high:     (float64(fakes) + 1) / (float64(fakes) + 2), low: 1 / (float64(genuine) + 2),
		perFake: prior / float64(fakes), perGenuine: (1 - prior) / float64(genuine),
	}
	a, b = 0, math.Log(prior/(1-prior))
	loss := fit.loss(a, b)
	const steps, enough = 100, 1e-12
	for range steps {
		da, db := fit.step(a, b)
		size := 1.0
		for size > 1e-6 && fit.loss(a-size*da, b-size*db) > loss { // Newton may overshoot
			size /= 2
		}
		next := fit.loss(a-size*da, b-size*db)
		if !(loss-next > enough) {
			break
		}
		a, b, loss = a-size*da, b-size*db, next
	}
	return a, b
}

// platt is the weighed logistic regression behind FitPlatt.
type platt struct {
	examples            []Example
	high, low           float64 // targets of fakes and of genuine examples
	perFake, perGenuine float64 // weights
}

func (f platt) target(e Example) (target, weight float64) {
	if e.Fake {
		return f.high, f.perFake
	}
	return f.low, f.perGenuine
}

// loss is the cross entropy in nats.
func (f platt) loss(a, b float64) float64 {
	var sum float64
	for _, e := range f.examples {
		target, weight := f.target(e)
		z := a*e.Score + b
		sum += weight * math.Ln2 * (log2of1PlusExp(z) - target*z/math.Ln2)
	}
	return sum
}

// step is Newton's step.
func (f platt) step(a, b float64) (da, db float64) {
	const ridge = 1e-9 // keeps the curvature positive when all logits are equal
	var ga, gb, haa, hab, hbb float64
	for _, e := range f.examples {
		target, weight := f.target(e)
		p := 1 / (1 + math.Exp(-(a*e.Score + b)))
		slope, curve := weight*(p-target), weight*p*(1-p)
		ga, gb = ga+slope*e.Score, gb+slope
		haa, hab, hbb = haa+curve*e.Score*e.Score, hab+curve*e.Score, hbb+curve
	}
	haa, hbb = haa+ridge, hbb+ridge
	det := haa*hbb - hab*hab
	return (hbb*ga - hab*gb) / det, (haa*gb - hab*ga) / det
}
