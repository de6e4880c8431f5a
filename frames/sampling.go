package frames

import (
	"math"
	"time"
)

// Sampling says which frames of a clip are scored. The zero value is every frame.
type Sampling struct {
	PerSecond float64 // frames per second of presentation time; 0 or less means every frame
}

// timestampSlack covers how far a container may round a timestamp down, with some to spare: Matroska and FLV store whole
// milliseconds.
const timestampSlack = 1500 * time.Microsecond

// Sampler applies a Sampling to one clip. Presentation time is divided into slots of 1/PerSecond seconds and the first
// frame of each slot is taken, so that a variable frame rate is followed and a pause is not filled up. The very first
// frame is always taken, and every frame is where the clip is slower than the sampling. Not safe for concurrent use.
type Sampler struct {
	perSecond float64
	slot      float64
	started   bool
}

// Sampler returns the state for sampling one clip.
func (s Sampling) Sampler() *Sampler {
	return &Sampler{perSecond: s.PerSecond}
}

// Take reports whether the frame shown at pts is wanted. It is asked once per frame, in presentation order.
func (s *Sampler) Take(pts time.Duration) bool {
	if !(s.perSecond > 0) { // NaN is every frame, too
		return true
	}
	slot := math.Floor((pts + timestampSlack).Seconds() * s.perSecond)
	if s.started && slot <= s.slot {
		return false
	}
	s.slot, s.started = slot, true
	return true
}
