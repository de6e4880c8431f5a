package opencv

import (
	"math"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name      string
		positions []float64 // milliseconds, as OpenCV gives them
		want      []time.Duration
	}{
		{"plain", []float64{0, 40, 80}, []time.Duration{0, 40 * ms, 80 * ms}},
		{"starts late", []float64{5000, 5040, 5080}, []time.Duration{0, 40 * ms, 80 * ms}},
		{"starts with a decoding time", []float64{-80, 40, 80}, []time.Duration{0, 40 * ms, 80 * ms}},
		{"goes back", []float64{0, 80, 40, 120}, []time.Duration{0, 80 * ms, 80 * ms, 120 * ms}},
		{"no times at all", []float64{0, 0, 0}, []time.Duration{0, 50 * ms, 100 * ms}},
		{"none at the end", []float64{0, 200, 400, 0, 0}, []time.Duration{0, 200 * ms, 400 * ms, 600 * ms, 800 * ms}},
		{"none after a pause", []float64{0, 60000, 0}, []time.Duration{0, 60000 * ms, 61000 * ms}},
		{"nonsense", []float64{math.NaN(), math.Inf(1), 1e300}, []time.Duration{0, 50 * ms, 100 * ms}},
	} {
		clock := clock{step: 50 * ms}
		for i, position := range c.positions {
			if got := clock.at(i, position); got != c.want[i] {
				t.Errorf("%s: frame %d at %v, want %v", c.name, i, got, c.want[i])
			}
		}
	}
}
