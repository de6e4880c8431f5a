package ort_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/model/ort"
	"github.com/blendscope/blendscope/models"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// library is the runtime that `make setup` unpacks, or the one that the environment names.
func library(t testing.TB) string {
	t.Helper()
	path := os.Getenv("BLENDSCOPE_ONNXRUNTIME")
	if path == "" {
		path = filepath.Join("..", "..", "lib", "libonnxruntime.so")
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no ONNX Runtime (make setup): %v", err)
	}
	return path
}

func environment(t testing.TB) *ort.Environment {
	t.Helper()
	e, err := ort.Open(library(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func cpu() ort.Options { return ort.Options{Provider: model.Provider{Kind: model.CPU}} }

func session(t testing.TB, e *ort.Environment, w *model.Weights, o ort.Options) *ort.Session {
	t.Helper()
	s, err := e.NewSession(t.Context(), w, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func classifierWeights(t testing.TB) *model.Weights {
	return modeltest.Weights(t, model.ForgeryClassification, "classifier")
}

// providers are those whose sessions must pass the conformance suites; cuda is skipped where it can not be had.
func providers(t *testing.T, test func(t *testing.T, e *ort.Environment, o ort.Options)) {
	t.Run("cpu", func(t *testing.T) { test(t, environment(t), cpu()) })
	t.Run("cuda", func(t *testing.T) {
		e := environment(t)
		o := ort.Options{Provider: model.Provider{Kind: model.CUDA}, CUDA: tuning(t)}
		s, err := e.NewSession(t.Context(), classifierWeights(t), o)
		if err != nil {
			t.Skipf("no CUDA: %v", err)
		}
		_ = s.Close()
		test(t, e, o)
	})
}

// tuning are the options of the CUDA provider in BLENDSCOPE_BENCH_CUDA, such as use_tf32=1,prefer_nhwc=1.
func tuning(t testing.TB) map[string]string {
	t.Helper()
	options := map[string]string{}
	for option := range strings.SplitSeq(os.Getenv("BLENDSCOPE_BENCH_CUDA"), ",") {
		if name, value, ok := strings.Cut(option, "="); ok {
			options[name] = value
		} else if option != "" {
			t.Fatalf("BLENDSCOPE_BENCH_CUDA: %q is not NAME=VALUE", option)
		}
	}
	return options
}

// measured are the weights of the shipped classifier, or of the one in the folder of models that BLENDSCOPE_BENCH_MODELS names.
func measured(t testing.TB) *model.Weights {
	t.Helper()
	folder := os.Getenv("BLENDSCOPE_BENCH_MODELS")
	if folder == "" {
		return shippedClassifier(t)
	}
	for _, entry := range model.NewRegistry(model.Folder{FS: os.DirFS(folder), Origin: folder}).List() {
		if entry.Manifest.Task == model.ForgeryClassification {
			return open(t, entry)
		}
	}
	t.Fatalf("no classifier in %s", folder)
	return nil
}

func shippedClassifier(t testing.TB) *model.Weights {
	t.Helper()
	entry, err := shipped().Get(model.ForgeryClassification, models.ForgeryClassification)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, entry)
}

func open(t testing.TB, entry model.Entry) *model.Weights {
	t.Helper()
	w, err := entry.Open()
	if err != nil {
		t.Fatal(err)
	}
	return w
}
