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

// scanExtras are all extras of scan.
func scanExtras(e *env.Env, p engine.Platform) []extra {
	return []extra{newEvidenceExtra(e, p)}
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
			x.failed++
			if x.first == nil {
				x.first = fmt.Errorf("%s: %w", r.Input.Path, err)
			}
		}
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
