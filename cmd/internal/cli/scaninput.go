package cli

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/evidence"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/progress"
)

// lookAhead is how many inputs are found ahead of their scoring: enough to know how much there is to do in most runs,
// and little memory.
const lookAhead = 10_000

// finder finds the inputs while the first are being scored.
type finder struct {
	ahead   chan input.Item
	first   []input.Item // taken from ahead to be looked at
	stopped chan struct{}
	err     error // that must end the run
	passed  evidence.Passed
	ended   chan struct{} // closed when err and passed are settled
}

// find begins to look for the inputs. The caller calls stop. An interrupt does not end the search: what was named has
// its row.
func (o *scanOptions) find(ctx context.Context, e *env.Env, p progress.Printer) *finder {
	f := &finder{ahead: make(chan input.Item, lookAhead), stopped: make(chan struct{}), ended: make(chan struct{})}
	spec := o.spec(ctx, e)
	spec.Skip = f.passed.Skip
	go func() {
		defer close(f.ahead)
		defer close(f.ended) // runs first: err is settled before anybody sees the end of the inputs
		for item := range input.Walk(context.WithoutCancel(ctx), spec) {
			if isOutput(o.output, item) {
				f.err = overInput(o.output)
				return
			}
			p.Found(item)
			select {
			case f.ahead <- item:
			case <-f.stopped:
				return
			}
		}
		p.AllFound()
	}()
	return f
}

// spec is what the user named.
func (o *scanOptions) spec(ctx context.Context, e *env.Env) input.Spec {
	spec := input.Spec{Filter: o.filter, Shard: o.shard}
	for _, path := range o.paths {
		list, isList := listFile(path)
		switch {
		case path == "-":
			if e.InTTY && e.ErrTTY && !o.quiet {
				fmt.Fprintln(e.Err, "note: reading paths from the keyboard, one a line; Ctrl-D ends the list")
			}
			spec.Sources = append(spec.Sources, input.List(ctx, "standard input", e.In, o.null))
		case isList:
			spec.Sources = append(spec.Sources, input.ListFile(ctx, list, o.null))
		default:
			spec.Sources = append(spec.Sources, input.Named(path))
		}
	}
	return spec
}

// listFile is the file that "@FILE" names. A path that is there is meant as it is written: clips are called by the
// accounts that they come from, and a shell puts their names in the place of a pattern.
func listFile(path string) (name string, isList bool) {
	name, isList = strings.CutPrefix(path, "@")
	if _, err := os.Stat(path); isList && err == nil {
		return path, false
	}
	return name, isList
}

// peek waits for the first inputs, n of them unless there are fewer. They are not taken away.
func (f *finder) peek(n int) []input.Item {
	for len(f.first) < n {
		item, ok := <-f.ahead
		if !ok {
			break
		}
		f.first = append(f.first, item)
	}
	return f.first
}

// items are all inputs, as they are found.
func (f *finder) items() iter.Seq[input.Item] {
	return func(yield func(input.Item) bool) {
		for _, item := range f.first {
			if !yield(item) {
				return
			}
		}
		f.first = nil
		for item := range f.ahead {
			if !yield(item) {
				return
			}
		}
	}
}

// failure is why the run must end; nil also while the search goes on.
func (f *finder) failure() error {
	select {
	case <-f.ended:
		return f.err
	default:
		return nil
	}
}

// tell says what was passed over, once the search is through.
func (f *finder) tell(w io.Writer) {
	<-f.ended
	tellPassed(w, &f.passed)
}

// tellPassed says which folders were passed over, quiet or not: nothing is left out in silence.
func tellPassed(w io.Writer, p *evidence.Passed) {
	if note := p.Note(); note != "" {
		fmt.Fprintf(w, "note: %s\n", note)
	}
}

// stop ends the search.
func (f *finder) stop() { close(f.stopped) }

// isOutput reports whether an input is the file that the results are to replace.
func isOutput(output string, item input.Item) bool {
	return output != "" && output != "-" && item.Err == nil && isInput(output, []input.Item{item})
}

func overInput(output string) error { return exit.Usagef("-o %s would write over an input", output) }

// namedItems are the files that results must not replace: those that were named, lists among them, and the store of --resume.
func (o *scanOptions) namedItems(ctx context.Context) []input.Item {
	var spec input.Spec
	for _, path := range append(slices.Clone(o.paths), o.resume) {
		path, _ = listFile(path) // a list is read, too
		if path != "" && path != "-" && isFile(path) {
			spec.Sources = append(spec.Sources, input.Named(path))
		}
	}
	return slices.Collect(input.Walk(ctx, spec))
}
