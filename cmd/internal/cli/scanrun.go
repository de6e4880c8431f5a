package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/score"
)

// scanRun is one run over all items.
type scanRun struct {
	*scanOptions
	env     *env.Env
	items   []input.Item
	tally   output.Tally
	reached int // inputs scored at --fail-above or higher
}

// all scores the items, writes the document and says how it went.
func (s *scanRun) all(ctx context.Context, scorer engine.Engine, out *sink) error {
	printer := s.printer()
	defer printer.Close()
	doc, err := output.New(s.stream(out, printer), s.document(out))
	if err != nil {
		return err
	}
	write := func(r *score.Result) error {
		s.count(r)
		return doc.Write(r)
	}
	emit := queue.InOrder(write)
	if s.format == string(output.JSONL) {
		emit = queue.AsFinished(write)
	}
	err = queue.Run(ctx, scorer, s.items, queue.Options{
		Jobs: s.jobs, Timeout: s.timeout, Tool: build.Read().Tool(), Observer: printer,
	}, func(i int, r *score.Result) error {
		if err := emit(i, r); err != nil {
			return err
		}
		s.extras.finished(ctx, s.items[i].Path, r)
		return nil
	})
	if err == nil {
		err = doc.Close()
	}
	printer.Close()
	if err == nil {
		err = out.commit()
	}
	if err != nil {
		return fmt.Errorf("the results could not be written: %w", err)
	}
	if err := s.verdict(ctx, out); err != nil {
		return err
	}
	return s.extras.err()
}

func (s *scanRun) count(r *score.Result) {
	s.tally.Add(r)
	if r.Outcome.Status == score.Scored && s.failAbove > 0 && *r.Outcome.Score >= float64(s.failAbove) {
		s.reached++
	}
}

// verdict is the exit code, with a sentence where the table has not said it already.
func (s *scanRun) verdict(ctx context.Context, out *sink) error {
	if !s.quiet && (out.toFile() || s.env.ErrTTY && s.format != string(output.Text)) {
		fmt.Fprintln(s.env.Err, s.tally.String())
	}
	missing := s.tally.NotScored
	switch {
	case errors.Is(context.Cause(ctx), env.ErrInterrupted):
		return exit.With(exit.Interrupted, fmt.Errorf("interrupted; %d of %d inputs have no score", missing, s.tally.Total))
	case s.reached > 0:
		return exit.With(exit.FailAbove, fmt.Errorf("%d of %d inputs scored at --fail-above %s or higher", s.reached, s.tally.Total, s.failAbove.String()))
	case missing == 0:
		return nil
	case s.quiet || s.format == string(output.Text):
		return exit.With(exit.NotScored, nil)
	}
	return exit.With(exit.NotScored, fmt.Errorf("%d of %d inputs have no score; their rows say why", missing, s.tally.Total))
}
