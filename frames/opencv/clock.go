package opencv

import (
	"math"
	"time"
)

// mostHours bounds timestamps: what lies beyond is a missing start time, not a long film.
const mostHours = 1000 * time.Hour

// clock turns OpenCV's frame positions into presentation times: from 0 at the first frame, never decreasing.
type clock struct {
	interval time.Duration // nominal time between frames, used where the container gives no timestamps
	first    time.Duration
	last     time.Duration
}

// at gives the time of a frame whose position OpenCV reports, in milliseconds. The first frame's position may be negative
// where OpenCV takes its decoding time for a presentation time of 0; later ones are 0 where there is no timestamp.
func (c *clock) at(index int, position float64) time.Duration {
	t, known := milliseconds(position)
	switch {
	case index == 0:
		c.first = max(0, t)
		t = 0
	case known && position > 0:
		t -= c.first
	default:
		t = time.Duration(index) * c.interval
	}
	c.last = max(c.last, t)
	return c.last
}

func milliseconds(v float64) (time.Duration, bool) {
	if math.IsNaN(v) || math.Abs(v) > float64(mostHours/time.Millisecond) {
		return 0, false
	}
	return time.Duration(math.Round(v * float64(time.Millisecond))), true
}

// interval is the nominal time between frames, 40 ms where the rate is unknown.
func interval(fps float64) time.Duration {
	if fps <= 0 {
		fps = 25
	}
	return time.Duration(float64(time.Second) / fps)
}
