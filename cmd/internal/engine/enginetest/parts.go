package enginetest

import (
	"context"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

// Parts are a pipeline's: every clip with a wish in it plays as many frames with one face.
func (e *Engine) Parts() score.Pipeline {
	studio := &scoretest.Studio{}
	return score.Pipeline{Opener: stage{studio}, Detector: studio, Classifier: studio}
}

// stage lets a studio play what the files say.
type stage struct{ *scoretest.Studio }

func (s stage) Open(ctx context.Context, path string, sampling frames.Sampling) (score.Source, error) {
	wish, err := read(path)
	if err != nil {
		return nil, err
	}
	const interval = 40 * time.Millisecond
	script := scoretest.Every(interval, wish.frames, func(int, float64) []scoretest.Face {
		return []scoretest.Face{scoretest.At(32, 18, 16, 0)}
	})
	script.Info = frames.Info{Kind: frames.Video, Codec: "text", Width: 64, Height: 36, FPS: 25, Duration: wish.length()}
	s.Add(path, script)
	return s.Studio.Open(ctx, path, sampling)
}
