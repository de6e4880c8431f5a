package enginetest

import (
	"context"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Preview plays what the file says, as Parts does.
func (Platform) Preview(ctx context.Context, path string) (engine.Preview, error) {
	p := &preview{path: path}
	return p, p.Seek(ctx, 0)
}

type preview struct {
	score.Source
	path    string
	pending *frames.Frame // found by Seek
}

// Seek opens the file anew and passes frames over.
func (p *preview) Seek(ctx context.Context, t time.Duration) error {
	if p.Source != nil {
		if err := p.Close(); err != nil {
			return err
		}
	}
	source, err := (&Engine{}).Parts().Opener.Open(ctx, p.path, frames.Sampling{})
	if err != nil {
		return err
	}
	p.Source = source
	for {
		frame, err := source.Next(ctx)
		if err != nil {
			return nil // the end, as Next will say again
		}
		if frame.PTS.Truncate(time.Millisecond) >= t {
			p.pending = frame
			return nil
		}
		frame.Release()
	}
}

func (p *preview) Next(ctx context.Context) (*frames.Frame, error) {
	if frame := p.pending; frame != nil {
		p.pending = nil
		return frame, nil
	}
	return p.Source.Next(ctx)
}

func (p *preview) Close() error {
	p.pending.Release()
	p.pending = nil
	return p.Source.Close()
}
