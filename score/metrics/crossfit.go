package metrics

import "math"

// mostFolds bounds how many fits CrossFit makes; with more groups than that, several are left out at once.
const mostFolds = 100

// CrossFit calibrates every logit with a fit that has not seen its group: it tells what a refit would be worth on new
// material. Example.Score is the raw pooled logit, in the answer the probability. It is nil when one of the fits lacks
// examples of a class. folds is how many fits were made.
func CrossFit(logits []Example, prior float64) (calibrated []Example, folds int) {
	groups := grouped(logits)
	folds = min(len(groups), mostFolds)
	for fold := range folds {
		var seen, unseen []Example
		for i, group := range groups {
			if i%folds == fold {
				unseen = append(unseen, group...)
			} else {
				seen = append(seen, group...)
			}
		}
		a, b := FitPlatt(seen, prior)
		if math.IsNaN(a) || math.IsNaN(b) {
			return nil, folds
		}
		for _, e := range unseen {
			e.Score = 1 / (1 + math.Exp(-(a*e.Score + b)))
			calibrated = append(calibrated, e)
		}
	}
	return calibrated, folds
}
