// Package exhibit takes the pictures that go with a result: the frame of each strongest moment with the face marked, the
// crop that the classifier saw, and the map of where it saw compositing. Reports, evidence packages and the review screen
// show the same ones.
package exhibit

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Why there is no picture.
var (
	ErrOtherFile   = errors.New("the file is not the one that was scored: its SHA-256 differs")
	ErrOtherMoment = errors.New("the clip has no frame at just this time")
	ErrBadBox      = errors.New("the box lies outside the frame")
)

// Moment is one face at one moment that is worth showing.
type Moment struct {
	Track int // score.Track.ID
	Rank  int // among the face's evidence, 0 is the strongest
	Best  score.BestFrame
}

// Place tells the moments of a result apart.
type Place struct{ Track, Rank int }

// Place is which of the result's moments this is.
func (m Moment) Place() Place { return Place{m.Track, m.Rank} }

// Limits bound how much is shown. Zero means no bound.
type Limits struct {
	Faces     int // those with the highest scores
	PerFace   int // moments of each, the strongest
	Total     int // moments of all: the strongest of each face come before the second strongest of any
	FrameSide int // pixels of a frame's longer side
	CropSide  int // pixels of a crop's side
}

// Choose gives the moments to show, faces with the highest scores first.
func Choose(tracks []score.Track, l Limits) []Moment {
	sorted := slices.Clone(tracks)
	slices.SortStableFunc(sorted, func(a, b score.Track) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return a.ID - b.ID
	})
	var list []Moment
	for _, t := range sorted[:atMost(l.Faces, len(sorted))] {
		for rank, best := range t.Evidence[:atMost(l.PerFace, len(t.Evidence))] {
			list = append(list, Moment{t.ID, rank, best})
		}
	}
	if l.Total <= 0 || len(list) <= l.Total {
		return list
	}
	ranks := make([]int, len(list))
	for i, m := range list {
		ranks[i] = m.Rank
	}
	slices.Sort(ranks)
	last, room := ranks[l.Total-1], 0 // of the last rank there is room for some
	for _, rank := range ranks[:l.Total] {
		if rank == last {
			room++
		}
	}
	return slices.DeleteFunc(list, func(m Moment) bool {
		if m.Rank == last {
			room--
		}
		return m.Rank > last || m.Rank == last && room < 0
	})
}

func atMost(limit, n int) int {
	if limit <= 0 {
		return n
	}
	return min(limit, n)
}

// Picture is what there is to see of a moment.
type Picture struct {
	Moment
	Frame *image.RGBA // upright, without marks; several pictures of one moment share it
	Crop  *image.RGBA // the square that the classifier saw, border pixels repeated beyond the frame's edge
	Map   *Map        // nil when the classifier draws none

	scale float64 // pixels of Frame per pixel of the clip
}

// Take gives the pictures of the moments in order of time, each with its Moment filled in and an error when there is none.
// It ends early when ctx does. Sides are bounded by l.
func Take(ctx context.Context, p engine.Preview, moments []Moment, l Limits) iter.Seq2[*Picture, error] {
	return func(yield func(*Picture, error) bool) {
		var shot shot
		defer func() { shot.frame.Release() }()
		for _, m := range inTime(moments) {
			if ctx.Err() != nil {
				yield(&Picture{Moment: m}, ctx.Err())
				return
			}
			if shot.frame == nil || shot.at != m.Best.TMS {
				shot.frame.Release()
				shot = take(ctx, p, m.Best.TMS, l)
			}
			if !yield(shot.picture(m, l)) {
				return
			}
		}
	}
}

func inTime(moments []Moment) []Moment {
	return slices.SortedStableFunc(slices.Values(moments), func(a, b Moment) int { return int(a.Best.TMS - b.Best.TMS) })
}

// shot is one decoded frame, shared by the faces in it.
type shot struct {
	at    int64 // ms
	frame *frames.Frame
	whole *image.RGBA
	err   error
}

// take decodes the frame of a time. A frame of another time is none: it would show something that was not scored.
func take(ctx context.Context, p engine.Preview, at int64, l Limits) shot {
	frame, err := engine.At(ctx, p, time.Duration(at)*time.Millisecond)
	switch {
	case errors.Is(err, io.EOF):
		return shot{at: at, err: ErrOtherMoment}
	case err != nil:
		return shot{at: at, err: err}
	case frame.PTS.Milliseconds() != at:
		defer frame.Release()
		return shot{at: at, err: fmt.Errorf("%w: asked for %d ms, found %d ms", ErrOtherMoment, at, frame.PTS.Milliseconds())}
	}
	return shot{at: at, frame: frame, whole: shrink(frame.Image, whole(frame.Image), l.FrameSide)}
}

func (s shot) picture(m Moment, l Limits) (*Picture, error) {
	pic := &Picture{Moment: m}
	if s.err != nil {
		return pic, s.err
	}
	scale, err := cropScale(m.Best)
	if err != nil {
		return pic, err
	}
	if pic.Map, err = ReadMap(m.Best.Map); err != nil {
		return pic, err
	}
	crop, err := square(s.frame.Image, m.Best.Box, scale)
	if err != nil {
		return pic, err
	}
	pic.Frame, pic.Crop = s.whole, shrink(s.frame.Image, crop, l.CropSide)
	pic.scale = float64(s.whole.Rect.Dx()) / float64(s.frame.Image.Width)
	return pic, nil
}

// Check compares a file with the digest of the one that was scored. It fails with ErrOtherFile when they differ.
func Check(ctx context.Context, path, sha256 string) error {
	sum, _, err := hash.File(ctx, path)
	if err == nil && sum != sha256 {
		return ErrOtherFile
	}
	return err
}
