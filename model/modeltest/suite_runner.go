package modeltest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/blendscope/blendscope/model"
)

// TestRunner is the conformance suite of model.Runner. open makes a fresh one for a manifest; the suite closes it. The
// input must be of fixed size.
func TestRunner(t *testing.T, m model.Manifest, open func(*testing.T) model.Runner) {
	s := runnerSuite{manifest: m, open: func(t *testing.T) model.Runner {
		r := open(t)
		t.Cleanup(func() { _ = r.Close() })
		return r
	}}
	t.Run("answers in the manifest's order, twice the same", s.deterministic)
	t.Run("outputs belong to the caller", s.ownOutputs)
	t.Run("input is left alone", s.inputKept)
	t.Run("a picture's answer does not depend on its batch", s.batchIndependent)
	t.Run("calls from many goroutines", s.concurrent)
	t.Run("cancelled context", s.cancelled)
	t.Run("bad input is refused and does no harm", s.badInput)
	t.Run("close", s.close)
}

type runnerSuite struct {
	manifest model.Manifest
	open     func(*testing.T) model.Runner
}

// input is a batch of different pictures, starting with number first.
func (s runnerSuite) input(t *testing.T, first, n int) model.Tensor {
	t.Helper()
	in := s.manifest.Input
	shape := []int64{int64(first + n), int64(in.Height), int64(in.Width), 3}
	if in.Layout == model.NCHW {
		shape = []int64{int64(first + n), 3, int64(in.Height), int64(in.Width)}
	}
	tensor, err := model.GoldenInput(shape, in.DType)
	if err != nil {
		t.Fatal(err)
	}
	size := 3 * in.Width * in.Height
	tensor.Shape[0] = int64(n)
	if tensor.U8 != nil {
		tensor.U8 = tensor.U8[first*size:]
	} else {
		tensor.F32 = tensor.F32[first*size:]
	}
	return tensor
}

func (s runnerSuite) run(t *testing.T, r model.Runner, input model.Tensor) []model.Tensor {
	t.Helper()
	outputs, err := r.Run(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	if len(outputs) != len(s.manifest.Outputs) {
		t.Fatalf("%d outputs, manifest has %d", len(outputs), len(s.manifest.Outputs))
	}
	for i, o := range outputs {
		if err := o.Check(); err != nil || o.F32 == nil {
			t.Fatalf("output %s: %v", s.manifest.Outputs[i].Name, err)
		}
		if o.Shape[0] != input.Shape[0] {
			t.Fatalf("output %s has shape %v for a batch of %d", s.manifest.Outputs[i].Name, o.Shape, input.Shape[0])
		}
	}
	return outputs
}

func (s runnerSuite) deterministic(t *testing.T) {
	r := s.open(t)
	input := s.input(t, 0, 3)
	first, second := s.run(t, r, input), s.run(t, r, input)
	sameOutputs(t, first, second)
	third := s.run(t, s.open(t), input)
	sameOutputs(t, first, third)
}

func (s runnerSuite) ownOutputs(t *testing.T) {
	r := s.open(t)
	input := s.input(t, 0, 2)
	first := s.run(t, r, input)
	kept := cloneOutputs(first)
	for _, o := range s.run(t, r, s.input(t, 5, 2)) {
		clear(o.F32)
	}
	sameOutputs(t, first, kept)
}

func (s runnerSuite) inputKept(t *testing.T) {
	r := s.open(t)
	input := s.input(t, 0, 2)
	s.run(t, r, input)
	fresh := s.input(t, 0, 2)
	if !slices.Equal(input.U8, fresh.U8) || !slices.Equal(input.F32, fresh.F32) || !slices.Equal(input.Shape, fresh.Shape) {
		t.Error("the runner changed its input")
	}
}

func (s runnerSuite) batchIndependent(t *testing.T) {
	r := s.open(t)
	together := s.run(t, r, s.input(t, 0, 5))
	for i := range 5 {
		alone := s.run(t, r, s.input(t, i, 1))
		for k := range alone {
			size := len(alone[k].F32)
			part := together[k].F32[i*size : (i+1)*size]
			for j, v := range part {
				if d := v - alone[k].F32[j]; d > 1e-4 || d < -1e-4 {
					t.Fatalf("picture %d, output %s: %v in a batch, %v alone", i, s.manifest.Outputs[k].Name, v, alone[k].F32[j])
				}
			}
		}
	}
}

func (s runnerSuite) concurrent(t *testing.T) {
	r := s.open(t)
	var want [4][]model.Tensor
	for i := range want {
		want[i] = s.run(t, r, s.input(t, i, i+1))
	}
	var wg sync.WaitGroup
	for i := range 16 {
		input := s.input(t, i%4, i%4+1)
		wg.Go(func() {
			got, err := r.Run(context.Background(), input)
			if err != nil {
				t.Error(err)
				return
			}
			sameOutputs(t, got, want[i%4])
		})
	}
	wg.Wait()
}

func (s runnerSuite) cancelled(t *testing.T) {
	r := s.open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Run(ctx, s.input(t, 0, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	s.run(t, r, s.input(t, 0, 1))
}

func (s runnerSuite) badInput(t *testing.T) {
	r := s.open(t)
	good := s.input(t, 0, 1)
	short, both, other := good, good, good
	short.Shape = []int64{2, good.Shape[1], good.Shape[2], good.Shape[3]}
	both.U8, both.F32 = []byte{1}, []float32{1}
	other.Shape = []int64{1, 1, int64(len(good.U8) + len(good.F32)), 1}
	empty := model.Tensor{Shape: []int64{0, good.Shape[1], good.Shape[2], good.Shape[3]}, U8: []byte{}}
	for name, bad := range map[string]model.Tensor{"too few values": short, "bytes and floats": both, "another shape": other, "nothing": {}, "no pictures": empty} {
		if _, err := r.Run(context.Background(), bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s.run(t, r, good)
}

func (s runnerSuite) close(t *testing.T) {
	r := s.open(t)
	input := s.input(t, 0, 1)
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.Run(context.Background(), input)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, model.ErrClosed) {
			t.Errorf("got %v, want ErrClosed", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Run after Close hangs")
	}
}

func sameOutputs(t *testing.T, a, b []model.Tensor) {
	t.Helper()
	for i := range a {
		if !slices.Equal(a[i].F32, b[i].F32) || !slices.Equal(a[i].Shape, b[i].Shape) {
			t.Errorf("output %d differs between runs", i)
		}
	}
}

func cloneOutputs(tensors []model.Tensor) []model.Tensor {
	clones := slices.Clone(tensors)
	for i := range clones {
		clones[i].F32 = slices.Clone(clones[i].F32)
	}
	return clones
}
