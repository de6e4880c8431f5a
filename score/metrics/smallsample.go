package metrics

import "math"

// z is the 97.5 % quantile of the normal distribution.
const z = 1.959964

// ShareInterval is Wilson's 95 % interval (1927) for a share seen in n independent cases. Unlike a bootstrap it is not
// empty when the share is 0 or 1: of three fakes that were all found, the next may be missed.
func ShareInterval(share float64, n int) Estimate {
	if n < 1 || math.IsNaN(share) {
		return Estimate{share, math.NaN(), math.NaN()}
	}
	cases := float64(n)
	centre := share + z*z/(2*cases)
	spread := z * math.Sqrt(share*(1-share)/cases+z*z/(4*cases*cases))
	scale := 1 + z*z/cases
	return Estimate{share, max(0, (centre-spread)/scale), min(1, (centre+spread)/scale)}
}

// AUCInterval is Newcombe's 95 % interval (2006, method 5) for an AUC seen in so many independent fakes and genuine
// examples: Hanley and McNeil's variance, taken at the ends of the interval. It is not empty at 0 or 1.
func AUCInterval(auc float64, fakes, genuine int) Estimate {
	if fakes < 1 || genuine < 1 || math.IsNaN(auc) {
		return Estimate{auc, math.NaN(), math.NaN()}
	}
	m, n := float64(fakes), float64(genuine)
	inside := func(t float64) bool {
		more := (m+n)/2 - 1
		variance := t * (1 - t) * (1 + more*(1-t)/(2-t) + more*t/(1+t)) / (m * n)
		return math.Abs(t-auc) <= z*math.Sqrt(variance)
	}
	return Estimate{auc, border(auc, 0, inside), border(auc, 1, inside)}
}

// border is where inside ends on the way from a point within to one that may be outside.
func border(within, outside float64, inside func(float64) bool) float64 {
	for range 50 {
		if between := (within + outside) / 2; inside(between) {
			within = between
		} else {
			outside = between
		}
	}
	return within
}
