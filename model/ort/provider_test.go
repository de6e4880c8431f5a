package ort

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
)

// A runtime with a broken CUDA provider beside it: what a machine without driver or with other CUDA libraries looks like.
func TestABrokenCUDAProvider(t *testing.T) {
	runtime := copyRuntime(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(runtime), "libonnxruntime_providers_cuda.so"), []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := Open(runtime)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	w := modeltest.Weights(t, model.ForgeryClassification, "classifier")

	_, err = e.NewSession(t.Context(), w, Options{Provider: model.Provider{Kind: model.CUDA}})
	if !errors.Is(err, ErrProvider) {
		t.Errorf("cuda: got %v, want ErrProvider", err)
	}
	s, err := e.NewSession(t.Context(), w, Options{Provider: model.Provider{Kind: model.Auto}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if u := s.Used(); u.Provider.Kind != model.CPU || u.Note == "" {
		t.Errorf("auto: used %+v", u)
	}
	if err := model.CheckGolden(context.Background(), s, w.Manifest()); err != nil {
		t.Error(err)
	}
}

func TestNativeMessagesFitIntoOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\n\tb": "a b",
		"/src/bridge.cc:1988 Provider& Get() [ONNXRuntimeError] : 1 : FAIL : no libcublas\n": "1 : FAIL : no libcublas",
	} {
		if got := oneLine(errors.New(in)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWarmUpFitsTheNetwork(t *testing.T) {
	for in, want := range map[model.Input][]int64{
		{Layout: model.NHWC, DType: model.Uint8, Width: 64, Height: 32}:   {3, 32, 64, 3},
		{Layout: model.NCHW, DType: model.Float32, Width: 64, Height: 32}: {3, 3, 32, 64},
		{Layout: model.NHWC, DType: model.Uint8, MultipleOf: 48}:          {3, 288, 288, 3},
	} {
		got, err := warmUp(in, 3)
		if err != nil || !slices.Equal(got.Shape, want) || got.Check() != nil {
			t.Errorf("%+v: got shape %v, %v, want %v", in, got.Shape, err, want)
		}
	}
}

func copyRuntime(t *testing.T) string {
	t.Helper()
	path := os.Getenv("BLENDSCOPE_ONNXRUNTIME")
	if path == "" {
		path = filepath.Join("..", "..", "lib", "libonnxruntime.so")
	}
	in, err := os.Open(path)
	if err != nil {
		t.Skipf("no ONNX Runtime (make setup): %v", err)
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(t.TempDir(), "libonnxruntime.so"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}
