package modeltest

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/blendscope/blendscope/model"
)

// FakeRunner is a model.Runner without a network. For a classifier the verdict rises with the brightness of the crop;
// a detector finds one face where the picture is bright, by values of at least Bright.
type FakeRunner struct {
	Manifest model.Manifest
	Answer   func(model.Tensor) ([]model.Tensor, error) // in place of the above, when set
	Delay    time.Duration                              // per run; ends early with the context

	mu      sync.Mutex
	closed  bool
	batches []int
}

// Bright is the least value of a pixel that belongs to a fake face.
const Bright = 200

var _ model.Runner = (*FakeRunner)(nil)

// Run answers as the comment on FakeRunner says.
func (r *FakeRunner) Run(ctx context.Context, input model.Tensor) ([]model.Tensor, error) {
	r.mu.Lock() // calls are served one after another
	defer r.mu.Unlock()
	if r.closed {
		return nil, model.ErrClosed
	}
	if err := input.Check(); err != nil {
		return nil, err
	}
	if err := fitsInput(r.Manifest.Input, input); err != nil {
		return nil, err
	}
	if err := pause(ctx, r.Delay); err != nil {
		return nil, err
	}
	r.batches = append(r.batches, int(input.Shape[0]))
	if r.Answer != nil {
		return r.Answer(input)
	}
	return r.answer(input), nil
}

// Batches are the batch sizes of the runs so far.
func (r *FakeRunner) Batches() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.batches)
}

// Close makes later runs fail.
func (r *FakeRunner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return nil
}

func (r *FakeRunner) answer(input model.Tensor) []model.Tensor {
	batch := int(input.Shape[0])
	size := (len(input.U8) + len(input.F32)) / batch
	outputs := make([]model.Tensor, len(r.Manifest.Outputs))
	for i, o := range r.Manifest.Outputs {
		shape := fakeShape(o.Meaning)
		outputs[i].Shape = append([]int64{int64(batch)}, shape...)
		for n := range batch {
			at := func(j int) float64 {
				if input.U8 != nil {
					return float64(input.U8[n*size+j])
				}
				return float64(input.F32[n*size+j])
			}
			outputs[i].F32 = append(outputs[i].F32, fakeValues(o.Meaning, r.Manifest.Input, input.Shape, size, at)...)
		}
	}
	return outputs
}

// fakeShape is an output's shape per picture.
func fakeShape(m model.Meaning) []int64 {
	switch m {
	case model.MeaningClassLogits, model.MeaningClassProbabilities:
		return []int64{2}
	case model.MeaningBoundaryMap:
		return []int64{2, 2}
	case model.MeaningBoxes:
		return []int64{1, 4}
	case model.MeaningScores:
		return []int64{1}
	case model.MeaningLandmarks:
		return []int64{1, 10}
	}
	return nil
}

// fakeValues are one picture's values; at reads one of its size input values.
func fakeValues(m model.Meaning, in model.Input, shape []int64, size int, at func(int) float64) []float32 {
	sum := 0.0
	for j := range size {
		sum += at(j)
	}
	logit := 8 * (sum/float64(size)/255 - 0.5)
	p := 1 / (1 + math.Exp(-logit))
	switch m {
	case model.MeaningLogit:
		return []float32{float32(logit)}
	case model.MeaningProbability:
		return []float32{float32(p)}
	case model.MeaningClassLogits:
		return []float32{0, float32(logit)}
	case model.MeaningClassProbabilities:
		return []float32{float32(1 - p), float32(p)}
	case model.MeaningBoundaryMap:
		return []float32{float32(p), float32(p), float32(p), float32(p)}
	}
	x1, y1, x2, y2 := brightExtent(in, shape, at)
	switch {
	case m == model.MeaningScores && x2 > x1:
		return []float32{0.9}
	case m == model.MeaningScores:
		return []float32{0}
	case m == model.MeaningBoxes:
		return []float32{x1, y1, x2, y2}
	}
	w, h := x2-x1, y2-y1
	return []float32{x1 + w/4, y1 + h/3, x2 - w/4, y1 + h/3, x1 + w/2, y1 + h/2, x1 + w/3, y2 - h/4, x2 - w/3, y2 - h/4}
}

// brightExtent is the box around the pixels whose first channel is bright.
func brightExtent(in model.Input, shape []int64, at func(int) float64) (x1, y1, x2, y2 float32) {
	height, width, step := int(shape[1]), int(shape[2]), 3
	if in.Layout == model.NCHW {
		height, width, step = int(shape[2]), int(shape[3]), 1
	}
	x1, y1 = float32(width), float32(height)
	for y := range height {
		for x := range width {
			if at((y*width+x)*step) >= Bright {
				x1, y1 = min(x1, float32(x)), min(y1, float32(y))
				x2, y2 = max(x2, float32(x+1)), max(y2, float32(y+1))
			}
		}
	}
	return x1, y1, x2, y2
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
