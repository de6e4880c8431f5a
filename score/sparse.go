package score

import (
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/track"
)

// Where frames follow closely, faces are looked for in some of them only, the anchors. Between two anchors that show the
// same faces in nearly the same places, a face lies on the way from one to the other; where anything changed (a quick
// motion, a cut, a face that came or went) the frames between are looked at as well.
const (
	// Sparse is the name of this method in Settings.Detection; a change that may change an answer changes it.
	Sparse = "interpolated/1"
	// DefaultDetectEvery is how far apart the anchors are, where frames are close enough to choose.
	DefaultDetectEvery = 100 * time.Millisecond
	// detectSlack makes three frames of a clip with 30 frames/s as good as 100 ms, however its container rounds.
	detectSlack = 5 * time.Millisecond
	// mostStretch bounds the frames from one anchor to the next, which are all held in memory.
	mostStretch = 4
	// sameFace is the least overlap (IoU) of the boxes of a face in two anchors between which it held still.
	sameFace = 0.7
)

// Detection names the way faces are found with these settings; empty: in each frame by itself.
func (o Options) Detection() string {
	close := !(o.Sampling.PerSecond > 0) || o.Sampling.PerSecond*DefaultDetectEvery.Seconds() > 1
	if o.DetectEvery < 0 || !close {
		return ""
	}
	return Sparse
}

// glimpse is a frame on its way from detect to cut.
type glimpse struct {
	frame  *frames.Frame
	pts    time.Duration
	faces  []frames.Face
	cut    bool // it starts a new shot
	anchor bool
}

// batch is a run of frames in order.
type batch []glimpse

// release gives back the frames that are still held.
func (b batch) release() {
	for _, one := range b {
		one.frame.Release()
	}
}

// sparse holds the frames that wait for their faces: those after the last anchor, until the next one decides on them.
type sparse struct {
	every   time.Duration // less than 0: every frame is an anchor
	cuts    track.Cuts
	last    *glimpse // the last anchor that was looked at; its frame is somebody else's
	waiting batch
	anchor  time.Duration // when the last anchor was taken
	since   int           // frames taken since, itself included; 0 before the first
}

// take adds a frame and decides whether it is an anchor, by the frames up to it alone: batches must not change answers.
func (s *sparse) take(f *frames.Frame) {
	one := glimpse{frame: f, pts: f.PTS, cut: s.cuts.Next(f.Image)}
	gap := f.PTS - s.anchor
	if s.since == 0 || gap < 0 || gap >= s.every-detectSlack || s.since >= stretch(f.Image) {
		one.anchor, s.anchor, s.since = true, f.PTS, 0
	}
	s.since++
	s.waiting = append(s.waiting, one)
}

// stretch is how many frames of a size may lie between anchors, one of these included.
func stretch(m frames.Image) int {
	return max(1, min(mostStretch, maxBatchBytes/max(1, m.Height*m.Stride)))
}

// ready is how many of the frames that wait can be decided: up to the last anchor, and all of them at the end.
func (s *sparse) ready(ended bool) int {
	n := len(s.waiting)
	for !ended && n > 0 && !s.waiting[n-1].anchor {
		n--
	}
	return n
}

// anchors are the first n waiting frames that are to be looked at whatever they show.
func (s *sparse) anchors(n int) []*glimpse {
	var chosen []*glimpse
	for i := range s.waiting[:n] {
		if s.waiting[i].anchor {
			chosen = append(chosen, &s.waiting[i])
		}
	}
	return chosen
}

// interpolate gives faces to the frames between the anchors, whose faces are known, among the first n. It returns those
// that have to be looked at.
func (s *sparse) interpolate(n int) (unsure []*glimpse) {
	first := 0
	for i := range s.waiting[:n] {
		right := &s.waiting[i]
		if !right.anchor {
			continue
		}
		between := s.waiting[first:i]
		if len(between) > 0 && !fill(between, s.last, right, 2*s.every) {
			unsure = append(unsure, pointers(between)...)
		}
		s.last, first = &glimpse{pts: right.pts, faces: right.faces}, i+1
	}
	return append(unsure, pointers(s.waiting[first:n])...) // the clip ended before the next anchor
}

func pointers(b batch) []*glimpse {
	all := make([]*glimpse, len(b))
	for i := range b {
		all[i] = &b[i]
	}
	return all
}

// hand gives away the first n frames.
func (s *sparse) hand(n int) batch {
	ready := s.waiting[:n:n]
	s.waiting = append(batch(nil), s.waiting[n:]...)
	return ready
}

// fill gives the frames between two anchors faces on the way from left to right, if these show the same ones.
func fill(between batch, left, right *glimpse, longest time.Duration) bool {
	length := right.pts - left.pts
	partners, same := pair(left.faces, right.faces)
	if !same || length <= 0 || length > longest || right.cut {
		return false
	}
	for _, one := range between {
		if one.cut {
			return false
		}
	}
	for i := range between {
		share := float32(between[i].pts-left.pts) / float32(length)
		share = min(max(share, 0), 1) // timestamps may run backwards
		for k, face := range left.faces {
			between[i].faces = append(between[i].faces, blend(face, right.faces[partners[k]], share))
		}
	}
	return true
}

// pair finds for every face of a the same face of b, in nearly the same place. same is false unless every face of both
// has one partner.
func pair(a, b []frames.Face) (partners []int, same bool) {
	if len(a) != len(b) {
		return nil, false
	}
	taken := make([]bool, len(b))
	for _, face := range a {
		best := -1
		for k := range b {
			if !taken[k] && face.Box.IoU(b[k].Box) >= sameFace && (best < 0 || face.Box.IoU(b[k].Box) > face.Box.IoU(b[best].Box)) {
				best = k
			}
		}
		if best < 0 {
			return nil, false
		}
		taken[best] = true
		partners = append(partners, best)
	}
	return partners, true
}

// blend is the face that lies at a share from a, 0, to b, 1.
func blend(a, b frames.Face, share float32) frames.Face {
	mix := func(from, to float32) float32 { return from + share*(to-from) }
	f := frames.Face{
		Box:   frames.Box{X: mix(a.Box.X, b.Box.X), Y: mix(a.Box.Y, b.Box.Y), W: mix(a.Box.W, b.Box.W), H: mix(a.Box.H, b.Box.H)},
		Score: mix(a.Score, b.Score),
	}
	for i := range f.Landmarks {
		f.Landmarks[i] = frames.Point{X: mix(a.Landmarks[i].X, b.Landmarks[i].X), Y: mix(a.Landmarks[i].Y, b.Landmarks[i].Y)}
	}
	return f
}
