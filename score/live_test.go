package score_test

import (
	"math"
	"testing"
	"time"

	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

// What is shown live follows a change within a second, knows nothing of the future and carries the maps; the result does
// not.
func TestLiveMoments(t *testing.T) {
	script := person(time.Second/10, 100, func(_ int, t float64) float64 { return pick(t < 5, -3, 3) })
	script.Shots[20].Faces[0].Logit = math.NaN()
	var live []score.Moment
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{
		Timeline: true,
		OnMoment: func(m score.Moment) { live = append(live, m) },
	})
	for i, m := range live {
		switch {
		case i == 20:
			if len(m.Faces) != 0 {
				t.Errorf("a face without a finite score is shown live: %+v", m)
			}
			continue
		case len(m.Faces) != 1 || m.Faces[0].Map.Side != 1 || m.Faces[0].Track != 1:
			t.Fatalf("moment %d: %+v", i, m)
		}
		got := m.Faces[0].Score
		if i < 50 && got > 0.06 || i >= 60 && got < 0.5 {
			t.Errorf("at %d ms the score is %v", m.TMS, got)
		}
	}
	for i, m := range result.Timeline {
		if len(m.Faces) != 1 || m.Faces[0].Map.Side != 0 {
			t.Fatalf("the timeline's moment %d is %+v", i, m)
		}
	}
}

// A long film with thousands of passers-by must not grow what is kept for the live view.
func TestManyPassersBy(t *testing.T) {
	script := scoretest.Every(time.Second, 1500, func(i int, _ float64) []scoretest.Face {
		return []scoretest.Face{scoretest.At(float32(500*(i%3)), 100, 80, -1)}
	})
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{OnMoment: func(score.Moment) {}})
	if len(result.Tracks) != 1000 || result.Outcome.Status != score.Scored {
		t.Errorf("%d tracks are listed, %+v", len(result.Tracks), result.Outcome)
	}
	for i := 1; i < len(result.Tracks); i++ {
		if result.Tracks[i].ID <= result.Tracks[i-1].ID {
			t.Fatalf("tracks out of order at %d", i)
		}
	}
}

func TestAFrameWithoutPixelsIsBadGeometry(t *testing.T) {
	studio := new(scoretest.Studio).Add("clip", constant(10, 1))
	studio.Blank = true
	if got := scan(t, studio, score.Options{}).Outcome.Reasons; len(got) != 1 || got[0] != score.BadGeometry {
		t.Errorf("got %v", got)
	}
}
