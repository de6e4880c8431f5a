package opencv

import (
	"context"
	"time"

	"gocv.io/x/gocv"
)

// Seek makes Next go on with the first sampled frame whose presentation time, in whole milliseconds, is t or later; there is none
// when t lies behind the last. It is for looking at moments: scoring decodes from the first frame to the last.
//
// The decoder's own seeking is inexact and counts frames by the nominal rate. So it is only asked to come near, and the
// timestamps of the frames decide; if it overshoots however far ahead it starts, the clip is decoded from its beginning.
// Afterwards Frame.Index is what the nominal rate makes of the time.
func (s *Source) Seek(ctx context.Context, t time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.decoder.seek(ctx, max(0, t))
}

func (v *video) seek(ctx context.Context, t time.Duration) error {
	if v.capture == nil {
		return v.ended
	}
	for _, ahead := range []time.Duration{3 * v.clock.step, 2 * time.Second, 10 * time.Second} {
		if start := t - ahead; start > 0 {
			v.jump(start)
			if found, err := v.walk(ctx, t); found || err != nil {
				return err
			}
		}
	}
	if err := v.rewind(); err != nil {
		return err
	}
	_, err := v.walk(ctx, t)
	return err
}

// jump asks the decoder for a moment near t.
func (v *video) jump(t time.Duration) {
	v.forget()
	v.capture.Set(gocv.VideoCapturePosMsec, float64(t+v.clock.first)/float64(time.Millisecond))
	v.clock.last = 0
	v.jumped = true
}

// rewind starts anew. OpenCV's first position after a seek to 0 is not always the first frame, so the file is opened again.
func (v *video) rewind() error {
	capture, err := gocv.VideoCaptureFileWithAPI(descriptorName(v.file), gocv.VideoCaptureFFmpeg)
	if err != nil {
		_ = capture.Close()
		return err
	}
	capture.Set(orientationAuto, 0)
	_ = v.capture.Close()
	v.forget()
	v.capture, v.count, v.jumped = capture, 0, false
	v.clock = clock{step: interval(v.info.FPS)}
	return nil
}

// forget starts the sampling anew, too: it only ever looks ahead.
func (v *video) forget() { v.pending, v.ended, v.sampler = nil, nil, v.sampling.Sampler() }

// walk grabs frames up to the first at or after t and leaves it to Next. After a jump the first grabbed frame must lie
// before t, and have a timestamp of its own: else nobody knows what was passed over.
func (v *video) walk(ctx context.Context, t time.Duration) (found bool, err error) {
	for first := v.jumped; ; first = false {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		p, ok := v.advance()
		reached := p.pts.Truncate(time.Millisecond) >= t
		if first && (!ok || reached || v.capture.Get(gocv.VideoCapturePosMsec) <= 0) {
			return false, nil
		}
		if !ok {
			v.ended = v.ending()
			return true, nil
		}
		if reached {
			v.pending = &p
			return true, nil
		}
	}
}
