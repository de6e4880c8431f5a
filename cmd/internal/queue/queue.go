// Package queue runs inputs through an engine, several at a time, and sees to it that every input gets exactly one row,
// whatever happens to it.
package queue

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Options are the settings of a run.
type Options struct {
	Jobs     int           // files scored at once, at least 1
	Timeout  time.Duration // for one file; 0 means none
	Tool     score.Tool
	Observer Observer // may be nil
}

// Observer is told how the run goes, from several goroutines. index is that of the item.
type Observer interface {
	Opened(index int, info frames.Info)
	Scored(index int, m score.Moment)
	Finished(index int, r *score.Result)
}

// Emit takes a finished row. Calls do not overlap. An error ends the run.
type Emit func(index int, r *score.Result) error

// Run scores the items and emits a row for each as it finishes. When ctx is cancelled, files being scored and files
// still waiting end as interrupted, and have their rows too. The error is the first that emit gave.
func Run(ctx context.Context, e engine.Engine, items []input.Item, o Options, emit Emit) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q := &queue{engine: e, about: e.About(), options: o, emit: emit}
	var group errgroup.Group
	group.SetLimit(max(1, o.Jobs))
	for i, item := range items {
		group.Go(func() error {
			err := q.one(ctx, i, item)
			if err != nil {
				cancel() // what cannot be written need not be scored
			}
			return err
		})
	}
	return group.Wait()
}

type queue struct {
	engine  engine.Engine
	about   engine.About
	options Options

	mu   sync.Mutex
	emit Emit
	err  error // of emit; nothing is emitted after it
}

func (q *queue) one(ctx context.Context, index int, item input.Item) error {
	r := q.row(ctx, index, item)
	q.complete(&r, item)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	if q.options.Observer != nil {
		q.options.Observer.Finished(index, &r)
	}
	q.err = q.emit(index, &r)
	return q.err
}

// row is the item's result as far as scoring goes. A panic is the file's own misfortune.
func (q *queue) row(ctx context.Context, index int, item input.Item) (r score.Result) {
	if item.Err != nil {
		return failure(item.Err)
	}
	if ctx.Err() != nil {
		return failure(context.Canceled)
	}
	defer func() {
		if p := recover(); p != nil {
			r = failed(score.Crashed, fmt.Sprintf("internal error: %v", p))
		}
	}()
	if q.options.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.options.Timeout)
		defer cancel()
	}
	identity := identify(ctx, item.Path)
	r = q.engine.Score(ctx, item.Path, q.watch(index))
	id := <-identity
	if id.err != nil && ctx.Err() == nil && r.Outcome.Status != score.Failed {
		return failure(fmt.Errorf("reading the file to identify it: %w", id.err))
	}
	r.Input.SHA256, r.Input.Bytes = id.sum, id.bytes
	return r
}

func (q *queue) watch(index int) engine.Watch {
	if q.options.Observer == nil {
		return engine.Watch{}
	}
	return engine.Watch{
		Opened: func(info frames.Info) { q.options.Observer.Opened(index, info) },
		Scored: func(m score.Moment) { q.options.Observer.Scored(index, m) },
	}
}

// complete adds what every row carries, and turns missing lists into empty ones: readers need no special case.
func (q *queue) complete(r *score.Result, item input.Item) {
	r.Schema = score.SchemaID
	r.Tool, r.Models, r.Runtime, r.Settings = q.options.Tool, q.about.Models, q.about.Runtime, q.about.Settings
	r.Input.Path = strings.ToValidUTF8(item.Path, "\uFFFD")
	if r.Input.SHA256 == "" {
		r.Input.Bytes = item.Bytes
	}
	r.Models, r.Tracks, r.Segments = list(r.Models), list(r.Tracks), list(r.Segments)
	r.Limits, r.Outcome.Reasons = list(r.Limits), list(r.Outcome.Reasons)
	for i := range r.Tracks {
		r.Tracks[i].Evidence = list(r.Tracks[i].Evidence)
	}
	for i := range r.Timeline {
		r.Timeline[i].Faces = list(r.Timeline[i].Faces)
	}
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// identity is a file's SHA-256 and size.
type identity struct {
	sum   string
	bytes int64
	err   error
}

// identify reads the file beside its scoring. The channel gets one value, whether or not anybody waits for it.
func identify(ctx context.Context, path string) <-chan identity {
	ch := make(chan identity, 1)
	go func() {
		sum, n, err := hash.File(ctx, path)
		ch <- identity{sum, n, err}
	}()
	return ch
}
