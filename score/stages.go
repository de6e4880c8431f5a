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

// detect finds the faces of every frame; see sparse for how often it really looks.
func (s *scan) detect(ctx context.Context, from <-chan *frames.Frame, to chan<- batch) error {
	state := sparse{every: s.options.DetectEvery}
	defer func() { state.waiting.release() }() // what an error or a panic leaves over
	for {
		ended, err := s.gather(ctx, from, &state)
		if err != nil {
			return err
		}
		if n := state.ready(ended); n > 0 {
			err := s.look(ctx, state.anchors(n))
			if err == nil {
				err = s.look(ctx, state.interpolate(n))
			}
			if err != nil {
				return err
			}
			b := state.hand(n)
			if err := send(ctx, to, b); err != nil {
				b.release()
				return err
			}
		}
		if ended {
			return nil
		}
	}
}

// gather takes frames until a batch is full, at least one. Only the last may be short, so that the same clip always makes
// the same batches.
func (s *scan) gather(ctx context.Context, from <-chan *frames.Frame, state *sparse) (ended bool, err error) {
	bytes := 0
	for _, one := range state.waiting {
		bytes += one.frame.Image.Height * one.frame.Image.Stride
	}
	for taken := 0; taken == 0 || len(state.waiting) < s.options.BatchFrames && bytes < maxBatchBytes; taken++ {
		note(&s.detectQueue, from)
		frame, ok, err := receive(ctx, from)
		if err != nil || !ok {
			return true, err
		}
		bytes += frame.Image.Height * frame.Image.Stride
		state.take(frame)
	}
	return false, nil
}

// look runs the detector on frames.
func (s *scan) look(ctx context.Context, chosen []*glimpse) error {
	if len(chosen) == 0 {
		return nil
	}
	pictures := make([]*frames.Frame, len(chosen))
	for i, one := range chosen {
		pictures[i] = one.frame
	}
	var faces [][]frames.Face
	err := timed(&s.detectTime, func() (err error) {
		faces, err = s.Detector.Detect(ctx, pictures)
		return err
	})
	if err == nil && len(faces) != len(chosen) {
		err = fmt.Errorf("%d answers for %d frames", len(faces), len(chosen))
	}
	if err != nil {
		return &modelError{"face detector", err}
	}
	for i, one := range chosen {
		one.faces = faces[i]
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
	for _, one := range b {
		l, err := s.cutFrame(one)
		one.frame.Release()
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
func (s *scan) cutFrame(one glimpse) (look, error) {
	frame, found := one.frame, one.faces
	pts, straight := s.clock.read(one.pts)
	links := s.tracker.Update(pts, one.cut, frame.Image, found)
	chosen := choose(found, links, s.options.MaxFaces)
	l := look{index: frame.Index, pts: pts, mend: !straight, over: len(chosen) < scorable(found, links)}

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

// scorable counts the faces of a frame that are somebody's, followed or not.
func scorable(found []frames.Face, links []track.Link) int {
	n := 0
	for i, face := range found {
		if track.Sensible(face.Box) && !links[i].Unclear {
			n++
		}
	}
	return n
}
