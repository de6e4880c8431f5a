// Package queue runs inputs through an engine, several at a time, and sees to it that every input gets exactly one row,
// whatever happens to it. Files with the same bytes are scored once.
package queue

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Options are the settings of a run.
type Options struct {
	Jobs      int           // files scored at once, at least 1
	Timeout   time.Duration // for one file; 0 means none
	Finish    bool          // files that are being scored when the context ends are finished; no others are begun
	Tool      score.Tool
	Memory    Memory // may be nil
	Observers []Observer
}

// Memory knows the results of earlier runs, and of the earlier files of this one: what is emitted is expected to be
// found from then on.
type Memory interface {
	// Find is the result of a file with these bytes, nil when there is none.
	Find(sha256 string) (*score.Result, error)
}

// Observer is told how the run goes, from several goroutines. index is the position of the item.
type Observer interface {
	Started(index int, item input.Item)
	Opened(index int, info frames.Info)
	Scored(index int, m score.Moment)
	Finished(row Row) // after it was emitted
}

// RetryObserver is an Observer that is also told of files that are tried once more: Opened and Scored begin anew.
type RetryObserver interface {
	Observer
	Retried(index int, item input.Item, why score.Reason)
}

// Row is what became of an item.
type Row struct {
	Index  int
	Item   input.Item
	Result *score.Result
	Known  bool // the result is an earlier one of the same bytes
}

// Emit takes a finished row. Calls do not overlap. An error ends the run.
type Emit func(Row) error

// Run scores the items and emits a row for each as it finishes. When ctx is cancelled, files still waiting end as
// interrupted, and so do those being scored unless they are to be finished; all have their rows. The error is the first
// that emit gave.
func Run(ctx context.Context, e engine.Engine, items iter.Seq[input.Item], o Options, emit Emit) error {
	work := ctx
	if o.Finish {
		work = context.WithoutCancel(ctx)
	}
	work, cancel := context.WithCancel(work)
	defer cancel()
	q := &queue{engine: e, about: e.About(), options: o, emit: emit, stop: ctx, cancel: cancel}
	q.flights.memory = o.Memory
	var group errgroup.Group
	group.SetLimit(max(1, o.Jobs))
	index := 0
	for item := range items {
		if work.Err() != nil && ctx.Err() == nil {
			break // nothing can be written any more
		}
		row := Row{Index: index, Item: item}
		group.Go(func() error { return q.one(work, row) })
		index++
	}
	return group.Wait()
}

type queue struct {
	engine  engine.Engine
	about   engine.About
	options Options
	stop    context.Context // when it ends, no more files are begun
	cancel  func()          // ends the files being scored
	flights flights

	mu   sync.Mutex
	emit Emit
	err  error // of emit; nothing is emitted after it
}

// one sees an item through to its row.
func (q *queue) one(ctx context.Context, row Row) error {
	s := scoring{queue: q, row: &row}
	row.Result = s.result(ctx)
	err := q.out(row)
	s.flight.land(row.Result)
	if err != nil {
		return err
	}
	for _, o := range q.options.Observers {
		o.Finished(row)
	}
	return nil
}

func (q *queue) out(row Row) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	if q.err = q.emit(row); q.err != nil {
		q.cancel() // what cannot be written need not be scored
	}
	return q.err
}

// complete adds what every new row carries, and turns missing lists into empty ones: readers need no special case.
func (q *queue) complete(r *score.Result, item input.Item) {
	r.Schema = score.SchemaID
	r.Tool, r.Models, r.Runtime, r.Settings = q.options.Tool, q.about.Models, q.about.Runtime, q.about.Settings
	r.Input.Path = pathIn(item)
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

// again is an earlier result of the same bytes under the item's name.
func again(r *score.Result, item input.Item) *score.Result {
	one := *r
	one.Input.Path = pathIn(item)
	if rest, ok := strings.CutPrefix(r.Outcome.Detail, r.Input.Path+": "); ok {
		one.Outcome.Detail = fmt.Sprintf("%s: %s", one.Input.Path, rest)
	}
	return &one
}

// pathIn is the item's path as results carry it.
func pathIn(item input.Item) string { return strings.ToValidUTF8(item.Path, "\uFFFD") }

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
