package score

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/track"
	"github.com/blendscope/blendscope/score/quality"
)

// maxBatchBytes bounds the pixels of one detector batch: 64 MiB are ten frames of 1080p or two of 4K.
const maxBatchBytes = 64 << 20

func (s *scan) detect(ctx context.Context, from <-chan *frames.Frame, to chan<- batch) error {
	for {
		b, err := s.gather(ctx, from)
		if err != nil || len(b.frames) == 0 {
			return err
		}
		if err := s.detectBatch(ctx, &b); err != nil {
			b.release()
			return err
		}
		if err := send(ctx, to, b); err != nil {
			b.release()
			return err
		}
	}
}

// gather fills a batch. Only the last one may be short, so that the same clip always makes the same batches.
func (s *scan) gather(ctx context.Context, from <-chan *frames.Frame) (batch, error) {
	var b batch
	bytes := 0
	for len(b.frames) < s.options.BatchFrames && bytes < maxBatchBytes {
		frame, ok, err := receive(ctx, from)
		if err != nil {
			b.release()
			return b, err
		}
		if !ok {
			break
		}
		bytes += frame.Image.Height * frame.Image.Stride
		b.frames = append(b.frames, frame)
	}
	return b, nil
}

func (s *scan) detectBatch(ctx context.Context, b *batch) (err error) {
	defer func() { // a panic must not lose the frames
		if v := recover(); v != nil {
			b.release()
			panic(v)
		}
	}()
	err = timed(&s.detectTime, func() (err error) {
		b.faces, err = s.Detector.Detect(ctx, b.frames)
		return err
	})
	if err != nil {
		return &modelError{"face detector", err}
	}
	if len(b.faces) != len(b.frames) {
		return &modelError{"face detector", fmt.Errorf("%d answers for %d frames", len(b.faces), len(b.frames))}
	}
	return nil
}

func (s *scan) cut(ctx context.Context, from <-chan batch, to chan<- look) error {
	for {
		b, ok, err := receive(ctx, from)
		if err != nil || !ok {
			return err
		}
		if err := s.cutBatch(ctx, b, to); err != nil {
			return err
		}
	}
}

func (s *scan) cutBatch(ctx context.Context, b batch, to chan<- look) error {
	defer b.release() // what an error or a panic leaves over; a second Release does nothing
	for i, frame := range b.frames {
		l, err := s.cutFrame(frame, b.faces[i])
		frame.Release()
		if err != nil {
			return err
		}
		if err := send(ctx, to, l); err != nil {
			return err
		}
	}
	return nil
}

// cutFrame follows the faces of a frame and copies out what the classifier needs of them.
func (s *scan) cutFrame(frame *frames.Frame, found []frames.Face) (look, error) {
	pts, straight := s.clock.read(frame.PTS)
	links := s.tracker.Update(pts, s.cuts.Next(frame.Image), found)
	chosen := choose(found, links, s.options.MaxFaces)
	l := look{index: frame.Index, pts: pts, mend: !straight, over: len(chosen) < sensible(found)}

	faces := make([]frames.Face, len(chosen))
	for i, k := range chosen {
		faces[i] = found[k]
	}
	if len(faces) > 0 {
		err := timed(&s.cutTime, func() (err error) {
			l.crops, err = s.Classifier.Cut(frame, faces)
			return err
		})
		if err == nil && len(l.crops) != len(faces) {
			err = fmt.Errorf("%d crops for %d faces", len(l.crops), len(faces))
		}
		if err != nil {
			return look{}, &modelError{"face crop", err}
		}
	}
	for i, k := range chosen {
		q := quality.Measure(frame.Image, l.crops[i], found[k])
		l.faces = append(l.faces, newFaceRecord(links[k], found[k], q))
	}
	return l, nil
}

// choose picks the faces of a frame that are scored: those with a track, the largest first, where a face seen for two
// seconds counts as twice as large as a new one, so that the choice does not flicker. The answer is in the order found.
func choose(found []frames.Face, links []track.Link, limit int) []int {
	var chosen []int
	for i, link := range links {
		if link.ID != 0 {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) <= limit {
		return chosen
	}
	const steady = 2 * time.Second
	rank := func(i int) float64 {
		return float64(found[i].Box.Area()) * (1 + min(links[i].Age, steady).Seconds()/steady.Seconds())
	}
	slices.SortStableFunc(chosen, func(a, b int) int { return cmp.Compare(rank(b), rank(a)) })
	chosen = chosen[:limit]
	slices.Sort(chosen)
	return chosen
}

func sensible(found []frames.Face) int {
	n := 0
	for _, face := range found {
		if track.Sensible(face.Box) {
			n++
		}
	}
	return n
}
