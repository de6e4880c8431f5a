package record

import (
	"cmp"
	"slices"
	"time"

	"github.com/blendscope/blendscope/score"
)

// Track is what is known of a track.
type Track struct {
	ID          int
	First, Last time.Duration
	Faces       int
	Score       float64 // of the result; before, the highest so far
	Final       bool
	Peak        time.Duration // of its highest score
}

// Tracks are all tracks in order of their numbers. While the clip is scored the numbers are provisional.
func (r *Record) Tracks() []Track {
	var all []Track
	if r.result != nil {
		for _, t := range r.result.Tracks {
			track := Track{ID: t.ID, First: ms(t.FirstMS), Last: ms(t.LastMS), Faces: t.Faces, Score: t.Score, Final: true, Peak: ms(t.FirstMS)}
			if len(t.Evidence) > 0 {
				track.Peak = ms(t.Evidence[0].TMS)
			}
			all = append(all, track)
		}
		return all
	}
	for id, s := range r.series {
		if id != 0 {
			all = append(all, s.track(id))
		}
	}
	slices.SortFunc(all, func(a, b Track) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func ms(v int64) time.Duration { return time.Duration(v) * time.Millisecond }

// track sums a series up.
func (s *series) track(id int) Track {
	first, last := s.points[0], s.points[len(s.points)-1]
	return Track{ID: id, First: first.at, Last: last.at, Faces: len(s.points), Score: s.peak.score, Peak: s.peak.at}
}

// Segments are the result's, in order of time.
func (r *Record) Segments() []score.Segment {
	if r.result == nil {
		return nil
	}
	return slices.SortedStableFunc(slices.Values(r.result.Segments), func(a, b score.Segment) int { return cmp.Compare(a.StartMS, b.StartMS) })
}

// Cuts are the times at which every face that is followed changes at once, from one scored frame to the next: tracks never
// go on past a cut between shots. A face that was lost and found again in its place is no cut.
func (r *Record) Cuts() []time.Duration { return r.cuts }

func (r *Record) cut(before, now moment) bool {
	return len(before.faces) > 0 && len(now.faces) > 0 && !goesOn(before.faces, now.faces) && now.at-before.at <= 2*r.Step()
}

func goesOn(a, b []Face) bool {
	return slices.ContainsFunc(a, func(f Face) bool {
		return slices.ContainsFunc(b, func(g Face) bool { return g.Track == f.Track || g.Box.IoU(f.Box) > 0.3 })
	})
}

// Worst is the moment with the highest score; of one track, or of all for track 0. ok is false when there is none.
func (r *Record) Worst(track int) (at time.Duration, ok bool) {
	highest := -1.0
	for _, t := range r.Tracks() {
		if (track == 0 || t.ID == track) && t.Score > highest {
			highest, at, ok = t.Score, t.Peak, true
		}
	}
	return at, ok
}

// Next is the start of the first stretch worth looking at after t, or of the last before it if back is set. Stretches are
// the result's segments; where there are none, the best evidence of each track.
func (r *Record) Next(t time.Duration, back bool) (at time.Duration, ok bool) {
	return near(r.starts(), t, back)
}

func (r *Record) starts() []time.Duration {
	var starts []time.Duration
	for _, s := range r.Segments() {
		starts = append(starts, ms(s.StartMS))
	}
	if len(starts) == 0 {
		for _, t := range r.Tracks() {
			starts = append(starts, t.Peak)
		}
		slices.Sort(starts)
	}
	return starts
}

// near is the first time after t, or the last before it. A little before does not count, so that going back twice while
// playing goes back twice.
func near(times []time.Duration, t time.Duration, back bool) (time.Duration, bool) {
	const little = 300 * time.Millisecond
	if !back {
		for _, s := range times {
			if s > t+time.Millisecond {
				return s, true
			}
		}
		return 0, false
	}
	for _, s := range slices.Backward(times) {
		if s < t-little {
			return s, true
		}
	}
	return 0, false
}
