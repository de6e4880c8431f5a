package ort_test

import (
	"math"
	"testing"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/model/ort"
	"github.com/blendscope/blendscope/models"
)

// TestProvidersAgree: a verdict must not depend on the hardware. Scores may differ by a hundredth.
func TestProvidersAgree(t *testing.T) {
	const most = 0.01
	entry, err := shipped().Get(model.ForgeryClassification, models.ForgeryClassification)
	if err != nil {
		t.Fatal(err)
	}
	w, err := entry.Open()
	if err != nil {
		t.Fatal(err)
	}
	var want []model.Evidence
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		c, err := model.NewClassifier(session(t, e, w, o), w.Manifest(), modeltest.Resampler{}, w.Batching(o.Provider.Kind, 8))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() // always nil
		got, err := c.Classify(t.Context(), modeltest.Crops(24, w.Manifest().Input.Width))
		if err != nil {
			t.Fatal(err)
		}
		if want == nil { // the CPU's, which comes first
			want = got
		}
		for i := range got {
			chance := func(logit float64) float64 { return 1 / (1 + math.Exp(-logit)) }
			if d := math.Abs(chance(got[i].Logit) - chance(want[i].Logit)); d > most {
				t.Errorf("crop %d: logit %v, on the CPU %v", i, got[i].Logit, want[i].Logit)
			}
			for k, v := range got[i].Map.Values {
				if d := math.Abs(float64(v - want[i].Map.Values[k])); d > most {
					t.Fatalf("crop %d, cell %d of the map: %v, on the CPU %v", i, k, v, want[i].Map.Values[k])
				}
			}
		}
	})
}
