package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/progress"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/cmd/internal/store"
	"github.com/blendscope/blendscope/score"
)

// scanRun is one run over all items.
type scanRun struct {
	*scanOptions
	env      *env.Env
	platform engine.Platform
	printer  progress.Printer
	finder   *finder
	store    *store.Store // of --resume, or one that ends with the run; nil when there is no place for that
	log      *eventLog
	began    time.Time
	tally    output.Tally
	reached  int // inputs scored at --fail-above or higher
}

// openStore opens the store that rows are kept in. Without --resume it serves only to score the same bytes once, and the
// run does without where no file can be made for it.
func (s *scanRun) openStore() (err error) {
	o := store.Options{RetryErrors: s.retry, Timeline: s.timeline}
	if s.resume != "" {
		s.store, err = openStore(s.env, "--resume", s.resume, o, s.quiet)
		return err
	}
	if s.store, err = store.Temporary(o); err != nil {
		s.store = nil
	}
	return nil
}

func (s *scanRun) closeStore() error {
	if s.store == nil {
		return nil
	}
	return s.store.Close()
}

// memory is the store as the queue knows it.
func (s *scanRun) memory() queue.Memory {
	if s.store == nil {
		return nil
	}
	return s.store
}

// all scores the items, writes the document and says how it went.
func (s *scanRun) all(ctx context.Context, out *sink) (err error) {
	scorer, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scorer.Close()) }()
	s.log.begun(scorer.About())
	doc, err := output.New(s.stream(out, s.printer), s.document(out))
	if err != nil {
		return err
	}
	err = s.score(ctx, scorer, doc)
	if failure := s.finder.failure(); failure != nil {
		return failure
	}
	if err == nil {
		err = doc.Close()
	}
	s.printer.Close()
	if err == nil {
		err = out.commit()
	}
	if err != nil {
		return notWritten(err, s.resume)
	}
	return s.verdict(ctx, out)
}

// start starts the engine. One whose start was interrupted gives way to one that never scores: rows there are all the same.
func (s *scanRun) start(ctx context.Context) (engine.Engine, error) {
	scorer, err := s.platform.Start(ctx, s.engine)
	switch {
	case err != nil && ctx.Err() != nil:
		return engine.Stopped{}, nil
	case err != nil:
		return nil, startError(err)
	}
	if note := scorer.About().Note; note != "" && !s.quiet {
		fmt.Fprintf(s.env.Err, "note: running on the CPU: %s\n", output.Printable(note))
	}
	if _, lacking := sandbox.Describe(scorer.About().Isolation); lacking != "" && !s.quiet {
		fmt.Fprintf(s.env.Err, "note: this system does not hold for scoring processes: %s\n", output.Printable(lacking))
	}
	if s.resume == "" {
		return scorer, nil
	}
	if err := checkStore(s.store, "--resume", scorer.About(), s.platform.Models(s.engine.Models), s.engine.Classifier); err != nil {
		return nil, errors.Join(err, scorer.Close())
	}
	if rows := s.store.Rows(); rows > 0 && !s.quiet {
		fmt.Fprintf(s.env.Err, "note: going on from %s, which has %d rows\n", output.Printable(s.resume), rows)
	}
	return scorer, nil
}

// score runs the queue.
func (s *scanRun) score(ctx context.Context, scorer engine.Engine, doc output.Writer) error {
	write := func(row queue.Row) error { return doc.Write(row.Result) }
	if s.format != string(output.JSONL) {
		var spool store.Spool
		defer spool.Close()
		write = queue.InOrder(write, spool.Park)
	}
	return queue.Run(ctx, scorer, s.finder.items(), queue.Options{
		Jobs: s.jobs, Timeout: s.sampling.timeout, Finish: true, Tool: build.Read().Tool(), Memory: s.memory(),
		Observers: []queue.Observer{s.printer, s.log, s.extras.observer(context.WithoutCancel(ctx))},
	}, func(row queue.Row) error {
		if !s.timeline && row.Result.Timeline != nil { // it is for the extras
			slim := *row.Result
			slim.Timeline, row.Result = nil, &slim
		}
		s.count(row)
		if err := s.keep(row); err != nil {
			return err
		}
		return write(row)
	})
}

// keep adds a row to the store. What was interrupted has no place there: it is still to be scored.
func (s *scanRun) keep(row queue.Row) error {
	r := row.Result
	switch {
	case slices.Contains(r.Outcome.Reasons, score.Interrupted), len(r.Models) == 0: // or the engine has not started
		return nil
	case s.resume != "" && (!s.store.Holds(r) || !row.Known && r.Timeline != nil): // the one it holds has none
		return s.store.Add(r)
	case s.resume == "" && s.store != nil && !row.Known && r.Input.SHA256 != "":
		_ = s.store.Add(r) // at worst the same bytes are scored again
	}
	return nil
}

func (s *scanRun) count(row queue.Row) {
	r := row.Result
	s.tally.Add(r)
	if row.Known {
		s.tally.Known++
	}
	if r.Outcome.Status == score.Scored && s.failAbove > 0 && *r.Outcome.Score >= float64(s.failAbove) {
		s.reached++
	}
}

// verdict is the exit code, with a sentence where the table has not said it already.
func (s *scanRun) verdict(ctx context.Context, out *sink) error {
	s.finder.tell(s.env.Err)
	if !s.quiet && (out.toFile() || s.env.ErrTTY && s.format != string(output.Text)) {
		fmt.Fprintln(s.env.Err, s.tally.Summary(s.env.Now().Sub(s.began)))
	}
	s.extras.end(context.WithoutCancel(ctx))
	return s.beside(s.outcome(ctx), s.extras.err())
}

// beside is the outcome of a run in which something beside the rows may have gone wrong. Of two errors the graver one
// stands, and the other is told.
func (s *scanRun) beside(outcome, extra error) error {
	if code := exit.Of(outcome); extra != nil && (code == exit.Done || code == exit.NotScored) {
		return extra
	} else if extra != nil {
		fmt.Fprintf(s.env.Err, "note: %s\n", output.Printable(extra.Error()))
	}
	return outcome
}

func (s *scanRun) outcome(ctx context.Context) error {
	missing := s.tally.NotScored
	switch {
	case errors.Is(context.Cause(ctx), env.ErrInterrupted):
		err := exit.With(exit.Interrupted, fmt.Errorf("interrupted; %d of %d inputs without a score", missing, s.tally.Total))
		if s.resume != "" {
			return exit.Hint(err, "the same command goes on from %s", s.resume)
		}
		return err
	case s.reached > 0:
		return exit.With(exit.FailAbove, fmt.Errorf("%d of %d inputs scored at --fail-above %s or higher", s.reached, s.tally.Total, s.failAbove.String()))
	case missing == 0:
		return nil
	case s.quiet || s.format == string(output.Text):
		return exit.With(exit.NotScored, nil)
	}
	return exit.With(exit.NotScored, fmt.Errorf("%d of %d inputs without a score; the rows say why", missing, s.tally.Total))
}
