package tui

import (
	"fmt"
	"math"
	"time"

	"github.com/blendscope/blendscope/score"
)

// percent never reads as certainty: scores lie in [0.01, 0.99]. It is four columns wide.
func percent(p float64) string {
	if math.IsNaN(p) {
		return "  –%"
	}
	return fmt.Sprintf("%3.0f%%", score.WholePercent(p))
}

// exact is a position to the millisecond, clock to the second; fine is the tenth between.
func exact(d time.Duration) string { return clock(d, 3) }

func short(d time.Duration) string { return clock(d, 0) }

func fine(d time.Duration) string { return clock(d, 1) }

func clock(d time.Duration, decimals int) string {
	unit := time.Second / time.Duration(math.Pow10(decimals))
	d = max(0, d).Truncate(unit)
	text := fmt.Sprintf("%02d", int(d.Seconds())%60)
	if decimals > 0 {
		text += fmt.Sprintf(".%0*d", decimals, (d%time.Second)/unit)
	}
	minutes := int(d.Minutes())
	if minutes >= 60 {
		return fmt.Sprintf("%d:%02d:%s", minutes/60, minutes%60, text)
	}
	return fmt.Sprintf("%d:%s", minutes, text)
}

// plural is "1 face", "2 faces".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func stretches(n int) string {
	if n == 1 {
		return "1 stretch to look at"
	}
	return fmt.Sprintf("%d stretches to look at", n)
}
