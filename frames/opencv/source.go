package opencv

import (
	"context"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// Source gives the sampled frames of one file in presentation order. Next is called from one goroutine. Frames may be
// released from any goroutine, before or after Close.
type Source struct {
	info    frames.Info
	decoder decoder
}

// decoder is what videos and photos do differently.
type decoder interface {
	next(ctx context.Context) (*frames.Frame, error)
	seek(ctx context.Context, t time.Duration) error
	decoded() int
	close() error
}

// Info is what the container says, corrected by what the decoder knows.
func (s *Source) Info() frames.Info { return s.info }

// Next returns the next sampled frame, which the caller releases. It ends with io.EOF, or with a *frames.TruncatedError
// when frames are missing; once it has ended, it keeps giving the same error.
func (s *Source) Next(ctx context.Context) (*frames.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.decoder.next(ctx)
}

// Decoded is the number of frames decoded so far, sampled or not.
func (s *Source) Decoded() int { return s.decoder.decoded() }

// Close frees the decoder. It may be called twice, and from another goroutine only after Next has returned. Frames that
// are still out stay valid until they are released.
func (s *Source) Close() error { return s.decoder.close() }
