package model

import (
	"context"

	"github.com/blendscope/blendscope/frames"
)

// Tensor is a dense array in row-major order. Exactly one of U8 and F32 is set.
type Tensor struct {
	Shape []int64
	U8    []byte
	F32   []float32
}

// Runner runs one loaded model. It may be called from several goroutines; calls are served one after another. The
// outputs come in the manifest's order and belong to the caller. After Close, Run fails; Close may be called twice.
type Runner interface {
	Run(ctx context.Context, input Tensor) ([]Tensor, error)
	Close() error
}

// Resampler cuts and scales pictures; frames/opencv implements it. Shrinking averages areas, enlarging is bilinear:
// training uses the same two filters. Implementations are safe for concurrent use.
type Resampler interface {
	// Crop fills dst with the square of src that starts at (x0, y0) and has side pixels; outside src the border repeats.
	Crop(dst, src frames.Image, x0, y0, side int) error
	// Fit scales src to width x height pixels into the top left of dst and blackens the rest.
	Fit(dst, src frames.Image, width, height int) error
}
