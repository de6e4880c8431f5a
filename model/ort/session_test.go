package ort_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/model/ort"
)

func TestSessionConforms(t *testing.T) {
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		for _, name := range []string{"classifier", "probability"} {
			t.Run(name, func(t *testing.T) {
				w := modeltest.Weights(t, model.ForgeryClassification, name)
				modeltest.TestRunner(t, w.Manifest(), func(t *testing.T) model.Runner {
					s, err := e.NewSession(t.Context(), w, o)
					if err != nil {
						t.Fatal(err)
					}
					return s
				})
			})
		}
	})
}

// Two copies of a network, as on two GPUs. On one GPU both are on it.
func TestSpreadSessionsConform(t *testing.T) {
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		w := classifierWeights(t)
		modeltest.TestRunner(t, w.Manifest(), func(t *testing.T) model.Runner {
			return model.Spread(session(t, e, w, o), session(t, e, w, o))
		})
	})
}

func TestDetectorConforms(t *testing.T) {
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		w := modeltest.Weights(t, model.FaceDetection, "detector")
		modeltest.TestDetector(t, func(t *testing.T) modeltest.Detector {
			d, err := model.NewDetector(session(t, e, w, o), w.Manifest(), modeltest.Resampler{}, w.Batching(o.Provider.Kind, 4))
			if err != nil {
				t.Fatal(err)
			}
			return d
		})
	})
}

func TestClassifierConforms(t *testing.T) {
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		for _, name := range []string{"classifier", "probability", "twoclass"} {
			t.Run(name, func(t *testing.T) {
				w := modeltest.Weights(t, model.ForgeryClassification, name)
				modeltest.TestClassifier(t, func(t *testing.T) modeltest.Classifier {
					c, err := model.NewClassifier(session(t, e, w, o), w.Manifest(), modeltest.Resampler{}, w.Batching(o.Provider.Kind, 8))
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = c.Close() })
					return c
				})
			})
		}
	})
}

func TestStandInsReproduceTheirReferenceOutputs(t *testing.T) {
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		for _, entry := range modeltest.Registry().List() {
			w, err := entry.Open()
			if err != nil {
				t.Fatal(err)
			}
			s := session(t, e, w, o)
			if err := model.CheckGolden(t.Context(), s, w.Manifest()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAutoSaysWhatItReallyUses(t *testing.T) {
	s := session(t, environment(t), classifierWeights(t), ort.Options{Provider: model.Provider{Kind: model.Auto}})
	used := s.Used()
	switch used.Provider.Kind {
	case model.CPU:
		if used.Note == "" {
			t.Error("nothing says why it is the CPU")
		}
	case model.CUDA:
		if used.Note != "" {
			t.Errorf("note %q on the provider of choice", used.Note)
		}
	default:
		t.Errorf("used %v", used.Provider)
	}
	if used.Device == "" {
		t.Error("the device has no name")
	}
}

func TestCUDAIsNeverReplacedSilently(t *testing.T) {
	e := environment(t)
	o := ort.Options{Provider: model.Provider{Kind: model.CUDA, Device: 99}} // no machine has that many
	s, err := e.NewSession(t.Context(), classifierWeights(t), o)
	var refused *ort.ProviderError
	if !errors.Is(err, ort.ErrProvider) || !errors.As(err, &refused) {
		t.Fatalf("got %v and %v, want a ProviderError", s, err)
	}
	if !strings.Contains(err.Error(), "cuda:99") || !strings.Contains(refused.Hint(), "--device cpu") {
		t.Errorf("got %q with the hint %q", err, refused.Hint())
	}
}

func TestCancelStopsALongRun(t *testing.T) {
	w := modeltest.Weights(t, model.ForgeryClassification, "slow")
	s := session(t, environment(t), w, cpu())
	input, err := model.GoldenInput([]int64{2048, 32, 32, 3}, model.Uint8)
	if err != nil {
		t.Fatal(err)
	}
	timed := func(ctx context.Context) (time.Duration, error) {
		begin := time.Now()
		_, err := s.Run(ctx, input)
		return time.Since(begin), err
	}
	for tries := 1; ; tries++ { // both take longer on a machine that is busy, but not each time
		whole, err := timed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), whole/10)
		stopped, err := timed(ctx)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want DeadlineExceeded", err)
		}
		if err != nil && stopped <= whole/2 {
			break
		} else if tries == 5 { // without an error it was through before its time was up: the first one was held up
			t.Fatalf("stopped after %v of %v: %v", stopped, whole, err)
		}
	}
	small, err := model.GoldenInput([]int64{1, 32, 32, 3}, model.Uint8)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context(), small); err != nil {
		t.Errorf("the session is unusable afterwards: %v", err)
	}
}

func TestABrokenNetworkIsAnError(t *testing.T) {
	e := environment(t)
	good := classifierWeights(t)
	// A sound outside with an operator that does not exist: only the runtime can notice.
	broken := bytes.ReplaceAll(bytes.Clone(good.ONNX()), []byte("GlobalAveragePool"), []byte("GlobalAveragePoof"))
	m := good.Manifest()
	sum := sha256.Sum256(broken)
	m.SHA256 = hex.EncodeToString(sum[:])
	w, err := model.NewWeights(m, broken)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := e.NewSession(t.Context(), w, cpu()); !errors.Is(err, model.ErrGraph) {
		t.Errorf("got %v and %v, want ErrGraph", s, err)
	}
}

func TestRunIsBitwiseRepeatable(t *testing.T) {
	e := environment(t)
	input, err := model.GoldenInput([]int64{5, 32, 32, 3}, model.Uint8)
	if err != nil {
		t.Fatal(err)
	}
	var first []model.Tensor
	for _, threads := range []int{1, 1, 2} {
		s := session(t, e, classifierWeights(t), ort.Options{Provider: model.Provider{Kind: model.CPU}, Threads: threads})
		for range 3 {
			got, err := s.Run(t.Context(), input)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got
			}
			for i := range got {
				if !slices.Equal(got[i].F32, first[i].F32) {
					t.Errorf("%d threads: output %d differs", threads, i)
				}
			}
		}
	}
}
