// Package cli is the command line: a file per command, each with its options, its constructor and its run function.
package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

// Main runs the command that e.Args name and gives the exit code. What went wrong is told on e.Err.
func Main(e *env.Env, p engine.Platform) int {
	ctx, stop := e.Interruptible(context.Background())
	defer stop()
	err := NewRoot(e, p).ExecuteContext(ctx)
	if err != nil && exit.Of(err) == exit.CouldNotRun && errors.Is(context.Cause(ctx), env.ErrInterrupted) {
		if errors.Is(err, context.Canceled) { // which says no more, and calls for no hint
			err = errors.New("interrupted")
		}
		err = exit.With(exit.Interrupted, err)
	}
	tell(e, err)
	return int(exit.Of(err))
}

// tell is the one place where errors are put into words for people.
func tell(e *env.Env, err error) {
	text, hint := exit.Message(err)
	if text != "" {
		fmt.Fprintf(e.Err, "error: %s\n", output.Printable(text))
	}
	if hint != "" {
		fmt.Fprintf(e.Err, "hint: %s\n", output.Printable(hint))
	}
}
