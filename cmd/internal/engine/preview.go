package engine

import (
	"context"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// Preview shows a file to people: every frame in order, or the frame of a moment. It scores nothing. One goroutine uses it
// at a time.
type Preview interface {
	Info() frames.Info
	// Next gives the next frame, which the caller releases. It ends with io.EOF, or with a *frames.TruncatedError.
	Next(ctx context.Context) (*frames.Frame, error)
	// Seek makes Next go on with the first frame whose presentation time, in whole milliseconds, is t or later: results
	// name moments so. Afterwards Frame.Index is an estimate where frames do not come at a constant rate.
	Seek(ctx context.Context, t time.Duration) error
	Close() error
}

// At gives the frame shown at t.
func At(ctx context.Context, p Preview, t time.Duration) (*frames.Frame, error) {
	if err := p.Seek(ctx, t); err != nil {
		return nil, err
	}
	return p.Next(ctx)
}
