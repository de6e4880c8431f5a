package score

import (
	"context"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
)

// Source gives the sampled frames of one clip in presentation order. Next is called from one goroutine; the receiver
// releases each frame. It ends with io.EOF, or with a *frames.TruncatedError when the stream breaks or ends early; the
// frames before that are good. Close may be called twice, and from another goroutine only after Next has returned.
type Source interface {
	Info() frames.Info
	Next(ctx context.Context) (*frames.Frame, error)
	// Decoded is the number of frames decoded so far, sampled or not.
	Decoded() int
	Close() error
}

// Opener opens a file as a Source. Its errors wrap frames.ErrNotMedia, frames.ErrUnsupported, frames.ErrNoVideo,
// frames.ErrBadGeometry or an error of the file system.
type Opener interface {
	Open(ctx context.Context, path string, sampling frames.Sampling) (Source, error)
}

// Detector finds faces. The answer has one list per frame, in order, largest face first. It keeps nothing of the frames
// and is safe for concurrent use by several clips.
type Detector interface {
	Detect(ctx context.Context, batch []*frames.Frame) ([][]frames.Face, error)
}

// Classifier scores faces. Cut copies the faces' crops out of a frame, so that the frame can be released before the
// batch is full; Classify answers in the order of the crops. Both are safe for concurrent use.
type Classifier interface {
	Cut(frame *frames.Frame, faces []frames.Face) ([]frames.Image, error)
	Classify(ctx context.Context, crops []frames.Image) ([]Evidence, error)
}

// Evidence is what the classifier says of one face in one frame. The type belongs to the layer below, so that its
// classifiers satisfy Classifier without knowing this package.
type Evidence = model.Evidence

// Map is the coarse picture of a crop in Evidence.
type Map = model.Map
