package model_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/score"
)

// What score asks for is what this package gives.
var (
	_ score.Detector   = (*model.Detector)(nil)
	_ score.Classifier = (*model.Classifier)(nil)
	_ score.Detector   = (*modeltest.FakeDetector)(nil)
	_ score.Classifier = (*modeltest.FakeClassifier)(nil)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func manifest(t *testing.T, task model.Task, name string) model.Manifest {
	t.Helper()
	return modeltest.Weights(t, task, name).Manifest()
}

func newClassifier(t *testing.T, r model.Runner, m model.Manifest, b model.Batching) *model.Classifier {
	t.Helper()
	c, err := model.NewClassifier(r, m, modeltest.Resampler{}, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func newDetector(t *testing.T, r model.Runner, m model.Manifest, b model.Batching) *model.Detector {
	t.Helper()
	d, err := model.NewDetector(r, m, modeltest.Resampler{}, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFakesConform(t *testing.T) {
	t.Run("runner", func(t *testing.T) {
		for _, name := range []string{"classifier", "probability"} {
			m := manifest(t, model.ForgeryClassification, name)
			modeltest.TestRunner(t, m, func(*testing.T) model.Runner { return &modeltest.FakeRunner{Manifest: m} })
		}
	})
	t.Run("detector", func(t *testing.T) {
		modeltest.TestDetector(t, func(*testing.T) modeltest.Detector { return &modeltest.FakeDetector{} })
	})
	t.Run("classifier", func(t *testing.T) {
		modeltest.TestClassifier(t, func(*testing.T) modeltest.Classifier { return &modeltest.FakeClassifier{} })
	})
}

func TestDetectorConforms(t *testing.T) {
	m := manifest(t, model.FaceDetection, "detector")
	for name, b := range map[string]model.Batching{"exact": {Max: 3}, "padded": {Max: 8, Sizes: []int{1, 4, 8}}} {
		t.Run(name, func(t *testing.T) {
			modeltest.TestDetector(t, func(t *testing.T) modeltest.Detector {
				return newDetector(t, &modeltest.FakeRunner{Manifest: m}, m, b)
			})
		})
	}
}

func TestClassifierConforms(t *testing.T) {
	for _, name := range []string{"classifier", "probability", "twoclass"} {
		m := manifest(t, model.ForgeryClassification, name)
		for variant, b := range map[string]model.Batching{
			"exact": {Max: 7}, "padded": {Max: 8, Sizes: []int{2, 8}, Wait: time.Millisecond}, "one": {Max: 1},
		} {
			t.Run(name+" "+variant, func(t *testing.T) {
				modeltest.TestClassifier(t, func(t *testing.T) modeltest.Classifier {
					return newClassifier(t, &modeltest.FakeRunner{Manifest: m}, m, b)
				})
			})
		}
	}
}

func TestDetectorMapsFacesBackToTheFrame(t *testing.T) {
	m := manifest(t, model.FaceDetection, "detector") // long side 320
	fixed := m
	fixed.Input.Width, fixed.Input.Height, fixed.Input.MultipleOf, fixed.Input.LongSide = 160, 160, 0, 0
	face := frames.Box{X: 640, Y: 160, W: 320, H: 320}
	for name, m := range map[string]model.Manifest{"dynamic": m, "fixed": fixed} {
		for _, size := range [][2]int{{1280, 720}, {1280, 1280}, {1000, 480}} {
			d := newDetector(t, &modeltest.FakeRunner{Manifest: m}, m, model.Batching{Max: 1})
			found, err := d.Detect(t.Context(), []*frames.Frame{modeltest.Picture(0, size[0], size[1], face)})
			if err != nil || len(found[0]) != 1 {
				t.Fatalf("%s %v: %v, %v", name, size, found, err)
			}
			if iou := found[0][0].Box.IoU(face); iou < 0.93 {
				t.Errorf("%s %v: found %+v, overlap %.2f", name, size, found[0][0].Box, iou)
			}
			if nose := found[0][0].Landmarks[frames.Nose]; math.Abs(float64(nose.X-800)) > 16 || math.Abs(float64(nose.Y-320)) > 16 {
				t.Errorf("%s %v: nose at %v, want about 800, 320", name, size, nose)
			}
		}
	}
}

func TestDetectorSharesRunsBetweenFramesOfOneSize(t *testing.T) {
	m := manifest(t, model.FaceDetection, "detector")
	batch := []*frames.Frame{
		modeltest.Picture(0, 320, 240), modeltest.Picture(1, 640, 480), modeltest.Picture(2, 240, 320),
		modeltest.Picture(3, 320, 240), modeltest.Picture(4, 320, 240), modeltest.Picture(5, 320, 240),
	}
	for _, c := range []struct {
		batching model.Batching
		want     []int
	}{
		{model.Batching{Max: 4}, []int{4, 1, 1}},
		{model.Batching{Max: 4, Sizes: []int{2, 4}}, []int{4, 2, 2}},
	} {
		r := &modeltest.FakeRunner{Manifest: m}
		if _, err := newDetector(t, r, m, c.batching).Detect(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if got := r.Batches(); !slices.Equal(got, c.want) {
			t.Errorf("%+v: batches %v, want %v", c.batching, got, c.want)
		}
	}
}

func TestDetectorBoundsWildBoxes(t *testing.T) {
	m := manifest(t, model.FaceDetection, "detector")
	boxes := []float32{-1e9, -1e9, 1e9, 1e9, 400, 10, 500, 50, -90, 10, -10, 50, -20, -20, 60, 60}
	r := &modeltest.FakeRunner{Manifest: m, Answer: func(model.Tensor) ([]model.Tensor, error) {
		return []model.Tensor{
			{Shape: []int64{1, 4, 4}, F32: boxes},
			{Shape: []int64{1, 4}, F32: []float32{0.9, 0.9, 0.9, 0.9}},
			{Shape: []int64{1, 4, 10}, F32: make([]float32, 40)},
		}, nil
	}}
	found, err := newDetector(t, r, m, model.Batching{Max: 1}).Detect(t.Context(), []*frames.Frame{modeltest.Picture(0, 320, 240)})
	if err != nil {
		t.Fatal(err)
	}
	want := []frames.Box{{X: -320, Y: -240, W: 960, H: 720}, {X: -20, Y: -20, W: 80, H: 80}}
	if len(found[0]) != 2 || found[0][0].Box != want[0] || found[0][1].Box != want[1] {
		t.Errorf("got %+v, want the boxes %v", found[0], want)
	}
}

func TestAnswersOfTheWrongFormAreErrors(t *testing.T) {
	face, forgery := manifest(t, model.FaceDetection, "detector"), manifest(t, model.ForgeryClassification, "classifier")
	one := func(shape ...int64) model.Tensor {
		n := int64(1)
		for _, d := range shape {
			n *= d
		}
		return model.Tensor{Shape: shape, F32: make([]float32, n)}
	}
	cases := map[string]struct {
		m      model.Manifest
		answer []model.Tensor
	}{
		"detector: a tensor is missing":  {face, []model.Tensor{one(1, 2, 4), one(1, 2)}},
		"detector: boxes without scores": {face, []model.Tensor{one(1, 3, 4), one(1, 2), one(1, 2, 10)}},
		"detector: landmarks of others":  {face, []model.Tensor{one(1, 2, 4), one(1, 2), one(1, 2, 8)}},
		"detector: another batch":        {face, []model.Tensor{one(2, 2, 4), one(2, 2), one(2, 2, 10)}},
		"classifier: two logits":         {forgery, []model.Tensor{one(1, 2), one(1, 2, 2)}},
		"classifier: a map of one row":   {forgery, []model.Tensor{one(1), one(1, 1, 5)}},
		"classifier: shape without data": {forgery, []model.Tensor{{Shape: []int64{1}}, one(1, 2, 2)}},
		"classifier: nothing":            {forgery, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &modeltest.FakeRunner{Manifest: c.m, Answer: func(model.Tensor) ([]model.Tensor, error) { return c.answer, nil }}
			var err error
			if c.m.Task == model.FaceDetection {
				_, err = newDetector(t, r, c.m, model.Batching{Max: 1}).Detect(t.Context(), []*frames.Frame{modeltest.Picture(0, 320, 240)})
			} else {
				_, err = newClassifier(t, r, c.m, model.Batching{Max: 1}).Classify(t.Context(), modeltest.Crops(1, 32))
			}
			if !errors.Is(err, model.ErrOutput) {
				t.Errorf("got %v, want ErrOutput", err)
			}
		})
	}
}

func TestNaNReachesTheAggregator(t *testing.T) {
	m := manifest(t, model.ForgeryClassification, "probability")
	r := &modeltest.FakeRunner{Manifest: m, Answer: func(model.Tensor) ([]model.Tensor, error) {
		return []model.Tensor{{Shape: []int64{2, 1}, F32: []float32{float32(math.NaN()), 0.5}}}, nil
	}}
	evidence, err := newClassifier(t, r, m, model.Batching{Max: 2}).Classify(t.Context(), modeltest.Crops(2, 32))
	if err != nil || !math.IsNaN(evidence[0].Logit) || evidence[1].Logit != 0 {
		t.Errorf("got %v, %v", evidence, err)
	}
}

func TestBadFramesCropsAndTasksAreErrors(t *testing.T) {
	face, forgery := manifest(t, model.FaceDetection, "detector"), manifest(t, model.ForgeryClassification, "classifier")
	d := newDetector(t, &modeltest.FakeRunner{Manifest: face}, face, model.Batching{Max: 1})
	if _, err := d.Detect(t.Context(), []*frames.Frame{frames.NewFrame(0, 0, frames.Image{}, nil)}); !errors.Is(err, frames.ErrBadGeometry) {
		t.Errorf("empty frame: %v", err)
	}
	c := newClassifier(t, &modeltest.FakeRunner{Manifest: forgery}, forgery, model.Batching{Max: 1})
	if _, err := c.Classify(t.Context(), modeltest.Crops(1, 16)); err == nil {
		t.Error("a crop of another size is accepted")
	}
	if _, err := c.Cut(modeltest.Picture(0, 64, 64), []frames.Face{{Box: frames.Box{X: 500, Y: 500, W: 20, H: 20}}}); err == nil {
		t.Error("a face outside the picture is cut")
	}
	if _, err := model.NewDetector(nil, forgery, nil, model.Batching{Max: 1}); !errors.Is(err, model.ErrManifest) {
		t.Errorf("detector from a classifier's manifest: %v", err)
	}
	if _, err := model.NewClassifier(nil, face, nil, model.Batching{Max: 1}); !errors.Is(err, model.ErrManifest) {
		t.Errorf("classifier from a detector's manifest: %v", err)
	}
}

func TestClassifierPadsAndSharesRuns(t *testing.T) {
	m := manifest(t, model.ForgeryClassification, "classifier")
	r := &modeltest.FakeRunner{Manifest: m, Delay: 20 * time.Millisecond}
	c := newClassifier(t, r, m, model.Batching{Max: 8, Sizes: []int{1, 4, 8}})
	var wg sync.WaitGroup
	for range 9 {
		wg.Go(func() {
			if _, err := c.Classify(context.Background(), modeltest.Crops(3, 32)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, n := range r.Batches() {
		if n != 4 && n != 8 {
			t.Errorf("run %d has a batch of %d", i, n)
		}
	}
	if got := len(r.Batches()); got > 6 {
		t.Errorf("27 crops took %d runs: callers do not share", got)
	}
}

func TestCheckGolden(t *testing.T) {
	m := manifest(t, model.ForgeryClassification, "classifier")
	logit, grid := m.Golden.Outputs["logit"], m.Golden.Outputs["map"]
	answer := func(change float32) *modeltest.FakeRunner {
		return &modeltest.FakeRunner{Manifest: m, Answer: func(model.Tensor) ([]model.Tensor, error) {
			out := []model.Tensor{{Shape: []int64{1}, F32: []float32{float32(logit.First[0]) + change}}, {Shape: []int64{1, 8, 8}, F32: make([]float32, 64)}}
			rest := grid.Mean * 64
			for i, v := range grid.First {
				out[1].F32[i] = float32(v)
				rest -= v
			}
			for i := 8; i < 64; i++ {
				out[1].F32[i] = float32(rest / 56)
			}
			return out, nil
		}}
	}
	if err := model.CheckGolden(t.Context(), answer(0), m); err != nil {
		t.Error(err)
	}
	for _, change := range []float32{0.01, float32(math.NaN())} {
		if err := model.CheckGolden(t.Context(), answer(change), m); !errors.Is(err, model.ErrGolden) {
			t.Errorf("off by %v: got %v, want ErrGolden", change, err)
		}
	}
	m.Golden = nil
	if err := model.CheckGolden(t.Context(), answer(0), m); !errors.Is(err, model.ErrGolden) {
		t.Errorf("without reference: got %v, want ErrGolden", err)
	}
}

func TestBatchingFitsTheHardwareAndTheNetwork(t *testing.T) {
	open := modeltest.Weights(t, model.ForgeryClassification, "classifier")
	one := modeltest.Weights(t, model.ForgeryClassification, "twoclass")
	cuda := open.Batching(model.CUDA, 12)
	if cuda.Max != 12 || !slices.Equal(cuda.Sizes, []int{1, 2, 4, 8, 12}) || cuda.Wait <= 0 {
		t.Errorf("cuda: %+v", cuda)
	}
	if cpu := open.Batching(model.CPU, 12); cpu.Max != 4 || cpu.Sizes != nil || cpu.Wait != 0 {
		t.Errorf("cpu: %+v", cpu)
	}
	if faces := modeltest.Weights(t, model.FaceDetection, "detector").Batching(model.CPU, 12); faces.Max != 1 {
		t.Errorf("cpu, whole pictures: %+v", faces)
	}
	if least := open.Batching(model.CPU, 0); least.Max != 1 {
		t.Errorf("at most none: %+v", least)
	}
	for _, kind := range []model.ProviderKind{model.CPU, model.CUDA} {
		if b := one.Batching(kind, 12); b.Max != 1 {
			t.Errorf("a network with a batch of one on %s: %+v", kind, b)
		}
	}
}
