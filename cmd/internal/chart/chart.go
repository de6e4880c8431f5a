// Package chart has what the charts of all pages share: coordinates, lines of bounded length, and estimates with their
// interval. The pages' templates draw them as inline SVG.
package chart

import (
	"math"
	"strconv"
	"strings"
)

// Unit writes a coordinate: a tenth of a unit is finer than any screen.
func Unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64) }

// Percent writes a position on a chart that stretches with the page; share is in [0, 1], and kept there.
func Percent(share float64) string {
	if math.IsNaN(share) {
		share = 0
	}
	return strconv.FormatFloat(math.Round(1e4*min(1, max(0, share)))/100, 'f', -1, 64) + "%"
}

// Point is a place on a chart.
type Point struct{ X, Y float64 }

// Points writes the attribute of a polyline or polygon.
func Points(list []Point) string {
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Unit(p.X) + "," + Unit(p.Y))
	}
	return b.String()
}

// Whisker is a value with its interval on a line from 0 to 100.
type Whisker struct{ Low, Width, At string }

// NewWhisker takes values in [0, 1]. Without an interval, low or high is NaN.
func NewWhisker(value, low, high float64) *Whisker {
	w := &Whisker{At: Unit(100 * value)}
	if !math.IsNaN(low) && !math.IsNaN(high) {
		w.Low, w.Width = Unit(100*low), Unit(100*(high-low))
	}
	return w
}
