package progress

import "time"

// windowLength is how far a rate looks back: long enough to be steady, short enough to follow.
const windowLength = 5 * time.Second

// window measures the rate of a counter over the last moments.
type window struct{ samples []sample }

type sample struct {
	at    time.Time
	count int
}

func (w *window) add(at time.Time, count int) {
	w.samples = append(w.samples, sample{at, count})
	for len(w.samples) > 2 && at.Sub(w.samples[0].at) > windowLength {
		w.samples = w.samples[1:]
	}
}

// rate is per second; 0 with fewer than two samples.
func (w *window) rate() float64 {
	if len(w.samples) < 2 {
		return 0
	}
	first, last := w.samples[0], w.samples[len(w.samples)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.count-first.count) / seconds
}
