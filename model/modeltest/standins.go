package modeltest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
)

// Folder is testdata/onnx: the tiny networks Classifier, Detector, Probability, TwoClass and Slow. Where the sources are not,
// because a test binary was carried to another machine, it is testdata/onnx in the working folder.
func Folder() string {
	_, here, _, _ := runtime.Caller(0)
	folder := filepath.Join(filepath.Dir(here), "..", "..", "testdata", "onnx")
	if _, err := os.Stat(folder); err != nil {
		return filepath.Join("testdata", "onnx")
	}
	return folder
}

// Registry finds the tiny networks, with defaults for both tasks.
func Registry() *model.Registry {
	return model.NewRegistry(model.Folder{
		FS: os.DirFS(Folder()), Origin: "testdata/onnx",
		Defaults: map[model.Task]string{model.FaceDetection: "detector", model.ForgeryClassification: "classifier"},
	})
}

// Weights are those of one tiny network.
func Weights(t testing.TB, task model.Task, name string) *model.Weights {
	t.Helper()
	entry, err := Registry().Get(task, name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := entry.Open()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Picture is a frame with bright squares on a dark, gently uneven ground. A detector stand-in finds the squares.
func Picture(index, width, height int, squares ...frames.Box) *frames.Frame {
	m := frames.NewImage(width, height)
	for y := range height {
		for x := range width {
			v := byte((x*7 + y*13 + index*5) % 60)
			for _, s := range squares {
				if float32(x) >= s.X && float32(x) < s.X+s.W && float32(y) >= s.Y && float32(y) < s.Y+s.H {
					v = byte(250 - (x+y)%6)
				}
			}
			copy(m.Pix[y*m.Stride+3*x:], []byte{v, v, v})
		}
	}
	return frames.NewFrame(index, 0, m, nil)
}

// Crops are n different pictures of size x size pixels.
func Crops(n, size int) []frames.Image {
	crops := make([]frames.Image, n)
	for i := range crops {
		crops[i] = frames.NewImage(size, size)
		for j := range crops[i].Pix {
			crops[i].Pix[j] = byte((j*(i+3) + i*31 + j/size) % 256)
		}
	}
	return crops
}

// fitsInput is the check that a real network makes of its input.
func fitsInput(in model.Input, t model.Tensor) error {
	want := []int64{-1, int64(in.Height), int64(in.Width), 3}
	if in.Layout == model.NCHW {
		want = []int64{-1, 3, int64(in.Height), int64(in.Width)}
	}
	ok := len(t.Shape) == 4 && (t.U8 != nil) == (in.DType == model.Uint8) && !slices.Contains(t.Shape, 0)
	for i := range want {
		ok = ok && (want[i] <= 0 || want[i] == t.Shape[i])
	}
	if !ok {
		return fmt.Errorf("shape %v does not fit %v", t.Shape, want)
	}
	return nil
}
