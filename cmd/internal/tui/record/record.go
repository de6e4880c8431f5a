// Package record keeps what is known of one clip while it is looked at: the scored moments as they come, what the finished
// result says, and what a screen asks of both - who is in the picture now, how a track went, where to look next.
package record

import (
	"cmp"
	"encoding/base64"
	"math"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Face is one face at a moment.
type Face struct {
	Track int        // 0 when it belongs to no track that was kept
	Box   frames.Box // in frame pixels
	Score float64
	Heat  Heat
}

// Heat is where a face looks composited: Side x Side cells over the square of Scale times the box's longer side around the
// box's centre, row-major, 255 for a probability of 1. It is empty when nobody knows.
type Heat struct {
	Side   int
	Values []byte
	Scale  float64 // 0 when unknown
}

// At is the map's value in [0, 1] at a place of its square, whose sides are 1, between the centres of its cells.
func (h Heat) At(x, y float64) float64 {
	x, y = x*float64(h.Side)-0.5, y*float64(h.Side)-0.5
	left, top := math.Floor(x), math.Floor(y)
	cell := func(dx, dy float64) float64 {
		column := min(h.Side-1, max(0, int(left+dx)))
		row := min(h.Side-1, max(0, int(top+dy)))
		return float64(h.Values[row*h.Side+column]) / 255
	}
	fx, fy := x-left, y-top
	return (1-fy)*((1-fx)*cell(0, 0)+fx*cell(1, 0)) + fy*((1-fx)*cell(0, 1)+fx*cell(1, 1))
}

// moment is one scored frame.
type moment struct {
	at    time.Duration
	frame int
	faces []Face
}

// mostHeat bounds the memory for maps, in bytes: an hour of a face at 30 frames a second takes 21 million.
const mostHeat = 64 << 20

// Record is not safe for concurrent use.
type Record struct {
	moments []moment
	series  map[int]*series
	cuts    []time.Duration
	result  *score.Result
	heat    int // bytes kept
}

// New is an empty record.
func New() *Record { return &Record{series: map[int]*series{}} }

// Add takes a moment while the clip is scored.
func (r *Record) Add(m score.Moment) {
	faces := make([]Face, len(m.Faces))
	for i, f := range m.Faces {
		faces[i] = Face{Track: f.Track, Box: boxOf(f.Box), Score: f.Score, Heat: r.keep(f.Map)}
	}
	r.add(moment{time.Duration(m.TMS) * time.Millisecond, m.Frame, faces})
}

func (r *Record) add(m moment) {
	r.moments = append(r.moments, m)
	if n := len(r.moments); n > 1 && r.cut(r.moments[n-2], m) {
		r.cuts = append(r.cuts, m.at)
	}
	for _, f := range m.faces {
		s := r.series[f.Track]
		if s == nil {
			s = &series{}
			r.series[f.Track] = s
		}
		s.add(point{m.at, f.Score})
	}
}

func (r *Record) keep(m score.Map) Heat {
	if m.Side <= 0 || len(m.Values) != m.Side*m.Side || r.heat+len(m.Values) > mostHeat {
		return Heat{}
	}
	r.heat += len(m.Values)
	values := make([]byte, len(m.Values))
	for i, v := range m.Values {
		if v > 0 { // not NaN
			values[i] = byte(min(1, v)*255 + 0.5)
		}
	}
	return Heat{Side: m.Side, Values: values}
}

func boxOf(b [4]float64) frames.Box {
	return frames.Box{X: float32(b[0]), Y: float32(b[1]), W: float32(b[2]), H: float32(b[3])}
}

// Finish takes the result. Its timeline, if it has one, takes the place of the moments so far; their maps are kept.
func (r *Record) Finish(res *score.Result) {
	r.result = res
	if len(res.Timeline) > 0 {
		r.replace(res)
	}
	for _, t := range res.Tracks {
		for _, e := range t.Evidence {
			r.evidence(t.ID, e)
		}
	}
}

// replace keeps of the old moments the maps, for the frames and boxes they belong to.
func (r *Record) replace(res *score.Result) {
	old := map[int][]Face{}
	for _, m := range r.moments {
		old[m.frame] = m.faces
	}
	r.moments, r.series, r.cuts = make([]moment, 0, len(res.Timeline)), map[int]*series{}, nil
	for _, m := range res.Timeline {
		faces := make([]Face, len(m.Faces))
		for i, f := range m.Faces {
			faces[i] = Face{Track: f.Track, Box: boxOf(f.Box), Score: f.Score}
			for _, o := range old[m.Frame] {
				if o.Box.IoU(faces[i].Box) > 0.8 {
					faces[i].Heat = o.Heat
				}
			}
		}
		r.add(moment{time.Duration(m.TMS) * time.Millisecond, m.Frame, faces})
	}
}

// evidence adds what the result says of a moment worth looking at: all there is when a result came without its timeline.
func (r *Record) evidence(track int, e score.BestFrame) {
	at := time.Duration(e.TMS) * time.Millisecond
	face := Face{Track: track, Box: boxOf(e.Box), Score: e.Score, Heat: heatOf(e.Map)}
	i, found := slices.BinarySearchFunc(r.moments, at, func(m moment, t time.Duration) int { return cmp.Compare(m.at, t) })
	switch {
	case found:
		r.moments[i].take(face)
	case len(r.result.Timeline) == 0 && face.Box.Area() > 0:
		r.moments = slices.Insert(r.moments, i, moment{at, e.Frame, []Face{face}})
	}
}

// take adds a face, or the map of a face that is there.
func (m *moment) take(f Face) {
	for i := range m.faces {
		if m.faces[i].Track == f.Track {
			if f.Heat.Side > 0 {
				m.faces[i].Heat = f.Heat
			}
			return
		}
	}
	m.faces = append(m.faces, f)
}

func heatOf(m *score.HeatMap) Heat {
	if m == nil {
		return Heat{}
	}
	values, err := base64.StdEncoding.DecodeString(m.Values)
	if err != nil || m.Side <= 0 || m.Side > 1024 || len(values) != m.Side*m.Side {
		return Heat{}
	}
	return Heat{Side: m.Side, Values: values, Scale: m.CropScale}
}

// Result is the finished result, nil before.
func (r *Record) Result() *score.Result { return r.result }

// Scored is the time up to which moments are known.
func (r *Record) Scored() time.Duration {
	if len(r.moments) == 0 {
		return 0
	}
	return r.moments[len(r.moments)-1].at
}

// Detailed reports whether scores are known moment by moment, not only where the result points to.
func (r *Record) Detailed() bool {
	return len(r.moments) > 0 && (r.result == nil || len(r.result.Timeline) > 0 || len(r.series) > 0)
}

// Step is the usual time between two moments.
func (r *Record) Step() time.Duration {
	if len(r.moments) < 2 {
		return 200 * time.Millisecond
	}
	whole := r.moments[len(r.moments)-1].at - r.moments[0].at
	return whole / time.Duration(len(r.moments)-1)
}

// At gives the faces at t, boxes and scores interpolated between the moments around it. known is false where nothing was
// scored, or not yet.
func (r *Record) At(t time.Duration) (faces []Face, known bool) {
	i := r.index(t)
	if i < 0 {
		return nil, false
	}
	reach := r.Step()*3/2 + 20*time.Millisecond
	if !r.Detailed() {
		reach = 150 * time.Millisecond
	}
	now := r.moments[i]
	if t-now.at > reach {
		return nil, false
	}
	if i+1 == len(r.moments) || r.moments[i+1].at-now.at > 2*reach || r.moments[i+1].at == now.at {
		return now.faces, true
	}
	next := r.moments[i+1]
	share := float64(t-now.at) / float64(next.at-now.at)
	return between(now.faces, next.faces, share), true
}

// index is that of the last moment that is not after t, or -1. A frame's time has a fraction of a millisecond that a
// moment's has not.
func (r *Record) index(t time.Duration) int {
	i, found := slices.BinarySearchFunc(r.moments, t.Truncate(time.Millisecond), func(m moment, t time.Duration) int { return cmp.Compare(m.at, t) })
	if found {
		return i
	}
	return i - 1
}

// between moves faces towards where they are at the next moment. A face that is gone by then stays for the first half.
func between(now, next []Face, share float64) []Face {
	var faces []Face
	for _, f := range now {
		k := slices.IndexFunc(next, func(n Face) bool { return n.Track == f.Track && f.Track != 0 })
		switch {
		case k >= 0:
			faces = append(faces, f.towards(next[k], share))
		case share < 0.5:
			faces = append(faces, f)
		}
	}
	for _, n := range next {
		gone := !slices.ContainsFunc(now, func(f Face) bool { return f.Track == n.Track && n.Track != 0 })
		if gone && share >= 0.5 {
			faces = append(faces, n)
		}
	}
	return faces
}

func (f Face) towards(n Face, share float64) Face {
	mix := func(a, b float32) float32 { return a + float32(share)*(b-a) }
	f.Box = frames.Box{X: mix(f.Box.X, n.Box.X), Y: mix(f.Box.Y, n.Box.Y), W: mix(f.Box.W, n.Box.W), H: mix(f.Box.H, n.Box.H)}
	f.Score += share * (n.Score - f.Score)
	if share > 0.5 && n.Heat.Side > 0 {
		f.Heat = n.Heat
	}
	return f
}

// finite guards the screen against numbers that are none.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
