package report

import (
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
