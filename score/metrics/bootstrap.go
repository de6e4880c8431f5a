package metrics

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
)

// Estimate is a figure with its 95 % interval.
type Estimate struct {
	Value float64
	Low   float64
	High  float64
}

// Bootstrap is the interval of any figure: whole groups are drawn with replacement, times times, and the figure is
// computed of each draw; the interval holds the middle 95 % of the finite answers. The draws depend on seed alone.
//
// Groups, not examples, are drawn because clips of one person or one source rise and fall together: intervals from single
// examples are too narrow. With fewer than two groups, or too few usable draws, Low and High are NaN.
func Bootstrap(examples []Example, figure func([]Example) float64, times int, seed uint64) Estimate {
	figures := func(of []Example) []float64 { return []float64{figure(of)} }
	return BootstrapAll(examples, figures, times, seed)[0]
}

// BootstrapAll is Bootstrap of several figures that share the draws. figures answers with equally many numbers each time.
func BootstrapAll(examples []Example, figures func([]Example) []float64, times int, seed uint64) []Estimate {
	values := figures(examples)
	draws := make([][]float64, len(values))
	for sample := range resamples(examples, times, seed) {
		for i, v := range figures(sample) {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				draws[i] = append(draws[i], v)
			}
		}
	}
	estimates := make([]Estimate, len(values))
	for i, v := range values {
		estimates[i] = middle(v, draws[i], (times+1)/2)
	}
	return estimates
}

// resamples gives the draws: as many groups as there are, with replacement. There are none of fewer than two groups. A
// draw is valid until the next one, and sorted by score, which spares each figure of each draw the sorting.
func resamples(examples []Example, times int, seed uint64) iter.Seq[[]Example] {
	return func(yield func([]Example) bool) {
		sorted := byScore(examples)
		groups, of := grouping(sorted)
		if groups < 2 {
			return
		}
		random := rand.New(rand.NewPCG(seed, uint64(groups)))
		sample, copies := make([]Example, 0, len(sorted)), make([]int, groups)
		for range times {
			clear(copies)
			for range groups {
				copies[random.IntN(groups)]++
			}
			sample = sample[:0]
			for i, e := range sorted {
				for range copies[of[i]] {
					sample = append(sample, e)
				}
			}
			if !yield(sample) {
				return
			}
		}
	}
}

// middle is the interval that holds the middle 95 % of the draws, unless there are fewer than least.
func middle(value float64, draws []float64, least int) Estimate {
	if len(draws) == 0 || len(draws) < least {
		return Estimate{value, math.NaN(), math.NaN()}
	}
	slices.Sort(draws)
	return Estimate{value, quantile(draws, 0.025), quantile(draws, 0.975)}
}

// grouped splits examples by group, in order of first appearance.
func grouped(examples []Example) [][]Example {
	n, of := grouping(examples)
	groups := make([][]Example, n)
	for i, e := range examples {
		groups[of[i]] = append(groups[of[i]], e)
	}
	return groups
}

// grouping numbers the groups in order of first appearance: how many there are, and that of each example.
func grouping(examples []Example) (groups int, of []int) {
	of = make([]int, len(examples))
	numbers := make(map[string]int)
	for i, e := range examples {
		number, known := numbers[e.Group]
		if !known || e.Group == "" { // without a name: a group of its own
			number = groups
			numbers[e.Group] = number
			groups++
		}
		of[i] = number
	}
	return groups, of
}

// quantile interpolates between the two nearest of sorted numbers.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
