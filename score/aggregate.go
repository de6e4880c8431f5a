package score

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// findings are what the aggregator says of a clip.
type findings struct {
	outcome  Outcome
	tracks   []Track
	segments []Segment
	timeline []Moment
	quality  Quality
}

// aggregate turns the scored faces of a clip into the verdict. It works in logits throughout; the calibration is applied
// to what is shown. In the order of the code:
//
//  1. Faces are grouped by track; tracks that are a detector's slips are dropped (track.Summary.Kept).
//  2. Faces that do not count (quality below the usable line, no finite score) keep their place but lend no weight.
//  3. Per track the logits are weighed by quality and time, smoothed for the timeline, and condensed to beats.
//  4. A track is read as its whole, or as its strongest stretch where that stands out (series.read).
//  5. The clip is read as the soft maximum of its tracks, each held against the others, else as the mean of all (lead).
//  6. Segments are the stretches that stand out of their track, and those of tracks that are strong as a whole
//     (series.segments).
//  7. The interval comes from a block bootstrap (reading.interval), the status from Rules.
//
// It fails with errBadScores when there are faces but not one finite score, or when the calibration is not finite.
func aggregate(r *record, o Options) (findings, error) {
	c := calibration{o.Calibration}
	if finite(c.A) != c.A || finite(c.B) != c.B {
		return findings{}, fmt.Errorf("%w: calibration %v, %v", errBadScores, c.A, c.B)
	}
	all, number := split(r)
	f := findings{tracks: []Track{}, segments: []Segment{}}
	f.quality = qualityOf(r, number)
	if len(all) == 0 {
		f.outcome = Outcome{Status: NotApplicable, Wording: wording(English, NotApplicable, "", NoFace), Reasons: []Reason{NoFace}}
		if o.Timeline {
			f.timeline = timeline(r, all, number, c)
		}
		return f, nil
	}
	var scored, leading []*series
	var readings []reading
	for _, s := range all {
		s.prepare(r)
		if len(s.beats) == 0 {
			continue
		}
		scored = append(scored, s)
		one := s.read(c.neutral())
		shown := s.shown(r, c, one)
		f.tracks = append(f.tracks, shown)
		if s.usable == 0 {
			continue
		}
		leading = append(leading, s)
		readings = append(readings, one)
		f.segments = append(f.segments, s.segments(r, c)...)
	}
	if len(scored) == 0 {
		return f, errBadScores
	}
	f.outcome = judge(r, leading, readings, f.quality, c)
	if o.Timeline {
		f.timeline = timeline(r, all, number, c)
	}
	f.trim()
	return f, nil
}

// shown is the track as it appears in the result.
func (s *series) shown(r *record, c calibration, one reading) Track {
	lo, hi := one.interval()
	sizes := make([]float64, len(s.counted))
	for i, k := range s.counted {
		sizes[i] = r.faces[s.seen[k].face].px()
	}
	return Track{
		ID:           s.id,
		FirstMS:      s.seen[0].at.Milliseconds(),
		LastMS:       s.seen[len(s.seen)-1].at.Milliseconds(),
		Faces:        len(s.counted),
		Score:        c.score(one.logit),
		Interval:     c.interval(lo, hi),
		MedianFacePx: round(median(sizes), 1),
		Evidence:     s.best(r, c),
	}
}

// best lists the moments that speak most for a manipulation, not too close to each other: the seconds with the highest
// smoothed score, each by its strongest face.
func (s *series) best(r *record, c calibration) []BestFrame {
	best := []BestFrame{}
	var chosen []time.Duration
	for range maxEvidence {
		k := s.strongest(chosen)
		if k < 0 {
			break
		}
		if hot := s.hottest(r, k); !s.near(hot, chosen) {
			k = hot
		}
		chosen = append(chosen, s.seen[k].at)
		best = append(best, s.frame(r, c, k))
	}
	slices.SortStableFunc(best, func(a, b BestFrame) int { return cmp.Compare(b.Score, a.Score) })
	return best
}

// hottest is the index in seen of the face whose map was kept of the second in which face k was seen; k itself when none
// was.
func (s *series) hottest(r *record, k int) int {
	g := s.seen[k]
	spot, ok := r.heat[keyOf(r.faces[g.face].track, g.at)]
	if !ok {
		return k
	}
	i, found := slices.BinarySearchFunc(s.seen, spot.face, func(g sighting, face int) int { return cmp.Compare(g.face, face) })
	if !found {
		return k
	}
	return i
}

// frame is face k as it appears among the evidence.
func (s *series) frame(r *record, c calibration, k int) BestFrame {
	g := s.seen[k]
	face := r.faces[g.face]
	score := c.score(s.smoothed[k])
	f := BestFrame{TMS: g.at.Milliseconds(), Frame: r.frames[g.frame].index, Score: score, Box: face.shown(s.id, score).Box}
	if spot, ok := r.heat[keyOf(face.track, g.at)]; ok && spot.face == g.face {
		f.Map = spot.shown(r.crop)
	}
	return f
}

// near reports whether face k of seen is close to one of the moments.
func (s *series) near(k int, moments []time.Duration) bool {
	return slices.ContainsFunc(moments, func(other time.Duration) bool { return (s.seen[k].at - other).Abs() < evidenceApart })
}

// strongest is the index in seen of the counted face with the highest smoothed score that is not close to the moments
// given; -1 when there is none.
func (s *series) strongest(not []time.Duration) int {
	best := -1
	for _, k := range s.counted {
		if best >= 0 && s.smoothed[k] <= s.smoothed[best] {
			continue
		}
		if !s.near(k, not) {
			best = k
		}
	}
	return best
}

// trim bounds what is listed, keeping the tracks with most faces, and puts segments in order of time.
func (f *findings) trim() {
	slices.SortStableFunc(f.segments, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.Track, b.Track))
	})
	if len(f.segments) > maxSegments {
		f.segments = f.segments[:maxSegments]
	}
	if len(f.tracks) > maxTracks {
		slices.SortStableFunc(f.tracks, func(a, b Track) int { return cmp.Compare(b.Faces, a.Faces) })
		f.tracks = f.tracks[:maxTracks]
		slices.SortFunc(f.tracks, func(a, b Track) int { return cmp.Compare(a.ID, b.ID) })
		f.outcome.Reasons = append(f.outcome.Reasons, FacesLeftOut)
	}
}

// timeline lists every scored frame with its faces. A face without a finite score and without a scored neighbour is not
// listed; a face of a dropped track has its own score and track 0.
func timeline(r *record, all []*series, number []int, c calibration) []Moment {
	smoothed := make([]float64, len(r.faces))
	for i, face := range r.faces {
		smoothed[i] = float64(face.logit)
	}
	for _, s := range all {
		for i, v := range s.smoothed {
			smoothed[s.seen[i].face] = v
		}
	}
	moments := make([]Moment, len(r.frames))
	faces := make([]MomentFace, 0, len(r.faces)) // of all moments
	logits := make([]float64, len(r.faces))      // of all faces, so that each is no allocation of its own
	start := 0
	for i, f := range r.frames {
		first := len(faces)
		for k := start; k < f.end; k++ {
			if v := smoothed[k]; v == v {
				face := r.faces[k].shown(number[r.faces[k].track], c.score(v))
				if r.faces[k].scored() {
					logits[k] = round(float64(r.faces[k].logit), 4)
					face.Logit = &logits[k]
				}
				faces = append(faces, face)
			}
		}
		moments[i] = Moment{TMS: f.pts.Milliseconds(), Frame: f.index, Faces: faces[first:len(faces):len(faces)]}
		start = f.end
	}
	return moments
}

// shown is the face as it appears in a moment.
func (f faceRecord) shown(track int, score float64) MomentFace {
	face := MomentFace{Track: track, Score: score, Quality: round(float64(f.quality), 3)}
	for i, v := range f.box {
		face.Box[i] = round(float64(v), 1)
	}
	return face
}
