package chart

import (
	"math"
	"slices"
	"testing"
)

func TestSummariseKeepsThePeaks(t *testing.T) {
	var points []Point
	for i := range 1000 {
		points = append(points, Point{float64(i), 0.2})
	}
	points[617].Y, points[618].Y = 0.9, 0.1
	list := Summarise(points, 0, 1000, 50)
	if len(list) != 50 {
		t.Fatalf("%d stretches, want 50", len(list))
	}
	if s := list[30]; s.High != 0.9 || s.Low != 0.1 || s.X != 610 || math.Abs(s.Mean-0.23) > 1e-9 {
		t.Errorf("stretch %+v", s)
	}
	if got := Summarise(points[:20], 0, 1000, 50); len(got) != 1 {
		t.Errorf("%d stretches with points, want 1", len(got))
	}
	if Summarise(points, 5, 5, 50) != nil {
		t.Error("stretches of no length")
	}
}

func TestRunsPartAtGaps(t *testing.T) {
	runs := Runs([]float64{1, 2, 3, 7, 8, 20}, func(v float64) float64 { return v }, 2)
	var lengths []int
	for _, r := range runs {
		lengths = append(lengths, len(r))
	}
	if !slices.Equal(lengths, []int{3, 2, 1}) {
		t.Errorf("runs %v", runs)
	}
	if Runs([]float64{}, func(v float64) float64 { return v }, 1) != nil {
		t.Error("a run of nothing")
	}
}

func TestTicksAreRound(t *testing.T) {
	for span, want := range map[[2]int64][]int64{
		{0, 0}:           {0},
		{0, 4000}:        {0, 1000, 2000, 3000, 4000},
		{0, 100_000}:     {0, 30_000, 60_000, 90_000},
		{17_600, 41_000}: {20_000, 25_000, 30_000, 35_000, 40_000},
		{1300, 1400}:     {1300, 1320, 1340, 1360, 1380, 1400},
	} {
		if got := Ticks(span[0], span[1], 5); !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", span, got, want)
		}
	}
	if n := len(Ticks(0, math.MaxInt64/4, 5)); n > 6 {
		t.Errorf("%d ticks", n)
	}
}

func TestCoordinates(t *testing.T) {
	if got := Points([]Point{{1.04, -0.04}, {2, 3.25}}); got != "1,0 2,3.3" {
		t.Errorf("got %q", got)
	}
	for share, want := range map[float64]string{0.12345: "12.35%", -1: "0%", 7: "100%", math.NaN(): "0%"} {
		if got := Percent(share); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
	if w := NewWhisker(0.5, math.NaN(), 1); w.Width != "" || w.At != "50" {
		t.Errorf("whisker %+v", w)
	}
}
