package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/score"
)

// hour is an hour of video with as many faces, each on the screen for a share of it.
func hour(faces int, share float64) *score.Result {
	r := clip()
	r.Tracks, r.Segments, r.Timeline = nil, nil, nil
	const end = 3_600_000
	r.Input.DurationMS = end
	length := int64(share * end)
	for i := range faces {
		from := int64(i) * (end - length) / int64(max(1, faces-1))
		r.Tracks = append(r.Tracks, score.Track{ID: i + 1, FirstMS: from, LastMS: from + length, Score: float64(i) / float64(faces)})
	}
	for ms := int64(0); ms < end; ms += 200 {
		m := score.Moment{TMS: ms}
		for _, t := range r.Tracks {
			if ms >= t.FirstMS && ms <= t.LastMS {
				m.Faces = append(m.Faces, score.MomentFace{Track: t.ID, Score: t.Score, Quality: 1})
			}
		}
		r.Timeline = append(r.Timeline, m)
	}
	return r
}

func TestCurvesHaveABoundedNumberOfPoints(t *testing.T) {
	for name, r := range map[string]*score.Result{"one": hour(1, 1), "six": hour(6, 1), "hundreds": hour(300, 0.005)} {
		m := maker{Input{}, r, in(t, "en")}
		chart, points := m.timeline(), 0
		for _, l := range append(chart.Lines, chart.Areas...) {
			points += len(strings.Fields(l.Points))
		}
		if points > mostPoints || points < 100 || !chart.Banded {
			t.Errorf("%s: %d points", name, points)
		}
	}
}

func TestALineEndsWhereTheFaceIsGone(t *testing.T) {
	r := clip()
	r.Timeline = append(r.Timeline[:20:20], r.Timeline[40:]...)
	m := maker{Input{}, r, in(t, "en")}
	if chart := m.timeline(); len(chart.Lines) != 4 {
		t.Errorf("%d lines for two faces that are away once, want 4", len(chart.Lines))
	}
}

func TestPoorQualityIsMarked(t *testing.T) {
	m := maker{Input{}, clip(), in(t, "en")}
	for _, s := range m.timeline().Quality {
		if s.Class != "poor" || s.X < "50" {
			t.Errorf("marked %+v: the best face is good in the first half, and poor in the second", s)
		}
	}
	if len(m.timeline().Quality) < 50 {
		t.Errorf("%d stretches are marked", len(m.timeline().Quality))
	}
}

func TestFacesBeyondThoseWithACardShareACurve(t *testing.T) {
	m := maker{Input{}, hour(9, 1), in(t, "en")}
	chart := m.timeline()
	rest := 0
	for _, l := range chart.Lines {
		if l.Class == "rest" {
			rest++
		}
	}
	if rest != 1 || chart.Rest != 3 || len(chart.Lanes) != mostLanes {
		t.Errorf("%d grey lines for %d faces, %d lanes", rest, chart.Rest, len(chart.Lanes))
	}
	cards, others, more := m.faces()
	if len(cards) != 6 || len(others) != 3 || more != 0 || cards[0].ID != 9 {
		t.Errorf("%d cards, %d others, %d more, first %d", len(cards), len(others), more, cards[0].ID)
	}
}

func TestCutsAreWhereEveryFaceChanges(t *testing.T) {
	here, there := [4]float64{10, 10, 50, 50}, [4]float64{200, 10, 50, 50}
	face := func(track int, box [4]float64) score.MomentFace { return score.MomentFace{Track: track, Box: box} }
	r := clip()
	r.Timeline = []score.Moment{
		{TMS: 0, Faces: []score.MomentFace{face(1, here), face(2, there)}},
		{TMS: 200, Faces: []score.MomentFace{face(1, here), face(3, there)}},
		{TMS: 400, Faces: []score.MomentFace{face(4, here)}},  // found again
		{TMS: 600, Faces: []score.MomentFace{face(5, there)}}, // a cut
		{TMS: 800}, // nobody
		{TMS: 1000, Faces: []score.MomentFace{face(6, here)}},  // nobody knows
		{TMS: 3000, Faces: []score.MomentFace{face(7, there)}}, // too long ago
		{TMS: 3200, Faces: []score.MomentFace{face(8, here)}},  // a cut
		{TMS: 3400, Faces: []score.MomentFace{face(8, there)}}, // the same face
		{TMS: 3600, Faces: []score.MomentFace{face(8, there)}},
	}
	if got := (maker{Input{}, r, in(t, "en")}).cuts(); !slices.Equal(got, []int64{600, 3200}) {
		t.Errorf("cuts at %v", got)
	}
}
