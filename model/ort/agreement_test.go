package ort_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/model/ort"
)

// TestProvidersAgree: a verdict must not depend on the hardware. The shipped classifier on the CPU is the reference; scores
// may differ from its by a hundredth. With tuning or another model, see helpers_test.go, those are held against it.
func TestProvidersAgree(t *testing.T) {
	const most = 0.01
	reference := shippedClassifier(t)
	crops := agreementCrops(t, reference.Manifest().Input)
	var want []model.Evidence
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		if want == nil { // the CPU's, which comes first
			want = classifyAll(t, e, reference, cpu(), crops)
		}
		got := classifyAll(t, e, measured(t), o, crops)
		var score, cell float64
		for i := range got {
			of := reference.Manifest().Calibration.Probability
			score = worse(score, of(got[i].Logit)-of(want[i].Logit))
			for k, v := range got[i].Map.Values {
				cell = worse(cell, float64(v-want[i].Map.Values[k]))
			}
		}
		summary := fmt.Sprintf("%d crops: scores differ by at most %.4f, cells of the maps by %.4f", len(crops), score, cell)
		t.Log(summary)
		if !(score <= most) || !(cell <= 2*most) { // maps are coarse pictures for people
			t.Error(summary)
		}
	})
}

// worse is the larger of a difference and that of values seen before; NaN is the largest.
func worse(before, difference float64) float64 {
	if d := math.Abs(difference); !(d <= before) {
		return d
	}
	return before
}

// agreementCrops are made-up pictures and pieces of the parity test's.
func agreementCrops(t *testing.T, in model.Input) []frames.Image {
	t.Helper()
	crops := modeltest.Crops(24, in.Width)
	for _, name := range []string{"face", "waves"} {
		picture := readPNG(t, filepath.Join(modeltest.Folder(), "parity", name+".png"))
		source := frames.NewImage(int(picture.Shape[2]), int(picture.Shape[1]))
		copy(source.Pix, picture.U8)
		for i := range 20 {
			crop := frames.NewImage(in.Width, in.Height)
			if err := (modeltest.Resampler{}).Crop(crop, source, 4*i-40, 3*i-30, source.Width-2*i); err != nil {
				t.Fatal(err)
			}
			crops = append(crops, crop)
		}
	}
	return crops
}

func classifyAll(t *testing.T, e *ort.Environment, w *model.Weights, o ort.Options, crops []frames.Image) []model.Evidence {
	t.Helper()
	c, err := model.NewClassifier(session(t, e, w, o), w.Manifest(), modeltest.Resampler{}, w.Batching(o.Provider.Kind, 8))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() // always nil
	evidence, err := c.Classify(t.Context(), crops)
	if err != nil {
		t.Fatal(err)
	}
	return evidence
}
