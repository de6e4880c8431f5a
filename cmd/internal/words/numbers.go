package words

import (
	"fmt"
	"math"
	"time"

	"golang.org/x/text/number"

	"github.com/blendscope/blendscope/score"
)

// Integer groups digits as the language does.
func (w *Words) Integer(n int64) string { return w.printer.Sprint(number.Decimal(n)) }

// Number has at most so many decimals.
func (w *Words) Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return w.printer.Sprint(number.Decimal(v, number.MaxFractionDigits(decimals)))
}

// Percent writes a share in [0, 1] as a whole percentage.
func (w *Words) Percent(share float64) string { return w.percent(share, 0) }

// Score writes a score, or an end of its interval, as a whole percentage of the same band.
func (w *Words) Score(p float64) string { return w.Percent(score.WholePercent(p) / 100) }

// Percent1 has one decimal where that matters: below 10 %.
func (w *Words) Percent1(share float64) string {
	if share >= 0.1 {
		return w.percent(share, 0)
	}
	return w.percent(share, 1)
}

func (w *Words) percent(share float64, decimals int) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "–"
	}
	return w.printer.Sprint(number.Percent(share, number.MaxFractionDigits(decimals)))
}

// Bytes is a file's size with the unit that suits it.
func (w *Words) Bytes(n int64) string {
	units := []string{"unit.bytes", "unit.kb", "unit.mb", "unit.gb", "unit.tb"}
	v, i := float64(n), 0
	for v >= 1000 && i+1 < len(units) {
		v, i = v/1000, i+1
	}
	decimals := 0
	if i > 0 && v < 100 {
		decimals = 1
	}
	return w.Say(units[i], "n", w.Number(v, decimals))
}

// Clock is a position in a clip to a tenth of a second: 0:03.4 or 1:02:03.4.
func (w *Words) Clock(ms int64) string { return w.clock(ms, 1) }

// ExactClock is a position to the millisecond.
func (w *Words) ExactClock(ms int64) string { return w.clock(ms, 3) }

// ShortClock is a position to the second.
func (w *Words) ShortClock(ms int64) string { return w.clock(ms, 0) }

func (w *Words) clock(ms int64, decimals int) string {
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	step := int64(math.Pow10(3 - decimals))
	ms = (ms + step/2) / step * step
	d := time.Duration(ms) * time.Millisecond
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	seconds := fmt.Sprintf("%02d", ms/1000%60)
	if decimals > 0 {
		point := w.Say("unit.point")
		seconds += point + fmt.Sprintf("%0*d", decimals, ms%1000/step)
	}
	if hours > 0 {
		return fmt.Sprintf("%s%d:%02d:%s", sign, hours, minutes, seconds)
	}
	return fmt.Sprintf("%s%d:%s", sign, minutes, seconds)
}

// Moment is a point in time that reads the same everywhere.
func (w *Words) Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
