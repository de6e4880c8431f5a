// Package report makes pages of results for people: one self-contained HTML file a clip, which shows what was examined,
// what was found, where, how far it can be trusted and how to repeat it, and one for a whole batch. A page needs no
// script, asks the network for nothing, and shows whatever names and metadata hold as text.
package report

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// PictureLimits bound what a page shows, and so its size and the time it takes: to show one moment of a long clip, all
// frames since the last key frame are decoded, which may be hundreds.
func PictureLimits() exhibit.Limits {
	return exhibit.Limits{Faces: 6, PerFace: 3, Total: 8, FrameSide: 640, CropSide: 320}
}

// ErrUnasked is why there are no pictures when nobody wanted any.
var ErrUnasked = errors.New("no pictures were asked for")

// Input is what a page is made of. Result and Words are needed, all else may be missing, and the page says so.
type Input struct {
	Result   *score.Result
	Words    *words.Words
	Pictures []Picture
	NoClip   error     // why there are no pictures at all, such as exhibit.ErrOtherFile; nil when the clip was at hand
	Model    *Model    // the classifier; nil when its manifest is not at hand
	Made     time.Time // when the page was made; zero leaves it out
	Command  []string  // repeats the result; nil means what the result's settings make of it
}

// Model is what the classifier's makers say about it.
type Model struct {
	Manifest model.Manifest
	Card     string // Markdown; may be empty
}

// Picture is a moment as the page shows it, or the reason why it cannot.
type Picture struct {
	exhibit.Moment
	Frame, Crop, Map []byte // JPEG; Map is nil when there is none
	Thumb            []byte // JPEG for an overview; of a face's strongest moment only
	FrameWidth       int    // pixels
	FrameHeight      int
	Peak             float64 // highest value of the map, in [0, 1]
	Err              error   // why there is no picture; the others are then nil
}

// Write writes the page of one result.
func Write(ctx context.Context, w io.Writer, in Input) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return render(w, in)
}
