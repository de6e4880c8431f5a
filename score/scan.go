package score

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/track"
)

// scan is the examination of one clip. Four stages run side by side, each in one goroutine:
//
//	decode -> detect (batches of frames) -> cut (track, crop, release the frame) -> classify (batches of faces)
//
// The channels between them are bounded, so the slowest stage sets the pace. Decoding runs at most one batch ahead of
// detection, and cutting works on the batch before: frames in flight are three batches (or stretches between anchors) and
// one, whatever the clip's length. Each field below is written by one stage and read after all of them ended.
type scan struct {
	*Pipeline
	options Options

	// decode
	info       frames.Info
	decoded    int
	truncated  *frames.TruncatedError
	shortened  bool
	decodeTime time.Duration
	// detect
	detectTime  time.Duration
	detectQueue depth
	// cut
	tracker track.Tracker
	clock   clock
	cutTime time.Duration
	// classify
	record        record
	live          live
	classifyTime  time.Duration
	classifyQueue depth
}

// look is what remains of a frame once its pixels are gone: the crops and what was measured.
type look struct {
	index int
	pts   time.Duration
	faces []faceRecord
	crops []frames.Image
	maps  []Map
	mend  bool
	over  bool // faces were left out
}

// examine runs the stages to the end of the clip.
func (s *scan) examine(ctx context.Context, path string) error {
	source, err := s.Opener.Open(ctx, path, s.options.Sampling)
	if err != nil {
		return err
	}
	defer func() { // after the stages have ended
		s.decoded = source.Decoded()
		_ = source.Close() // it was only read: nothing can be lost
	}()
	s.info = source.Info()

	group, ctx := errgroup.WithContext(ctx)
	decoded := make(chan *frames.Frame, s.ahead())
	detected := make(chan batch)
	looks := make(chan look, s.options.BatchFaces) // crops are small
	group.Go(guarded("decode", func() error { defer close(decoded); return s.decode(ctx, source, decoded) }))
	group.Go(guarded("detect", func() error { defer close(detected); return s.detect(ctx, decoded, detected) }))
	group.Go(guarded("cut", func() error { defer close(looks); return s.cut(ctx, detected, looks) }))
	group.Go(guarded("classify", func() error { return s.classify(ctx, looks) }))
	err = group.Wait()
	for frame := range decoded { // left over when a later stage failed
		frame.Release()
	}
	return err
}

// ahead is how many frames may be decoded before they are asked for: a batch or a stretch, or less of very large frames.
// The size is the container's claim; where it lies, the batch still bounds the number of frames.
func (s *scan) ahead() int {
	const widest = 1 << 15
	bytes := 3 * max(1, min(s.info.Width, widest)) * max(1, min(s.info.Height, widest))
	return max(1, min(max(s.options.BatchFrames, mostStretch), maxBatchBytes/bytes))
}

// send passes v on, or reports that nobody waits for it any more: the caller then still owns it.
func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// receive returns the next value; ok is false at the end. It fails when the work was given up.
func receive[T any](ctx context.Context, from <-chan T) (v T, ok bool, err error) {
	select {
	case v, ok = <-from:
		// A stage that fails closes its channel too: that is no end of the clip.
		if !ok && ctx.Err() != nil {
			return v, false, context.Cause(ctx)
		}
		return v, ok, nil
	case <-ctx.Done():
		return v, false, context.Cause(ctx)
	}
}

// depth is how full a channel was whenever something was taken from it.
type depth struct{ sum, times, bound int }

func note[T any](d *depth, queue <-chan T) {
	d.sum += len(queue)
	d.times++
	d.bound = cap(queue)
}

func (d depth) mean() float64 { return float64(d.sum) / float64(max(1, d.times)) }

// timed adds the time f takes to total.
func timed(total *time.Duration, f func() error) error {
	started := time.Now()
	defer func() { *total += time.Since(started) }()
	return f()
}

func (s *scan) decode(ctx context.Context, source Source, to chan<- *frames.Frame) error {
	for {
		var frame *frames.Frame
		err := timed(&s.decodeTime, func() (err error) {
			frame, err = source.Next(ctx)
			return err
		})
		var truncated *frames.TruncatedError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &truncated):
			s.truncated = truncated
			return nil
		case err != nil:
			return err
		case frame.Image.Empty():
			frame.Release()
			return frames.ErrBadGeometry
		case s.options.MaxDuration > 0 && frame.PTS > s.options.MaxDuration:
			frame.Release()
			s.shortened = true
			return nil
		}
		if err := send(ctx, to, frame); err != nil {
			frame.Release()
			return err
		}
	}
}

// clock mends timestamps: whatever a source says, time does not run backwards here.
type clock struct{ now time.Duration }

func (c *clock) read(pts time.Duration) (mended time.Duration, ok bool) {
	ok = pts >= c.now && pts <= latest
	if ok {
		c.now = pts
	}
	return c.now, ok
}
