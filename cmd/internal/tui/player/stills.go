package player

import (
	"context"
	"sync"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/frames"
)

// Stills takes single pictures out of a clip, beside the player. It is safe for concurrent use; calls wait for each other.
type Stills struct {
	open func(context.Context) (engine.Preview, error)

	mu      sync.Mutex
	preview engine.Preview // opened by the first call
	closed  bool
}

// NewStills opens the clip when the first picture is asked for. The caller closes it.
func NewStills(open func(context.Context) (engine.Preview, error)) *Stills {
	return &Stills{open: open}
}

// Picture is the frame shown at t, scaled as l wants it.
func (s *Stills) Picture(ctx context.Context, t time.Duration, l Look) (pic Picture, err error) {
	err = s.at(ctx, t, func(f *frames.Frame) {
		pic = Picture{PTS: f.PTS, Index: f.Index}
		scale(&pic, f, l)
	})
	return pic, err
}

// Frame is the whole frame shown at t in its full size.
func (s *Stills) Frame(ctx context.Context, t time.Duration) (m frames.Image, index int, err error) {
	err = s.at(ctx, t, func(f *frames.Frame) { m, index = termimg.Clone(f.Image), f.Index })
	return m, index, err
}

func (s *Stills) at(ctx context.Context, t time.Duration, use func(*frames.Frame)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return context.Canceled
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.preview == nil {
		preview, err := s.open(ctx)
		if err != nil {
			return err
		}
		s.preview = preview
	}
	frame, err := engine.At(ctx, s.preview, t)
	if err != nil {
		return err
	}
	defer frame.Release()
	use(frame)
	return nil
}

// Close closes the clip. It may be called twice; it waits for a call that is under way.
func (s *Stills) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.preview == nil {
		return nil
	}
	err := s.preview.Close()
	s.preview = nil
	return err
}
