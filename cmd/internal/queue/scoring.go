package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// errChanged is the failure of a file that was another one after it was scored than before.
var errChanged = errors.New("the file changed while it was scored; it may still be being written")

// scoring is one item on its way to its result.
type scoring struct {
	*queue
	row    *Row
	flight *flight // nil unless it was this item that was scored
}

// result is that of an earlier file with the same bytes, or a new one.
func (s *scoring) result(ctx context.Context) *score.Result {
	r, err := s.find(ctx)
	if r == nil && err == nil {
		r, err = s.score(ctx)
	}
	if err != nil {
		failure := failure(err)
		r = &failure
	}
	if s.row.Known {
		return again(r, s.row.Item)
	}
	s.complete(r, s.row.Item)
	return r
}

// find identifies the file and looks for its bytes among those that are known. It waits for a file with the same bytes
// that is being scored. With neither a result nor an error the file is to be scored.
func (s *scoring) find(ctx context.Context) (*score.Result, error) {
	if s.row.Item.Err != nil {
		return nil, s.row.Item.Err
	}
	if s.stop.Err() != nil {
		return nil, context.Canceled
	}
	for _, o := range s.options.Observers {
		o.Started(s.row.Index, s.row.Item)
	}
	id, err := s.identify(ctx)
	if err != nil {
		return nil, err
	}
	known, own, err := s.flights.take(ctx, id)
	s.flight, s.row.Known = own, known != nil
	return known, err
}

func (s *scoring) identify(ctx context.Context) (identity, error) {
	ctx, cancel := s.limited(ctx)
	defer cancel()
	return identify(ctx, s.row.Item.Path)
}

// limited is ctx with the time limit for one file.
func (s *scoring) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.options.Timeout > 0 {
		return context.WithTimeout(ctx, s.options.Timeout)
	}
	return context.WithCancel(ctx)
}

// score examines the file. A panic is the file's own misfortune.
func (s *scoring) score(ctx context.Context) (r *score.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			crash := failed(score.Crashed, fmt.Sprintf("internal error: %v", p))
			r, err = &crash, nil
			r.Input.SHA256, r.Input.Bytes = s.flight.id.sum, s.flight.id.bytes
		}
	}()
	ctx, cancel := s.limited(ctx)
	defer cancel()
	result := s.engine.Score(ctx, s.row.Item.Path, s.watch())
	if s.flight.id.changed(s.row.Item.Path) {
		return nil, errChanged
	}
	if lasting(&result) || slices.Contains(result.Outcome.Reasons, score.Interrupted) {
		result.Input.SHA256, result.Input.Bytes = s.flight.id.sum, s.flight.id.bytes
	}
	return &result, nil
}

func (s *scoring) watch() engine.Watch {
	if len(s.options.Observers) == 0 {
		return engine.Watch{}
	}
	return engine.Watch{
		Opened: func(info frames.Info) {
			for _, o := range s.options.Observers {
				o.Opened(s.row.Index, info)
			}
		},
		Scored: func(m score.Moment) {
			for _, o := range s.options.Observers {
				o.Scored(s.row.Index, m)
			}
		},
		Retried: func(why score.Reason) {
			for _, o := range s.options.Observers {
				if o, ok := o.(RetryObserver); ok {
					o.Retried(s.row.Index, s.row.Item, why)
				}
			}
		},
	}
}

// identity is what a file was before it was scored.
type identity struct {
	sum   string // SHA-256, hexadecimal
	bytes int64
	info  os.FileInfo
}

// identify reads the file.
func identify(ctx context.Context, path string) (identity, error) {
	info, err := os.Stat(path)
	if err != nil {
		return identity{}, err
	}
	if !info.Mode().IsRegular() { // since it was found: opening a pipe would wait for somebody to write into it
		return identity{}, input.ErrNotRegular
	}
	sum, n, err := hash.File(ctx, path)
	return identity{sum, n, info}, err
}

// changed reports whether another file stands under the path by now, or the same one with other contents. A file that
// is gone has been read to its end, or has failed.
func (id identity) changed(path string) bool {
	now, err := os.Stat(path)
	return id.bytes != id.info.Size() ||
		err == nil && (now.Size() != id.info.Size() || !now.ModTime().Equal(id.info.ModTime()) || !os.SameFile(now, id.info))
}
