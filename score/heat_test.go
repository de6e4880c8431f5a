package score_test

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

// The evidence of a second is its strongest face, with that face's box and map.
func TestEvidenceShowsTheStrongestFaceOfItsSecond(t *testing.T) {
	script := scoretest.Every(time.Second/10, 60, func(i int, _ float64) []scoretest.Face {
		logit := 0.0
		if i/10 == 2 {
			logit = 1 + float64(i%10)/10 // the frame 29 is the strongest of the third second, the smoothed score's peak lies before
		}
		return []scoretest.Face{scoretest.At(float32(100+i), 50, 80, logit)}
	})
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{})
	if len(result.Tracks) != 1 || len(result.Tracks[0].Evidence) == 0 {
		t.Fatalf("tracks %+v", result.Tracks)
	}
	best := result.Tracks[0].Evidence[0]
	if best.Frame != 29 || best.TMS != 2900 || best.Box[2] != 80 {
		t.Errorf("best frame %+v, want 29", best)
	}
	if best.Map == nil || best.Map.Side < 1 || best.Map.CropScale != 1.4 {
		t.Fatalf("map %+v", best.Map)
	}
	if cells, err := base64.StdEncoding.DecodeString(best.Map.Values); err != nil || len(cells) != best.Map.Side*best.Map.Side {
		t.Errorf("%d cells for side %d, %v", len(cells), best.Map.Side, err)
	}
	for i, e := range result.Tracks[0].Evidence[1:] {
		if e.Score > result.Tracks[0].Evidence[i].Score {
			t.Errorf("evidence is not strongest first: %+v", result.Tracks[0].Evidence)
		}
	}
}
