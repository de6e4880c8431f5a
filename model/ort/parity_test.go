package ort_test

import (
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/model/ort"
	"github.com/blendscope/blendscope/models"
)

// parityFile is what testdata/onnx/parity.py writes.
type parityFile struct {
	Stride      int      `json:"stride"` // of each flat output every Stride-th value is there
	ONNXRuntime string   `json:"onnxruntime"`
	Pictures    []string `json:"pictures"`
	Models      map[string]struct {
		SHA256  string                          `json:"sha256"`
		Answers map[string]map[string][]float32 `json:"answers"` // by picture and output
	} `json:"models"`
}

func shipped() *model.Registry {
	return model.NewRegistry(model.Folder{FS: models.FS(), Origin: "built in", Defaults: map[model.Task]string{
		model.FaceDetection: models.FaceDetection, model.ForgeryClassification: models.ForgeryClassification,
	}})
}

// Relative for what is measured in pixels, absolute for logits, scores and probabilities around one.
const parityTolerance = 1e-4

func TestParityWithPython(t *testing.T) {
	folder := filepath.Join(modeltest.Folder(), "parity")
	data, err := os.ReadFile(filepath.Join(folder, "parity.json"))
	if err != nil {
		t.Fatal(err)
	}
	var python parityFile
	if err := json.Unmarshal(data, &python); err != nil {
		t.Fatal(err)
	}
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		for _, entry := range shipped().List() {
			w, err := entry.Open()
			if err != nil {
				t.Fatal(err)
			}
			m, want := w.Manifest(), python.Models[entry.Name]
			if want.SHA256 != m.SHA256 {
				t.Errorf("%s: the weights changed; run testdata/onnx/parity.py again", entry.Name)
				continue
			}
			s := session(t, e, w, o)
			for _, picture := range python.Pictures {
				outputs, err := s.Run(t.Context(), readPNG(t, filepath.Join(folder, picture+".png")))
				if err != nil {
					t.Fatal(err)
				}
				for i, out := range m.Outputs {
					compareParity(t, entry.Name+" "+picture+" "+out.Name, outputs[i].F32, want.Answers[picture][out.Name], python.Stride)
				}
			}
		}
	})
}

func compareParity(t *testing.T, name string, got, want []float32, stride int) {
	t.Helper()
	if len(want) == 0 || len(want) != (len(got)+stride-1)/stride {
		t.Errorf("%s: %d values, Python has every %dth, %d", name, len(got), stride, len(want))
		return
	}
	worst := 0.0
	for i, w := range want {
		d := math.Abs(float64(got[i*stride]-w)) / max(1, math.Abs(float64(w)))
		if !(d <= worst) { // also true for NaN
			worst = d
		}
	}
	t.Logf("%s: largest difference %.2g", name, worst)
	if !(worst <= parityTolerance) {
		t.Errorf("%s: differs by %.2g from Python's, more than %.2g", name, worst, parityTolerance)
	}
}

// readPNG is one picture as our networks take it: uint8 NHWC BGR.
func readPNG(t *testing.T, path string) model.Tensor {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	size := img.Bounds().Size()
	input := model.Tensor{Shape: []int64{1, int64(size.Y), int64(size.X), 3}}
	for y := range size.Y {
		for x := range size.X {
			r, g, b, _ := img.At(x, y).RGBA()
			input.U8 = append(input.U8, byte(b>>8), byte(g>>8), byte(r>>8))
		}
	}
	return input
}

func TestShippedModelsReproduceTheirReferenceOutputs(t *testing.T) {
	providers(t, func(t *testing.T, e *ort.Environment, o ort.Options) {
		for _, entry := range shipped().List() {
			w, err := entry.Open()
			if err != nil {
				t.Fatal(err)
			}
			if err := model.CheckGolden(t.Context(), session(t, e, w, o), w.Manifest()); err != nil {
				t.Error(err)
			}
		}
	})
}

// On the CPU this holds bit by bit, and must: which faces share a run depends on timing, results must not.
func TestShippedModelsAnswerTheSameInAnyBatch(t *testing.T) {
	e := environment(t)
	for _, entry := range shipped().List() {
		w, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		s := session(t, e, w, cpu())
		side := int64(w.Manifest().Input.Width)
		if side == 0 {
			side = 128
		}
		batch := golden(t, 4, side)
		together, err := s.Run(t.Context(), batch)
		if err != nil {
			t.Fatal(err)
		}
		size := len(batch.U8) / 4
		for _, part := range [][2]int{{0, 1}, {1, 4}, {2, 4}} {
			n := part[1] - part[0]
			sub := model.Tensor{Shape: []int64{int64(n), side, side, 3}, U8: batch.U8[part[0]*size : part[1]*size]}
			alone, err := s.Run(t.Context(), sub)
			if err != nil {
				t.Fatal(err)
			}
			for i, out := range alone {
				per := len(out.F32) / n
				if !slices.Equal(out.F32, together[i].F32[part[0]*per:part[1]*per]) {
					t.Errorf("%s: output %d of pictures %v differs from their part in a batch of 4", entry.Name, i, part)
				}
			}
		}
	}
}

func golden(t *testing.T, n, side int64) model.Tensor {
	t.Helper()
	input, err := model.GoldenInput([]int64{n, side, side, 3}, model.Uint8)
	if err != nil {
		t.Fatal(err)
	}
	return input
}
