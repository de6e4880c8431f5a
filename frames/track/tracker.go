package track

import (
	"cmp"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// How faces are followed.
const (
	// MaxFaces is the most faces of one frame that are followed, the largest first: a crowd must not explode the cost.
	MaxFaces = 64
	// MaxTracks is the most tracks of one clip. Faces after that are not followed: memory stays bounded whatever the input.
	MaxTracks = 1 << 16
	// maxGap is how long a face may go unseen (turned away, hidden) and still be the same track. A face missed by no
	// frame in between may be longer ago: sparse sampling.
	maxGap = 1500 * time.Millisecond
	// stranger is the surprise (motion.surprise) from which a face is somebody new: half a million times less likely than the
	// best one.
	stranger = 13.0
	// doubt is how much less another track must expect a face: people who meet are told apart seven to one, or not at all.
	doubt = 2.0
)

// A track is kept when it was seen often enough, or clearly enough: a detector's false faces flash up weakly.
const (
	minHits    = 3
	clearScore = 0.75 // mean detector score
)

// Link ties one face of a frame to its track.
type Link struct {
	ID  int           // from 1 in order of appearance; 0 for a face beyond MaxFaces or MaxTracks, without a sensible box, or Unclear
	Age time.Duration // since the track was first seen
	// Unclear says that the face may as well be of one as of another track: where people meet, no track is better than the
	// wrong one. It lasts until they part, at most a second and a half: then new tracks begin.
	Unclear bool
}

// Summary is what is known of one track at the end.
type Summary struct {
	ID          int
	Hits        int // faces linked
	First, Last time.Duration
	MeanScore   float64 // of the detector
}

// Kept reports whether a track is a face rather than a detector's slip. scored is the number of frames examined: where
// there were only one or two, a face cannot be seen three times.
func (s Summary) Kept(scored int) bool {
	return s.Hits >= min(minHits, scored) || s.MeanScore >= clearScore
}

// Tracker links the faces of consecutive frames. The zero value is ready. It is not safe for concurrent use.
type Tracker struct {
	active    []*motion
	summaries []Summary
	previous  time.Duration
}

// seenFace is a face of the frame at hand.
type seenFace struct {
	frames.Face
	look   look
	looked bool
}

// Update links the faces of the next frame. pts must not decrease. cut says that the frame starts a new shot: no track
// goes on over it. picture is the frame, or empty when only the boxes are known. The answer has one link per face.
func (t *Tracker) Update(pts time.Duration, cut bool, picture frames.Image, found []frames.Face) []Link {
	faces := make([]seenFace, len(found))
	for i, face := range found {
		faces[i].Face = face
	}
	if cut {
		t.active = t.active[:0]
	}
	// A track seen in the very last frame may go on however long ago that was.
	t.active = slices.DeleteFunc(t.active, func(m *motion) bool {
		return m.seen != t.previous && pts-m.seen > maxGap
	})

	links := make([]Link, len(faces))
	chosen := followable(found)
	for _, k := range chosen {
		faces[k].look, faces[k].looked = lookOf(picture, faces[k].Box)
	}
	costs := t.costs(pts, faces, chosen)
	t.previous = pts
	taken := make([]bool, len(chosen))
	pairs := Assign(costs)
	for row, column := range pairs {
		if column < 0 || costs[row][column] >= stranger {
			continue
		}
		taken[column] = true
		k := chosen[column]
		if contested(costs, pairs, row) {
			links[k].Unclear = true
			continue
		}
		t.active[row].follow(pts, &faces[k])
		links[k] = t.count(t.active[row].id, pts, faces[k].Face)
	}
	for column, k := range chosen {
		if !taken[column] {
			links[k] = t.start(pts, &faces[k])
		}
	}
	return links
}

// contested reports whether another track might as well have the face of a row, and that row's track the other's face or none.
func contested(costs [][]float64, pairs []int, row int) bool {
	cost := func(row, column int) float64 {
		if column < 0 {
			return stranger
		}
		return costs[row][column]
	}
	mine := pairs[row]
	for other, theirs := range pairs {
		if other == row || costs[other][mine] >= stranger {
			continue
		}
		if cost(row, theirs)+cost(other, mine)-cost(row, mine)-cost(other, theirs) < doubt {
			return true
		}
	}
	return false
}

// Tracks lists every track so far, also those that ended, in order of appearance: track ID n is entry n-1.
func (t *Tracker) Tracks() []Summary { return t.summaries }

// costs has a row per track and a column per face. None is above stranger: a bad pair is no better than none, so that nobody
// is pushed onto a stranger for the sake of one more pair.
func (t *Tracker) costs(pts time.Duration, faces []seenFace, chosen []int) [][]float64 {
	costs := make([][]float64, len(t.active))
	for i, m := range t.active {
		costs[i] = make([]float64, len(chosen))
		dt := min(pts-m.seen, maxGap).Seconds()
		expected := m.after(dt)
		for j, k := range chosen {
			costs[i][j] = min(stranger, expected.surprise(dt, m.seen != t.previous, &faces[k]))
		}
	}
	return costs
}

func (t *Tracker) start(pts time.Duration, face *seenFace) Link {
	id := len(t.summaries) + 1
	if id > MaxTracks {
		return Link{}
	}
	t.summaries = append(t.summaries, Summary{ID: id, First: pts})
	t.active = append(t.active, newMotion(id, pts, face))
	if len(t.active) > 2*MaxFaces { // the stalest waits no longer
		t.active = t.active[1:]
	}
	return t.count(id, pts, face.Face)
}

func (t *Tracker) count(id int, pts time.Duration, face frames.Face) Link {
	s := &t.summaries[id-1]
	s.Hits++
	s.Last = pts
	s.MeanScore += (float64(face.Score) - s.MeanScore) / float64(s.Hits)
	return Link{ID: id, Age: pts - s.First}
}

// followable lists the faces to follow: the largest, without those whose box is empty or not finite.
func followable(faces []frames.Face) []int {
	chosen := make([]int, 0, len(faces))
	for i, face := range faces {
		if Sensible(face.Box) {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) > MaxFaces {
		slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(faces[b].Box.Area(), faces[a].Box.Area()) })
		chosen = chosen[:MaxFaces]
	}
	return chosen
}

// Sensible reports whether a box is finite and not empty.
func Sensible(b frames.Box) bool {
	const far = 1e6 // pixels; beyond any picture
	return b.W > 0 && b.H > 0 && b.W < far && b.H < far && b.X > -far && b.X < far && b.Y > -far && b.Y < far
}
