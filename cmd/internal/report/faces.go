package report

import (
	"cmp"
	"errors"
	"io/fs"
	"math"
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// How much a page lists; the result file has all.
const (
	mostSegments = 24
	mostOthers   = 40
	longestError = 160
)

// segment is a row of the table.
type segment struct {
	From, To, Length, Score, Signs, Class string
	Face                                  int
}

// segments are those with the highest scores, most of them at most, in order of time.
func (m maker) segments(most int) (list []segment, more int) {
	sorted := slices.SortedStableFunc(slices.Values(m.r.Segments), func(a, b score.Segment) int { return cmp.Compare(b.Score, a.Score) })
	kept := sorted[:min(len(sorted), most)]
	slices.SortStableFunc(kept, func(a, b score.Segment) int {
		return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.Track, b.Track))
	})
	for _, s := range kept {
		b := m.band(s.Score)
		list = append(list, segment{
			From: m.w.Clock(s.StartMS), To: m.w.Clock(s.EndMS), Face: s.Track,
			Length: m.w.Say("segments.seconds", "n", m.w.Number(float64(s.EndMS-s.StartMS)/1000, 1)),
			Score:  m.w.Score(s.Score), Signs: m.w.Say("signs." + string(b)), Class: class(b),
		})
	}
	return list, len(sorted) - len(kept)
}

// face is a card.
type face struct {
	ID                            int
	Color                         string // class of its lines and its number
	Score, Signs, Class, Interval string
	Seen, Frames, Size            string
	Whisker                       *chart.Whisker
	Label                         string
	Timeline                      *timeline
	Moments                       []moment
}

// moment is one of a face's strongest, with or without pictures.
type moment struct {
	Caption, Time string
	Face          int
	Pictures      bool
	Frame         []byte
	Crop, Map     []byte
	Width, Height int
	Peak          string
	Missing       string // why there is no picture
}

// byScore are the tracks with the highest score first.
func (m maker) byScore() []score.Track {
	return slices.SortedStableFunc(slices.Values(m.r.Tracks), func(a, b score.Track) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
}

func (m maker) faces() (cards, others []face, more int) {
	tracks := m.byScore()
	most := PictureLimits().Faces
	for i, t := range tracks {
		switch f := m.face(t); {
		case i < most:
			f.Color = faceClass(i)
			f.Moments = m.moments(t)
			if m.r.Input.Kind != "image" && (len(tracks) > 1 || 2*(t.LastMS-t.FirstMS) < m.length()) { // else the clip's chart shows it all
				f.Timeline = m.faceTimeline(t, f.Color)
			}
			cards = append(cards, f)
		case i < most+mostOthers:
			others = append(others, f)
		default:
			more++
		}
	}
	return cards, others, more
}

// faceClass colours the faces with cards.
func faceClass(place int) string {
	if place >= PictureLimits().Faces {
		return "rest"
	}
	return "f" + string(rune('1'+place))
}

func (m maker) face(t score.Track) face {
	b := m.band(t.Score)
	f := face{
		ID: t.ID, Score: m.w.Score(t.Score), Signs: m.w.Say("signs." + string(b)), Class: class(b),
		Interval: m.w.Say("unit.range", "from", m.w.Score(t.Interval[0]), "to", m.w.Score(t.Interval[1])),
		Seen:     m.w.Say("unit.range", "from", m.w.Clock(t.FirstMS), "to", m.w.Clock(t.LastMS)),
		Frames:   m.w.Integer(int64(t.Faces)), Size: m.w.Say("unit.pixels", "n", m.w.Number(t.MedianFacePx, 0)),
		Whisker: chart.NewWhisker(unit(t.Score), unit(t.Interval[0]), unit(t.Interval[1])),
	}
	f.Label = m.w.Say("face.whisker", "score", f.Score, "low", m.w.Score(t.Interval[0]), "high", m.w.Score(t.Interval[1]))
	return f
}

func unit(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(1, max(0, v))
}

// moments are the face's strongest, with the pictures that there are of them.
func (m maker) moments(t score.Track) []moment {
	var list []moment
	for rank, best := range t.Evidence[:min(len(t.Evidence), PictureLimits().PerFace)] {
		v := moment{Face: t.ID, Time: m.w.ExactClock(best.TMS)}
		v.Caption = m.w.Say("picture.moment", "time", v.Time, "frame", m.w.Integer(int64(best.Frame)), "score", m.w.Score(best.Score))
		if m.r.Input.Kind == "image" {
			v.Caption = m.w.Say("picture.photo", "score", m.w.Score(best.Score))
		}
		place := exhibit.Place{Track: t.ID, Rank: rank}
		if i := slices.IndexFunc(m.Pictures, func(p Picture) bool { return p.Place() == place }); i >= 0 && m.NoClip == nil {
			m.show(&v, m.Pictures[i])
		}
		list = append(list, v)
	}
	return list
}

func (m maker) show(v *moment, p Picture) {
	if p.Err != nil {
		v.Missing = m.why(p.Err)
		return
	}
	v.Pictures = true
	v.Frame, v.Crop, v.Map, v.Width, v.Height, v.Peak = p.Frame, p.Crop, p.Map, p.FrameWidth, p.FrameHeight, m.w.Percent(p.Peak)
}

// why words the reason for which there is no picture.
func (m maker) why(err error) string {
	switch {
	case errors.Is(err, ErrUnasked):
		return m.w.Say("picture.why.unasked")
	case errors.Is(err, fs.ErrNotExist):
		return m.w.Say("picture.why.absent")
	case errors.Is(err, exhibit.ErrOtherFile):
		return m.w.Say("picture.why.other")
	case errors.Is(err, exhibit.ErrOtherMoment):
		return m.w.Say("picture.why.moment")
	}
	return m.w.Say("picture.why.failed", "error", output.Shorten(output.Printable(err.Error()), longestError))
}
