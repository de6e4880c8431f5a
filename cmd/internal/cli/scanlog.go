package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// eventLog writes what happens in a run as JSON lines, for those who watch over many: begun, started, retried, finished,
// ended. Each line is one write.
type eventLog struct {
	log   *slog.Logger
	close func() error // gives what went wrong since it was opened
	begin time.Time

	mu     sync.Mutex
	starts map[int]time.Time // of the files at hand
}

var _ queue.RetryObserver = (*eventLog)(nil)

// openLog opens the log, at the end of what is there. "-" is standard error, and no name is no log.
func openLog(e *env.Env, name string) (*eventLog, error) {
	l := &eventLog{close: func() error { return nil }, starts: map[int]time.Time{}}
	w := io.Discard
	switch name {
	case "":
	case "-":
		w = e.Err
	default:
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666) // before the process's umask
		if err != nil {
			return nil, err
		}
		kept := &witness{w: f}
		w, l.close = kept, func() error { return errors.Join(kept.first, f.Close()) }
	}
	l.log = slog.New(slog.NewJSONHandler(output.SafeJSON(w), nil))
	return l, nil
}

// witness remembers the first error of a writer: a logger tells nobody. The logger sees to it that writes do not overlap.
type witness struct {
	w     io.Writer
	first error
}

func (w *witness) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if w.first == nil {
		w.first = err
	}
	return n, err
}

func (l *eventLog) event(name string, attributes ...slog.Attr) {
	l.log.LogAttrs(context.Background(), slog.LevelInfo, name, attributes...)
}

// begun says what is going to score.
func (l *eventLog) begun(about engine.About) {
	l.begin = time.Now()
	l.event("begun", slog.Any("tool", build.Read().Tool()), slog.Any("models", about.Models),
		slog.Any("runtime", about.Runtime), slog.Any("settings", about.Settings), slog.Any("isolation", about.Isolation))
}

// ended says how the run went.
func (l *eventLog) ended(t *output.Tally, code exit.Code) {
	l.event("ended", slog.Int("inputs", t.Total), slog.Any("status", t.Status), slog.Any("bands", t.Bands),
		slog.Any("errors", t.Errors), slog.Int("exit_code", int(code)), since(l.begin))
}

func since(t time.Time) slog.Attr { return slog.Int64("ms", time.Since(t).Milliseconds()) }

// Started notes a file that is in work from now on.
func (l *eventLog) Started(index int, item input.Item) {
	l.mu.Lock()
	l.starts[index] = time.Now()
	l.mu.Unlock()
	l.event("started", slog.Int("index", index), path(item))
}

// Opened is of no interest here.
func (l *eventLog) Opened(int, frames.Info) {}

// Scored is of no interest here: there are too many.
func (l *eventLog) Scored(int, score.Moment) {}

// Retried notes a file that is tried once more.
func (l *eventLog) Retried(index int, item input.Item, why score.Reason) {
	l.event("retried", slog.Int("index", index), path(item), slog.Any("reason", why))
}

// Finished notes a file that has its row.
func (l *eventLog) Finished(row queue.Row) {
	l.mu.Lock()
	start, ok := l.starts[row.Index]
	delete(l.starts, row.Index)
	l.mu.Unlock()
	if !ok {
		start = time.Now() // never in work
	}
	r := row.Result
	list := []slog.Attr{
		slog.Int("index", row.Index), path(row.Item), slog.Any("status", r.Outcome.Status), slog.Any("reasons", r.Outcome.Reasons),
		slog.String("sha256", r.Input.SHA256), slog.Bool("known", row.Known), slog.Int("frames", r.Input.FramesScored), since(start),
	}
	if r.Outcome.Score != nil {
		list = append(list, slog.Float64("score", *r.Outcome.Score))
	}
	l.event("finished", list...)
}

func path(item input.Item) slog.Attr {
	return slog.String("path", strings.ToValidUTF8(item.Path, "\uFFFD"))
}
