package track

import (
	"cmp"
	"math"
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
	maxGap = time.Second
	// coast is the time constant of the predicted motion: heads do not move straight for long.
	coast = 0.8 // seconds
	// settle is the time constant with which the velocity follows what is measured.
	settle = 0.4 // seconds
	// reachStill and reachPerSecond say how far from its predicted place a face may be found, in face sizes, at once and
	// per second since it was last seen (up to one second).
	reachStill, reachPerSecond = 0.6, 1.0
	// reachAlike is the reach of a face that looks alike and is of like size from one sample to the next, per second up to
	// runs: a person who walks past moves six face sizes a second, but not into the place of somebody long gone.
	reachAlike, runs = 8.0, 0.2
	likeSize         = 0.3 // largest difference of the logarithms of side lengths
	// usuallyUnlike is how much the looks of one face differ from one sample to the next; up to alike times that it is taken
	// for the same wherever it is within reach.
	usuallyUnlike, alike = 0.08, 1.2
	// surelySame is the overlap (IoU) that is enough however the size changed.
	surelySame = 0.3
	// maxGrowth is the largest change of size, as a ratio of side lengths.
	maxGrowth = 2.0
	// forbidden is a cost no sum of allowed ones reaches.
	forbidden = 1e6
)

// A track is kept when it was seen often enough, or clearly enough: a detector's false faces flash up weakly.
const (
	minHits    = 3
	clearScore = 0.75 // mean detector score
)

// Link ties one face of a frame to its track.
type Link struct {
	ID  int           // from 1 in order of appearance; 0 for a face beyond MaxFaces or MaxTracks, or without a sensible box
	Age time.Duration // since the track was first seen
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

// motion is the state of a track that may still go on. Lengths are in pixels, velocities in pixels per second.
type motion struct {
	id         int
	x, y, w, h float64 // centre and size where last seen
	vx, vy     float64
	seen       time.Duration
	look       look
	looked     bool // look is known
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
	t.previous = pts

	links := make([]Link, len(faces))
	chosen := followable(found)
	for _, k := range chosen {
		faces[k].look, faces[k].looked = lookOf(picture, faces[k].Box)
	}
	taken := make([]bool, len(chosen))
	for row, column := range Assign(t.costs(pts, faces, chosen)) {
		if column < 0 {
			continue
		}
		face := &faces[chosen[column]]
		if m := t.active[row]; m.cost(pts, face) < forbidden {
			m.follow(pts, face)
			taken[column] = true
			links[chosen[column]] = t.count(m.id, pts, face.Face)
		}
	}
	for column, i := range chosen {
		if !taken[column] {
			links[i] = t.start(pts, &faces[i])
		}
	}
	return links
}

// Tracks lists every track so far, also those that ended, in order of appearance: track ID n is entry n-1.
func (t *Tracker) Tracks() []Summary { return t.summaries }

func (t *Tracker) costs(pts time.Duration, faces []seenFace, chosen []int) [][]float64 {
	costs := make([][]float64, len(t.active))
	for i, m := range t.active {
		costs[i] = make([]float64, len(chosen))
		for j, k := range chosen {
			costs[i][j] = m.cost(pts, &faces[k])
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
	m := &motion{id: id, seen: pts}
	m.place(face)
	t.active = append(t.active, m)
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

func (m *motion) place(face *seenFace) {
	b := face.Box
	if face.looked {
		m.look, m.looked = face.look, true
	}
	m.w, m.h = float64(b.W), float64(b.H)
	m.x, m.y = float64(b.X)+m.w/2, float64(b.Y)+m.h/2
}

// follow moves the track to where its face was found.
func (m *motion) follow(pts time.Duration, face *seenFace) {
	x, y, dt := m.x, m.y, (pts - m.seen).Seconds()
	m.place(face)
	m.seen = pts
	if dt <= 0 {
		return
	}
	share := 1 - math.Exp(-dt/settle)
	m.vx += share * ((m.x-x)/dt - m.vx)
	m.vy += share * ((m.y-y)/dt - m.vy)
}

// cost says how badly a box fits the predicted place of the track: 0 for a perfect fit, about 2 at the edge of what is
// allowed, forbidden beyond. Of two who meet, a changed size tells more than a small distance (crossing_test.go).
func (m *motion) cost(pts time.Duration, face *seenFace) float64 {
	b := face.Box
	dt := (pts - m.seen).Seconds()
	drift := coast * (1 - math.Exp(-dt/coast))
	x, y := m.x+m.vx*drift, m.y+m.vy*drift
	predicted := frames.Box{X: float32(x - m.w/2), Y: float32(y - m.h/2), W: float32(m.w), H: float32(m.h)}

	overlap := float64(predicted.IoU(b))
	size := math.Sqrt(m.w * m.h)
	growth := math.Abs(math.Log(math.Sqrt(float64(b.Area())) / size))
	distance := math.Hypot(float64(b.X+b.W/2)-x, float64(b.Y+b.H/2)-y) / size
	reach := reachStill + reachPerSecond*min(dt, 1)
	unlike := 0.0
	if m.looked && face.looked {
		unlike = m.look.unlike(&face.look) / usuallyUnlike
		if unlike < alike && growth < likeSize {
			reach = max(reach, reachStill+reachAlike*min(dt, runs))
		}
	}
	if overlap < surelySame && (distance > reach || growth > math.Log(maxGrowth)) {
		return forbidden
	}
	return (1 - overlap) + 0.5*distance/reach + growth + min(unlike, 2)
}
