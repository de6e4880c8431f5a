package cli

import (
	"context"
	"fmt"
	"sync"

	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// extra is something that scan makes of finished results besides their rows, such as a page to read.
type extra interface {
	// flags adds what switches it on. Without them it does nothing.
	flags(*pflag.FlagSet)
	// check finds what cannot be meant, and prepares, before anything is scored.
	check() error
	// finished is called once for each row that is out, whatever its status, also for those that --resume took from
	// earlier runs: whoever has done its work already returns at once. Calls do not overlap. path opens the file; the
	// path in the result may differ, as it is valid text. An error is told at the end and changes no row.
	finished(ctx context.Context, path string, r *score.Result) error
}

// timeliner is an extra that draws curves: where it says so it gets results with their timeline, also if the rows do
// without.
type timeliner interface{ timeline() bool }

// ender is an extra with something to do when the last row is out.
type ender interface {
	end(ctx context.Context) error
}

// scanExtras are all extras of scan. c is complete when they are checked.
func scanExtras(e *env.Env, p engine.Platform, c *engine.Config) []extra {
	pages := newPages(e, p, &c.Models)
	evidence := newEvidenceExtra(e, p)
	evidence.maker.Page = pages.page
	return []extra{newReportExtra(pages), evidence}
}

// extras call each extra in turn and keep their failures for the end: an extra never costs a row.
type extras struct {
	list []extra

	mu     sync.Mutex
	failed int
	first  error
}

func (x *extras) flags(f *pflag.FlagSet) {
	for _, e := range x.list {
		e.flags(f)
	}
}

func (x *extras) check() error {
	for _, e := range x.list {
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

func (x *extras) finished(ctx context.Context, path string, r *score.Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.list {
		if err := e.finished(ctx, path, r); err != nil {
			x.fail(fmt.Errorf("%s: %w", r.Input.Path, err))
		}
	}
}

// timeline reports whether any of them draws curves.
func (x *extras) timeline() bool {
	for _, e := range x.list {
		if t, ok := e.(timeliner); ok && t.timeline() {
			return true
		}
	}
	return false
}

// end lets them come to an end after the last row.
func (x *extras) end(ctx context.Context) {
	for _, e := range x.list {
		if e, ok := e.(ender); ok {
			x.fail(e.end(ctx))
		}
	}
}

// fail notes an error, if it is one. Calls do not overlap.
func (x *extras) fail(err error) {
	if err == nil {
		return
	}
	x.failed++
	if x.first == nil {
		x.first = err
	}
}

// err says how many went wrong, and the first reason.
func (x *extras) err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch x.failed {
	case 0:
		return nil
	case 1:
		return x.first
	}
	return fmt.Errorf("%w (and %d more)", x.first, x.failed-1)
}

// observer lets extras have the rows that are out. They are the file's own work and hold up no other file's row.
func (x *extras) observer(ctx context.Context) queue.Observer { return extrasObserver{ctx, x} }

type extrasObserver struct {
	ctx    context.Context // of the work on files: an interrupt lets it come to its end
	extras *extras
}

func (o extrasObserver) Started(int, input.Item)  {}
func (o extrasObserver) Opened(int, frames.Info)  {}
func (o extrasObserver) Scored(int, score.Moment) {}
func (o extrasObserver) Finished(row queue.Row) {
	o.extras.finished(o.ctx, row.Item.Path, row.Result)
}
