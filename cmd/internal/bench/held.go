package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Bounds on the frames held in memory: two batches of 1080p are 50 MB.
const (
	mostHeld      = 8
	mostHeldBytes = 128 << 20
)

// held are frames of the clip, spread over its length, and the crops of their faces.
type held struct {
	frames []*frames.Frame
	crops  []frames.Image // at least one
	faces  int            // faces found; 0 when the crops are patches of the picture
}

// hold decodes the frames to be held and finds their faces.
func (b *bench) hold(ctx context.Context) (h *held, err error) {
	var sampling frames.Sampling
	if length := b.length(); length > 0 {
		sampling.PerSecond = mostHeld / length
	}
	source, err := b.pipeline.Opener.Open(ctx, b.path, sampling)
	if err != nil {
		return nil, err
	}
	defer source.Close() // frames that are out stay valid
	all := &held{}       // not h, which an error leaves nil
	defer func() {
		if err != nil {
			all.release()
		}
	}()
	for bytes := 0; len(all.frames) < mostHeld && (len(all.frames) == 0 || bytes < mostHeldBytes); {
		frame, err := source.Next(ctx)
		if over, err := ended(err); err != nil {
			return nil, err
		} else if over {
			break
		}
		bytes += len(frame.Image.Pix)
		all.frames = append(all.frames, frame)
	}
	if len(all.frames) == 0 {
		return nil, fmt.Errorf("%s: no frame could be decoded", b.path)
	}
	return all, b.cut(ctx, all)
}

// cut takes the crops of all faces; where there is none, patches of the pictures: a network takes as long for them.
func (b *bench) cut(ctx context.Context, h *held) error {
	for _, batch := range h.batches(b.pipeline.Options.BatchFrames) {
		found, err := b.pipeline.Detector.Detect(ctx, batch)
		if err != nil {
			return err
		}
		for i, frame := range batch {
			faces := found[i][:min(len(found[i]), b.pipeline.Options.MaxFaces)]
			crops, err := b.pipeline.Classifier.Cut(frame, faces)
			if err != nil {
				return err
			}
			h.faces += len(faces)
			h.crops = append(h.crops, crops...)
		}
	}
	if len(h.crops) > 0 {
		return nil
	}
	m := h.frames[0].Image
	side := float32(min(m.Width, m.Height)) / 2
	patch := frames.Face{Box: frames.Box{X: side / 2, Y: side / 2, W: side, H: side}}
	crops, err := b.pipeline.Classifier.Cut(h.frames[0], []frames.Face{patch})
	h.crops = crops
	return err
}

func (h *held) batches(size int) [][]*frames.Frame {
	return slices.Collect(slices.Chunk(h.frames, size))
}

// release lets go of the frames. It may be called twice.
func (h *held) release() {
	for _, f := range h.frames {
		f.Release()
	}
	h.frames = nil
}

// linger is how long the player stays with a held frame: about as long as a face holds still somewhere. Without it
// nothing would ever be interpolated between frames.
const linger = time.Second

// photoRate is the number of frames to a second where the material has none.
const photoRate = 25

// player plays held frames over and over until the time is up, as a source of its own.
type player struct {
	held   *held
	info   frames.Info
	whole  int // frames come in multiples of this, so that no batch is short
	until  time.Time
	step   time.Duration // from one frame to the next
	linger int           // times each frame is shown
	next   int
}

var (
	_ score.Opener = (*player)(nil)
	_ score.Source = (*player)(nil)
)

func (p *player) Open(context.Context, string, frames.Sampling) (score.Source, error) { return p, nil }

func (p *player) Info() frames.Info { return p.info }
func (p *player) Decoded() int      { return p.next }
func (p *player) Close() error      { return nil }

func (p *player) Next(ctx context.Context) (*frames.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.next > 0 && p.next%p.whole == 0 && !time.Now().Before(p.until) {
		return nil, io.EOF
	}
	shown := p.held.frames[p.next/p.linger%len(p.held.frames)]
	frame := frames.NewFrame(p.next, time.Duration(p.next)*p.step, shown.Image, nil)
	p.next++
	return frame, nil
}
