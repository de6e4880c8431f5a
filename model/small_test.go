package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

func TestParseProviders(t *testing.T) {
	gpu := func(n int) Provider { return Provider{Kind: CUDA, Device: n} }
	for in, want := range map[string]Providers{
		"auto": {{Kind: Auto}}, "cpu": {{Kind: CPU}}, "cuda": {gpu(0)}, "cuda:0": {gpu(0)}, "cuda:3": {gpu(3)},
		"cuda:0,1": {gpu(0), gpu(1)}, "cuda:7,127,2": {gpu(7), gpu(127), gpu(2)},
	} {
		got, err := ParseProviders(in)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", in, got, err)
		}
		if s := got.String(); s != in && in != "cuda" {
			t.Errorf("%s becomes %s", in, s)
		}
	}
	for in, want := range map[string]string{
		"": `unknown device ""`, "gpu": "use auto, cpu, cuda or cuda:N", "CUDA": "unknown", "cpu:0": "unknown", "auto:1": "unknown",
		"cuda:": `"" is not a GPU's number`, "cuda:-1": `"-1" is not`, "cuda:x": `"x" is not`, "cuda:1x": "not", "cuda:01": "not", "cuda:999": "0 to 127",
		"cuda:0,": `"" is not`, "cuda:0,,1": "not", "cuda:0, 1": `" 1" is not`, "cuda:0,cuda:1": "not", "cuda:0,0": "names GPU 0 twice",
	} {
		if got, err := ParseProviders(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v and %v, want %q", in, got, err, want)
		}
	}
}

func TestGoldenInputIsTheDocumentedSequence(t *testing.T) {
	got, err := GoldenInput([]int64{1, 1, 2, 3}, Uint8)
	if err != nil {
		t.Fatal(err)
	}
	// i * 2654435761 mod 2^32 >> 24, which is the fraction of i times the golden ratio.
	if want := []byte{0, 158, 60, 218, 120, 23}; !slices.Equal(got.U8, want) {
		t.Errorf("got %v, want %v", got.U8, want)
	}
	floats, err := GoldenInput([]int64{1, 1, 2, 3}, Float32)
	if err != nil || floats.F32[1] != 158 || floats.U8 != nil {
		t.Errorf("got %v, %v", floats, err)
	}
	if _, err := GoldenInput([]int64{1 << 40, 1 << 40}, Uint8); err == nil {
		t.Error("an absurd shape is accepted")
	}
}

func TestVerdictsBecomeLogits(t *testing.T) {
	nan := float32(math.NaN())
	cases := []struct {
		meaning Meaning
		fake    string
		values  []float32
		want    float64
	}{
		{MeaningLogit, High, []float32{2}, 2},
		{MeaningLogit, Low, []float32{2}, -2},
		{MeaningProbability, High, []float32{0.5}, 0},
		{MeaningProbability, High, []float32{0.75}, math.Log(3)},
		{MeaningProbability, Low, []float32{0.75}, -math.Log(3)},
		{MeaningClassLogits, High, []float32{1, 4}, 3},
		{MeaningClassLogits, Low, []float32{1, 4}, -3},
		{MeaningClassProbabilities, High, []float32{0.25, 0.75}, math.Log(3)},
		{MeaningLogit, High, []float32{nan}, math.NaN()},
		{MeaningProbability, Low, []float32{nan}, math.NaN()},
		{MeaningProbability, High, []float32{1.5}, math.NaN()},
		{MeaningClassLogits, High, []float32{nan, 1}, math.NaN()},
	}
	for _, c := range cases {
		got := Output{Meaning: c.meaning, Fake: c.fake}.logit(c.values)
		if math.IsNaN(got) != math.IsNaN(c.want) || math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s %s of %v: got %v, want %v", c.meaning, c.fake, c.values, got, c.want)
		}
	}
	for _, certain := range []float32{0, 1} {
		if got := (Output{Meaning: MeaningProbability, Fake: High}).logit([]float32{certain}); math.IsInf(got, 0) || math.Abs(got) < 10 {
			t.Errorf("probability %v gives %v", certain, got)
		}
	}
}

func TestPackBringsPicturesIntoTheNetworksForm(t *testing.T) {
	picture := frames.NewImage(2, 1) // two pixels, blue green red
	copy(picture.Pix, []byte{1, 2, 3, 11, 12, 13})
	draw := func(dst frames.Image) error { copy(dst.Pix, picture.Pix); return nil }
	std := [3]float64{1, 1, 1}
	cases := []struct {
		in   Input
		want []float32
	}{
		{Input{Layout: NHWC, Color: BGR, DType: Uint8, Std: std}, []float32{1, 2, 3, 11, 12, 13}},
		{Input{Layout: NHWC, Color: RGB, DType: Uint8, Std: std}, []float32{3, 2, 1, 13, 12, 11}},
		{Input{Layout: NCHW, Color: BGR, DType: Uint8, Std: std}, []float32{1, 11, 2, 12, 3, 13}},
		{Input{Layout: NHWC, Color: BGR, DType: Float32, Std: std}, []float32{1, 2, 3, 11, 12, 13}},
		{Input{Layout: NCHW, Color: RGB, DType: Float32, Mean: [3]float64{3, 2, 1}, Std: [3]float64{2, 4, 5}}, []float32{0, 5, 0, 2.5, 0, 2}},
	}
	for _, c := range cases {
		k := newPacker(c.in).get(3, 2, 1)
		if err := k.fill(1, draw); err != nil {
			t.Fatal(err)
		}
		k.blank(2)
		got := append([]float32{}, k.tensor.F32...)
		for _, v := range k.tensor.U8 {
			got = append(got, float32(v))
		}
		if !slices.Equal(got[6:12], c.want) || !slices.Equal(got[12:], make([]float32, 6)) {
			t.Errorf("%+v: got %v, want %v in the middle and zeros after", c.in, got, c.want)
		}
		if err := k.tensor.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestSuppressKeepsTheBestOfOverlappingBoxes(t *testing.T) {
	at := func(x float32, score float32) frames.Face {
		return frames.Face{Box: frames.Box{X: x, W: 10, H: 10}, Score: score}
	}
	got := suppress([]frames.Face{at(0, 0.7), at(2, 0.9), at(30, 0.7), at(31, 0.7), at(9, 0.8)}, 0.3)
	want := []frames.Face{at(2, 0.9), at(9, 0.8), at(30, 0.7)} // of equal scores the first in the network's order
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCandidatesDropWhatIsNotFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	boxes := []float32{
		0, 0, 10, 10,
		nan, 0, 10, 10,
		0, 0, inf, 10,
		10, 10, 0, 0, // inside out
		0, 0, 10, 10,
		-3e38, 0, 3e38, 10, // the width overflows
		0, 0, 10, 10, // bad landmark
	}
	scores := []float32{0.9, 0.9, 0.9, 0.9, nan, 0.9, 0.9}
	points := make([]float32, 70)
	points[69] = nan
	if got := candidatesOf(scores, boxes, points, 0.6); len(got) != 1 {
		t.Errorf("got %d candidates, want the first only: %v", len(got), got)
	}
}

func TestBatchingPadsToItsSizes(t *testing.T) {
	b := Batching{Max: 6, Sizes: []int{1, 2, 4, 6}}
	for n, want := range map[int]int{1: 1, 2: 2, 3: 4, 4: 4, 5: 6, 6: 6} {
		if got := b.padded(n); got != want {
			t.Errorf("%d: got %d, want %d", n, got, want)
		}
	}
	if got := (Batching{Max: 9}).padded(5); got != 5 {
		t.Errorf("without sizes: got %d, want 5", got)
	}
	for _, bad := range []Batching{{}, {Max: 2, Sizes: []int{1, 4}}, {Max: 2, Sizes: []int{2, 1}}, {Max: 1, Wait: -1}} {
		if bad.validate() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestCalibrationIsPlatts(t *testing.T) {
	c := Calibration{A: 2, B: -1}
	for logit, want := range map[float64]float64{0.5: 0.5, 0.5 + math.Log(3)/2: 0.75, math.Inf(1): 1, math.Inf(-1): 0} {
		if got := c.Probability(logit); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: got %v, want %v", logit, got, want)
		}
	}
	if got := c.Probability(math.NaN()); !math.IsNaN(got) {
		t.Errorf("NaN became %v", got)
	}
}
