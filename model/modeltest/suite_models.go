package modeltest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"sync"
	"testing"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
)

// Detector is what TestDetector tests; score declares the same.
type Detector interface {
	Detect(ctx context.Context, batch []*frames.Frame) ([][]frames.Face, error)
}

// Classifier is what TestClassifier tests; score declares the same.
type Classifier interface {
	Cut(frame *frames.Frame, faces []frames.Face) ([]frames.Image, error)
	Classify(ctx context.Context, crops []frames.Image) ([]model.Evidence, error)
}

// TestDetector is the conformance suite of detectors. It asks nothing about which faces are found.
func TestDetector(t *testing.T, open func(*testing.T) Detector) {
	pictures := func() []*frames.Frame {
		return []*frames.Frame{
			Picture(0, 320, 240, frames.Box{X: 64, Y: 64, W: 64, H: 64}, frames.Box{X: 192, Y: 96, W: 32, H: 32}),
			Picture(1, 90, 200, frames.Box{X: 16, Y: 32, W: 32, H: 32}),
			Picture(2, 320, 240),
			Picture(3, 320, 240, frames.Box{X: 0, Y: 0, W: 96, H: 96}),
			Picture(4, 480, 270, frames.Box{X: 240, Y: 96, W: 96, H: 96}),
			Picture(5, 3, 2),
		}
	}
	detect := func(t *testing.T, d Detector, batch []*frames.Frame) [][]frames.Face {
		t.Helper()
		found, err := d.Detect(context.Background(), batch)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != len(batch) {
			t.Fatalf("%d lists for %d frames", len(found), len(batch))
		}
		return found
	}
	t.Run("faces are sane and the largest comes first", func(t *testing.T) {
		batch := pictures()
		for i, faces := range detect(t, open(t), batch) {
			saneFaces(t, batch[i], faces)
		}
	})
	t.Run("no frames", func(t *testing.T) { detect(t, open(t), nil) })
	t.Run("a frame's faces do not depend on its batch", func(t *testing.T) {
		d := open(t)
		together := detect(t, d, pictures())
		for i, p := range pictures() {
			if alone := detect(t, d, []*frames.Frame{p})[0]; !nearFaces(alone, together[i]) {
				t.Errorf("frame %d: %v alone, %v in a batch", i, alone, together[i])
			}
		}
	})
	t.Run("keeps nothing of the frames", func(t *testing.T) {
		d := open(t)
		batch := pictures()
		first := detect(t, d, batch)
		for _, f := range batch {
			clear(f.Image.Pix)
		}
		if again := detect(t, d, pictures()); !reflect.DeepEqual(first, again) {
			t.Error("the answer changed")
		}
	})
	t.Run("calls from many goroutines", func(t *testing.T) {
		d := open(t)
		want := detect(t, d, pictures())
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if got, err := d.Detect(context.Background(), pictures()); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("another answer: %v", err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("cancelled context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := open(t).Detect(ctx, pictures()); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	})
}

func saneFaces(t *testing.T, f *frames.Frame, faces []frames.Face) {
	t.Helper()
	for i, face := range faces {
		if i > 0 && face.Box.Area() > faces[i-1].Box.Area() {
			t.Errorf("frame %d: face %d is larger than the one before it", f.Index, i)
		}
		if !(face.Box.Area() > 0) || math.IsInf(float64(face.Box.Area()), 0) || !(face.Score >= 0 && face.Score <= 1) {
			t.Errorf("frame %d: face %+v is not sane", f.Index, face)
		}
		picture := frames.Box{W: float32(f.Image.Width), H: float32(f.Image.Height)}
		if face.Box.IoU(picture) == 0 {
			t.Errorf("frame %d: face %+v lies outside", f.Index, face)
		}
	}
}

func nearFaces(a, b []frames.Face) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Box.IoU(b[i].Box) < 0.999 || math.Abs(float64(a[i].Score-b[i].Score)) > 1e-4 {
			return false
		}
	}
	return true
}

// TestClassifier is the conformance suite of classifiers. It asks nothing about the scores but that they tell
// different crops apart.
func TestClassifier(t *testing.T, open func(*testing.T) Classifier) {
	frame := func() *frames.Frame { return Picture(0, 320, 240, frames.Box{X: 64, Y: 64, W: 96, H: 96}) }
	faces := []frames.Face{
		{Box: frames.Box{X: 64, Y: 64, W: 96, H: 96}},
		{Box: frames.Box{X: -20, Y: 200, W: 60, H: 80}}, // reaches beyond the picture
		{Box: frames.Box{X: 300, Y: 20, W: 5, H: 3}},
		{Box: frames.Box{X: 100, Y: 100, W: 150, H: 90}},
	}
	cut := func(t *testing.T, c Classifier) []frames.Image {
		t.Helper()
		crops, err := c.Cut(frame(), faces)
		if err != nil || len(crops) != len(faces) {
			t.Fatalf("%d crops of %d faces: %v", len(crops), len(faces), err)
		}
		return crops
	}
	classify := func(t *testing.T, c Classifier, crops []frames.Image) []model.Evidence {
		t.Helper()
		evidence, err := c.Classify(context.Background(), crops)
		if err != nil || len(evidence) != len(crops) {
			t.Fatalf("%d answers for %d crops: %v", len(evidence), len(crops), err)
		}
		return evidence
	}
	t.Run("crops outlive their frame", func(t *testing.T) {
		c, f := open(t), frame()
		crops, err := c.Cut(f, faces)
		if err != nil {
			t.Fatal(err)
		}
		clear(f.Image.Pix)
		if want := cut(t, c); !reflect.DeepEqual(crops, want) {
			t.Error("the crops changed with the frame")
		}
	})
	t.Run("nothing to do", func(t *testing.T) {
		c := open(t)
		if crops, err := c.Cut(frame(), nil); err != nil || len(crops) != 0 {
			t.Errorf("%d crops: %v", len(crops), err)
		}
		classify(t, c, nil)
	})
	t.Run("answers in the order of the crops", func(t *testing.T) {
		c := open(t)
		crops := cut(t, c)
		together := classify(t, c, crops)
		for i, crop := range crops {
			alone := classify(t, c, []frames.Image{crop})[0]
			if math.Abs(alone.Logit-together[i].Logit) > 1e-4 || math.IsNaN(alone.Logit) {
				t.Errorf("crop %d: %v alone, %v in a batch", i, alone.Logit, together[i].Logit)
			}
			if m := alone.Map; len(m.Values) != m.Side*m.Side {
				t.Errorf("map of side %d has %d values", m.Side, len(m.Values))
			}
		}
		if math.Abs(together[0].Logit-together[1].Logit) < 1e-3 {
			t.Error("two different crops score the same")
		}
	})
	t.Run("more crops than any batch", func(t *testing.T) {
		c := open(t)
		crops := cut(t, c)
		want := classify(t, c, crops)
		var many []frames.Image
		for range 20 {
			many = append(many, crops...)
		}
		for i, e := range classify(t, c, many) {
			if math.Abs(e.Logit-want[i%len(want)].Logit) > 1e-4 {
				t.Fatalf("answer %d is %v, want %v", i, e.Logit, want[i%len(want)].Logit)
			}
		}
	})
	t.Run("callers do not get each other's answers", func(t *testing.T) {
		c := open(t)
		crops := cut(t, c)
		want := classify(t, c, crops)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				k := i % len(crops)
				evidence, err := c.Classify(context.Background(), crops[k:])
				if err != nil || len(evidence) != len(crops)-k {
					t.Errorf("%d answers: %v", len(evidence), err)
					return
				}
				for j, e := range evidence {
					if math.Abs(e.Logit-want[k+j].Logit) > 1e-4 {
						t.Errorf("answer %d is %v, want %v", k+j, e.Logit, want[k+j].Logit)
					}
				}
			})
		}
		wg.Wait()
	})
	t.Run("cancelled context", func(t *testing.T) {
		c := open(t)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := c.Classify(ctx, cut(t, c)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		classify(t, c, cut(t, c))
	})
}
