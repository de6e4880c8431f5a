package chart

import "math"

// Summary is a stretch of a series: its middle, and the lowest, mean and highest value in it.
type Summary struct{ X, Low, Mean, High float64 }

// Summarise divides the range [from, to] into equal stretches and sums up the points in each; stretches without any are
// left out. No peak is lost: the highest value of the series is the highest of some stretch. Points are in order of X.
func Summarise(points []Point, from, to float64, stretches int) []Summary {
	width := (to - from) / float64(max(1, stretches))
	if width <= 0 {
		return nil
	}
	var list []Summary
	last, n := -1, 0.0
	for _, p := range points {
		place := min(stretches-1, max(0, int((p.X-from)/width)))
		if place != last {
			list = append(list, Summary{X: from + (float64(place)+0.5)*width, Low: math.Inf(1), High: math.Inf(-1)})
			last, n = place, 0
		}
		s := &list[len(list)-1]
		n++
		s.Low, s.High, s.Mean = min(s.Low, p.Y), max(s.High, p.Y), s.Mean+(p.Y-s.Mean)/n
	}
	return list
}

// Runs parts a series where neighbours are farther than gap apart: a line across would claim what nobody measured.
func Runs[T any](list []T, x func(T) float64, gap float64) [][]T {
	var runs [][]T
	start := 0
	for i := range list {
		if i > 0 && x(list[i])-x(list[i-1]) > gap {
			runs = append(runs, list[start:i])
			start = i
		}
	}
	if start < len(list) {
		runs = append(runs, list[start:])
	}
	return runs
}

// Ticks are round numbers of milliseconds between from and to, with at most so many steps between them.
func Ticks(from, to int64, most int) []int64 {
	span := max(0, to-from)
	step := int64(1)
	for _, s := range []int64{2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000} {
		if span/step <= int64(most) {
			break
		}
		step = s
	}
	for span/step > int64(most) {
		step *= 2
	}
	var ticks []int64
	for t := (from + step - 1) / step * step; t <= to; t += step {
		ticks = append(ticks, t)
	}
	return ticks
}
