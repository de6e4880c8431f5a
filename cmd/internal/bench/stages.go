package bench

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// sample is what one run did.
type sample struct {
	items int // frames or faces that went through
	found int // frames that were looked at for faces, where that is another number
	busy  score.Timing
}

// decode reads the clip as the pipeline does and lets every frame go.
func (b *bench) decode(ctx context.Context, sampling frames.Sampling) (sample, error) {
	source, err := b.pipeline.Opener.Open(ctx, b.path, sampling)
	if err != nil {
		return sample{}, err
	}
	defer source.Close() // it was only read
	for {
		frame, err := source.Next(ctx)
		if over, err := ended(err); over || err != nil {
			return sample{items: source.Decoded()}, err
		}
		late := b.MaxDuration > 0 && frame.PTS > b.MaxDuration
		frame.Release()
		if late {
			return sample{items: source.Decoded()}, nil
		}
	}
}

// ended tells the end of a clip, clean or cut short, from an error.
func ended(err error) (bool, error) {
	var truncated *frames.TruncatedError
	if errors.Is(err, io.EOF) || errors.As(err, &truncated) {
		return true, nil
	}
	return false, err
}

// endToEnd scores the clip as scan does.
func (b *bench) endToEnd(ctx context.Context, sampling frames.Sampling) (sample, error) {
	p := b.pipeline
	p.Options.Sampling = sampling
	return scored(ctx, p, b.path)
}

func scored(ctx context.Context, p score.Pipeline, path string) (sample, error) {
	r := p.Score(ctx, path)
	if err := ctx.Err(); err != nil {
		return sample{}, err
	}
	if r.Outcome.Status == score.Failed {
		return sample{}, failed(r)
	}
	return sample{items: r.Input.FramesDecoded, found: r.Input.FramesScored, busy: r.Timing}, nil
}

// detect looks for faces in the held frames, again and again.
func (b *bench) detect(ctx context.Context, h *held) (s sample, err error) {
	started := time.Now()
	for s.items == 0 || time.Since(started) < b.LeastRun {
		for _, batch := range h.batches(b.pipeline.Options.BatchFrames) {
			if _, err := b.pipeline.Detector.Detect(ctx, batch); err != nil {
				return s, err
			}
			s.items += len(batch)
		}
	}
	return s, nil
}

// classify judges the held crops, again and again, in full batches.
func (b *bench) classify(ctx context.Context, h *held) (s sample, err error) {
	batch := make([]frames.Image, b.pipeline.Options.BatchFaces)
	started := time.Now()
	for s.items == 0 || time.Since(started) < b.LeastRun {
		for i := range batch {
			batch[i] = h.crops[(s.items+i)%len(h.crops)]
		}
		if _, err := b.pipeline.Classifier.Classify(ctx, batch); err != nil {
			return s, err
		}
		s.items += len(batch)
	}
	return s, nil
}

// inference runs the pipeline on the held frames instead of a file, so many to the second of presentation time.
func (b *bench) inference(ctx context.Context, h *held, rate float64) (sample, error) {
	if !(rate > 0) {
		rate = photoRate
	}
	p := b.pipeline
	p.Options.MaxDuration = 0
	p.Opener = &player{
		held: h, info: b.info, whole: p.Options.BatchFrames, until: time.Now().Add(b.LeastRun),
		step: time.Duration(float64(time.Second) / rate), linger: max(1, int(linger.Seconds()*rate)),
	}
	return scored(ctx, p, b.path)
}
