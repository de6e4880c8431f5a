package model

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/blendscope/blendscope/frames"
)

// leastLongSide is the longest side, in pixels, below which pictures are enlarged for a detector of dynamic size.
const leastLongSide = 256

// Detector finds faces with a network. It is safe for concurrent use and has nothing to close: the runner belongs to
// who made it.
type Detector struct {
	runner    Runner
	manifest  Manifest
	resampler Resampler
	batching  Batching
	packer    *packer
}

// NewDetector puts a detector around a runner of the manifest's network.
func NewDetector(r Runner, m Manifest, s Resampler, b Batching) (*Detector, error) {
	if m.Task != FaceDetection {
		return nil, fmt.Errorf("%w: %s is for %s, not for %s", ErrManifest, m, m.Task, FaceDetection)
	}
	if err := b.validate(); err != nil {
		return nil, err
	}
	return &Detector{runner: r, manifest: m, resampler: s, batching: b, packer: newPacker(m.Input)}, nil
}

// Detect gives one list of faces per frame, in order, largest first. Frames that come to the same working size share
// runs.
func (d *Detector) Detect(ctx context.Context, batch []*frames.Frame) ([][]frames.Face, error) {
	found := make([][]frames.Face, len(batch))
	boxes := make([]frames.Letterbox, len(batch))
	groups, order := map[[2]int][]int{}, [][2]int{}
	for i, f := range batch {
		if f.Image.Empty() {
			return nil, fmt.Errorf("frame %d: %w", f.Index, frames.ErrBadGeometry)
		}
		boxes[i] = d.letterbox(f.Image)
		size := [2]int{boxes[i].PaddedWidth, boxes[i].PaddedHeight}
		if groups[size] == nil {
			order = append(order, size)
		}
		groups[size] = append(groups[size], i)
	}
	for _, size := range order {
		for members := range slices.Chunk(groups[size], d.batching.Max) {
			if err := d.run(ctx, batch, boxes, members, found); err != nil {
				return nil, fmt.Errorf("detect faces: %w", err)
			}
		}
	}
	return found, nil
}

// letterbox says how a picture is fitted to the network.
func (d *Detector) letterbox(m frames.Image) frames.Letterbox {
	in := d.manifest.Input
	if in.Dynamic() {
		return frames.NewLetterbox(m.Width, m.Height, leastLongSide, in.LongSide, in.MultipleOf)
	}
	scale := min(float64(in.Width)/float64(m.Width), float64(in.Height)/float64(m.Height))
	return frames.Letterbox{
		Scale:  scale,
		Width:  min(in.Width, max(1, int(float64(m.Width)*scale+0.5))),
		Height: min(in.Height, max(1, int(float64(m.Height)*scale+0.5))),

		PaddedWidth: in.Width, PaddedHeight: in.Height,
	}
}

// run detects in the members of the batch, all of one working size, and fills their lists.
func (d *Detector) run(ctx context.Context, batch []*frames.Frame, boxes []frames.Letterbox, members []int, found [][]frames.Face) error {
	size := d.batching.padded(len(members))
	k := d.packer.get(size, boxes[members[0]].PaddedWidth, boxes[members[0]].PaddedHeight)
	defer d.packer.put(k)
	for slot, i := range members {
		err := k.fill(slot, func(dst frames.Image) error {
			return d.resampler.Fit(dst, batch[i].Image, boxes[i].Width, boxes[i].Height)
		})
		if err != nil {
			return err
		}
	}
	k.blank(len(members))
	outputs, err := d.runner.Run(ctx, k.tensor)
	if err != nil {
		return err
	}
	decoded, err := d.decode(outputs, size, len(members))
	if err != nil {
		return err
	}
	for slot, i := range members {
		found[i] = inFrame(decoded[slot], boxes[i], batch[i].Image)
	}
	return nil
}

// decode gives the faces of the first n pictures of a batch, in the network's pixels.
func (d *Detector) decode(outputs []Tensor, batch, n int) ([][]frames.Face, error) {
	if len(outputs) != len(d.manifest.Outputs) {
		return nil, fmt.Errorf("%w: %d tensors instead of %d", ErrOutput, len(outputs), len(d.manifest.Outputs))
	}
	scoresOut, at := d.manifest.Output(MeaningScores)
	scores, err := rows(outputs[at], scoresOut, batch, n, -1)
	if err != nil {
		return nil, err
	}
	candidates := len(outputs[at].F32) / batch
	boxesOut, at := d.manifest.Output(MeaningBoxes)
	boxes, err := rows(outputs[at], boxesOut, batch, n, 4*candidates)
	if err != nil {
		return nil, err
	}
	points := make([][]float32, n)
	if out, at := d.manifest.Output(MeaningLandmarks); at >= 0 {
		if points, err = rows(outputs[at], out, batch, n, 10*candidates); err != nil {
			return nil, err
		}
	}
	faces := make([][]frames.Face, n)
	for i := range faces {
		faces[i] = suppress(candidatesOf(scores[i], boxes[i], points[i], float32(d.manifest.Thresholds.Score)), float32(d.manifest.Thresholds.NMSIoU))
	}
	return faces, nil
}

// inFrame maps faces to frame pixels, keeps those that touch the picture, bounds their coordinates, and sorts them
// largest first.
func inFrame(faces []frames.Face, box frames.Letterbox, m frames.Image) []frames.Face {
	w, h := float32(m.Width), float32(m.Height)
	kept := faces[:0]
	for _, f := range faces {
		f = box.Face(f)
		f.Box = bound(f.Box, w, h)
		if f.Box.W >= 1 && f.Box.H >= 1 && f.Box.X < w && f.Box.Y < h && f.Box.X+f.Box.W > 0 && f.Box.Y+f.Box.H > 0 {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b frames.Face) int {
		return cmp.Or(cmp.Compare(b.Box.Area(), a.Box.Area()), cmp.Compare(b.Score, a.Score))
	})
	return kept
}

// bound keeps a box within one picture size around the picture: a face may be cut off by the edge, but a wild
// coordinate must not ask for a huge crop.
func bound(b frames.Box, w, h float32) frames.Box {
	x1, y1 := min(max(b.X, -w), 2*w), min(max(b.Y, -h), 2*h)
	x2, y2 := min(max(b.X+b.W, -w), 2*w), min(max(b.Y+b.H, -h), 2*h)
	return frames.Box{X: x1, Y: y1, W: x2 - x1, H: y2 - y1}
}
