package model

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/blendscope/blendscope/frames"
)

// Classifier scores faces with a network. It is safe for concurrent use; concurrent callers share runs. Close ends its
// goroutine but leaves the runner to who made it.
type Classifier struct {
	runner    Runner
	manifest  Manifest
	resampler Resampler
	batching  Batching
	packer    *packer
	batcher   *batcher[frames.Image, Evidence]
}

// NewClassifier puts a classifier around a runner of the manifest's network.
func NewClassifier(r Runner, m Manifest, s Resampler, b Batching) (*Classifier, error) {
	if m.Task != ForgeryClassification {
		return nil, fmt.Errorf("%w: %s is for %s, not for %s", ErrManifest, m, m.Task, ForgeryClassification)
	}
	if err := b.validate(); err != nil {
		return nil, err
	}
	c := &Classifier{runner: r, manifest: m, resampler: s, batching: b, packer: newPacker(m.Input)}
	c.batcher = newBatcher(b, c.run)
	return c, nil
}

// Close answers the calls in progress and ends the goroutine. Later calls give ErrClosed. It may be called twice.
func (c *Classifier) Close() error {
	c.batcher.close()
	return nil
}

// Cut copies the faces' crops out of a frame, scaled to the network's size, in the order of the faces.
func (c *Classifier) Cut(frame *frames.Frame, faces []frames.Face) ([]frames.Image, error) {
	crops := make([]frames.Image, len(faces))
	for i, f := range faces {
		x0, y0, side := frames.SquareCrop(f.Box, c.manifest.Input.CropScale)
		crops[i] = frames.NewImage(c.manifest.Input.Width, c.manifest.Input.Height)
		if err := c.resampler.Crop(crops[i], frame.Image, x0, y0, side); err != nil {
			return nil, fmt.Errorf("cut face %d of frame %d: %w", i, frame.Index, err)
		}
	}
	return crops, nil
}

// Classify answers in the order of the crops. When ctx ends it returns ctx's error once nothing reads the crops.
func (c *Classifier) Classify(ctx context.Context, crops []frames.Image) ([]Evidence, error) {
	in := c.manifest.Input
	for i, m := range crops {
		if m.Width != in.Width || m.Height != in.Height || m.Stride < 3*m.Width || len(m.Pix) < (m.Height-1)*m.Stride+3*m.Width {
			return nil, fmt.Errorf("crop %d is %dx%d, expected %dx%d", i, m.Width, m.Height, in.Width, in.Height)
		}
	}
	evidence, err := c.batcher.do(ctx, crops)
	if err != nil {
		return nil, fmt.Errorf("classify faces: %w", err)
	}
	return evidence, nil
}

// run scores one batch.
func (c *Classifier) run(ctx context.Context, crops []frames.Image) ([]Evidence, error) {
	size := c.batching.padded(len(crops))
	k := c.packer.get(size, c.manifest.Input.Width, c.manifest.Input.Height)
	defer c.packer.put(k)
	for i, crop := range crops {
		_ = k.fill(i, func(dst frames.Image) error {
			for y := range crop.Height {
				copy(dst.Pix[y*dst.Stride:][:3*crop.Width], crop.Pix[y*crop.Stride:])
			}
			return nil
		})
	}
	k.blank(len(crops))
	outputs, err := c.runner.Run(ctx, k.tensor)
	if err != nil {
		return nil, err
	}
	return c.decode(outputs, size, len(crops))
}

// decode gives the evidence for the first n pictures of a batch.
func (c *Classifier) decode(outputs []Tensor, batch, n int) ([]Evidence, error) {
	if len(outputs) != len(c.manifest.Outputs) {
		return nil, fmt.Errorf("%w: %d tensors instead of %d", ErrOutput, len(outputs), len(c.manifest.Outputs))
	}
	verdict, at := c.manifest.Output(verdicts...)
	values, err := rows(outputs[at], verdict, batch, n, verdict.Meaning.values())
	if err != nil {
		return nil, err
	}
	evidence := make([]Evidence, n)
	for i := range evidence {
		evidence[i].Logit = verdict.logit(values[i])
	}
	out, at := c.manifest.Output(MeaningBoundaryMap)
	if at < 0 {
		return evidence, nil
	}
	maps, err := rows(outputs[at], out, batch, n, -1)
	if err != nil {
		return nil, err
	}
	for i := range evidence {
		side := int(math.Sqrt(float64(len(maps[i]))))
		if side*side != len(maps[i]) {
			return nil, fmt.Errorf("%w: output %s has shape %v, which is not square", ErrOutput, out.Name, outputs[at].Shape)
		}
		evidence[i].Map = Map{Side: side, Values: slices.Clone(maps[i])} // so that one map does not hold the whole batch
	}
	return evidence, nil
}
