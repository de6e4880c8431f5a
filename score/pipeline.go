package score

import (
	"context"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
)

// Options are the settings of a pipeline.
type Options struct {
	Sampling    frames.Sampling
	Calibration model.Calibration
	MaxFaces    int           // most faces scored per frame, largest and steadiest first
	MaxDuration time.Duration // of presentation time; 0 means no limit
	Timeline    bool          // keep Result.Timeline
	BatchFrames int           // frames per detector call
	BatchFaces  int           // crops per classifier call

	// OnMoment, when set, is called for every scored frame in order, from one goroutine.
	OnMoment func(Moment)
}

// Pipeline scores clips. It is safe for concurrent use; the clips then share the detector and the classifier.
type Pipeline struct {
	Opener     Opener
	Detector   Detector
	Classifier Classifier
	Options    Options
}

// Score examines one file. Whatever happens becomes the result's status: there is no error. It fills Input (but for
// SHA256 and Bytes), Outcome, Tracks, Segments, Timeline, Quality, Limits and Timing; the caller adds the rest.
func (p *Pipeline) Score(ctx context.Context, path string) Result {
	panic("to be written")
}
