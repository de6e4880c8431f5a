package opencv

import (
	"math"
	"time"
)

// mostHours bounds timestamps: what lies beyond is a missing start time, not a long film.
const mostHours = 1000 * time.Hour

// mostStep bounds the time guessed between two frames, so that one long pause does not stretch the frames after it.
const mostStep = time.Second

// clock turns OpenCV's frame positions into presentation times: from 0 at the first frame, never decreasing. It guesses
// where there is no position, from the step between the frames before: OpenCV 4.6 has none for the frames that come out
// of the decoder after the file was read to its end, and some containers have none at all.
type clock struct {
	step  time.Duration // time to the next frame, as far as known
	first time.Duration
	last  time.Duration
}

// at gives the time of a frame whose position OpenCV reports, in milliseconds. The first frame's position is negative
// where OpenCV takes a decoding time for a presentation time; a later one is 0 where there is none.
func (c *clock) at(index int, position float64) time.Duration {
	t, known := milliseconds(position)
	if index == 0 {
		c.first = max(0, t)
		return 0
	}
	if t -= c.first; !known || position <= 0 {
		t = c.last + c.step
	} else if t > c.last {
		c.step = min(t-c.last, mostStep)
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
