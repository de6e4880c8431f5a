package supervise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/score"
)

// Engine scores in child processes: as many as there are files at once, each started when it is needed and kept for the
// next file.
type Engine struct {
	world  world
	start  start
	limits limits
	about  engine.About

	mu     sync.Mutex
	idle   []*child
	grants grants
	closed bool
}

var _ engine.Engine = (*Engine)(nil)

func newEngine(w world, c engine.Config) *Engine {
	e := &Engine{world: w, start: settings(c), limits: limits{
		memory: cmp.Or(c.MemoryLimit, DefaultMemoryLimit),
		stall:  cmp.Or(c.Stall, DefaultStall),
		grace:  grace,
	}}
	for _, input := range c.Inputs {
		if path, ok := real(input); ok {
			e.grants = e.grants.with(path)
		}
	}
	return e
}

// About says what the engine in the children is made of.
func (e *Engine) About() engine.About { return e.about }

// Score has a child score the file. When the child does not survive it, a fresh one tries once more; watch then hears of
// the file from its start again.
func (e *Engine) Score(ctx context.Context, path string, watch engine.Watch) score.Result {
	started := time.Now()
	ctx, left, stop := untimed(ctx)
	defer stop()
	result, t := e.pooled(ctx, path, watch, left)
	for tries, blame := 1, 0; t != nil; tries++ {
		if t.blamed() {
			blame++
		}
		if !t.again || blame > 1 || tries >= mostTries || ctx.Err() != nil {
			return t.row(path, time.Since(started))
		}
		if watch.Retried != nil {
			watch.Retried(t.reason)
		}
		result, t = e.alone(ctx, path, watch, left)
	}
	return *result
}

// budget is the time that a file has left; nil means that there is no limit. Starting processes for it does not count:
// files must not fail for what befell their neighbours.
type budget *time.Duration

// untimed is ctx without its deadline, which becomes a budget.
func untimed(ctx context.Context) (free context.Context, left budget, stop func()) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return ctx, nil, func() {}
	}
	free, cancel := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	remaining := max(1, time.Until(deadline))
	return free, &remaining, func() { forget(); cancel() }
}

// examine lets a child score a file with the time it has left.
func (e *Engine) examine(ctx context.Context, c *child, path string, watch engine.Watch, left budget) (*score.Result, *trouble) {
	if left == nil {
		return c.examine(ctx, path, watch, e.limits)
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, *left)
	defer cancel()
	result, t := c.examine(ctx, path, watch, e.limits)
	*left = max(1, *left-time.Since(began))
	return result, t
}

// mostTries is how often a file is tried whose children somebody keeps killing, or that never starts.
const mostTries = 4

// pooled scores a file in a child that has scored others, and will score more.
func (e *Engine) pooled(ctx context.Context, path string, watch engine.Watch, left budget) (*score.Result, *trouble) {
	c, err := e.take(ctx, path)
	if err != nil {
		return nil, notStarted(ctx, err)
	}
	defer e.put(c)
	result, t := e.examine(ctx, c, path, watch, left)
	if t == nil && replaced(result, path) {
		c.stop()
		return nil, &trouble{reason: score.NoPermission, detail: "the file was replaced just before it was read", again: true}
	}
	return result, t
}

// alone scores a file in a child that scores nothing else.
func (e *Engine) alone(ctx context.Context, path string, watch engine.Watch, left budget) (*score.Result, *trouble) {
	c, err := e.fresh(ctx, path)
	if err != nil {
		return nil, notStarted(ctx, err)
	}
	defer c.stop()
	return e.examine(ctx, c, path, watch, left)
}

// replaced tells whether a child could not read a file that others can: what it was given may have been another file of
// the same name.
func replaced(r *score.Result, path string) bool {
	if len(r.Outcome.Reasons) == 0 || r.Outcome.Reasons[0] != score.NoPermission {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

func notStarted(ctx context.Context, err error) *trouble {
	t := &trouble{reason: score.Internal, detail: err.Error(), again: errors.Is(err, errKilled), killed: errors.Is(err, errKilled)}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		t.reason = score.TimedOut
	case ctx.Err() != nil:
		t.reason = score.Interrupted
	}
	return t
}

// take gives an idle child that may read the file, or a new one.
func (e *Engine) take(ctx context.Context, path string) (*child, error) {
	target, there := real(path)
	e.mu.Lock()
	var idle *child
	if n := len(e.idle); n > 0 {
		idle, e.idle = e.idle[n-1], e.idle[:n-1]
	}
	e.mu.Unlock()
	if idle == nil {
		return e.fresh(ctx, path)
	}
	if !idle.ended() && (!there || idle.grants.covers(target)) {
		return idle, nil
	}
	idle.stop()
	return e.fresh(ctx, path)
}

// fresh gives a new child that may read the file.
func (e *Engine) fresh(ctx context.Context, path string) (*child, error) {
	e.grant(path)
	return e.launch(ctx)
}

// put keeps a child for the next file, unless it is of no more use.
func (e *Engine) put(c *child) {
	e.mu.Lock()
	keep := !e.closed && !c.ended()
	if keep {
		e.idle = append(e.idle, c)
	}
	e.mu.Unlock()
	if !keep {
		c.stop()
	}
}

// grant lets later children read the file, or the folder it lies in where more of its kind may follow.
func (e *Engine) grant(path string) {
	target, there := real(path)
	if !there {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.grants.covers(target) {
		e.grants = e.grants.with(filepath.Dir(target))
	}
}

// launch starts a child and waits until it is ready.
func (e *Engine) launch(ctx context.Context) (*child, error) {
	e.mu.Lock()
	g := e.grants
	e.mu.Unlock()
	c, err := launch(e.world, mission{
		read: e.world.folders(e.start.Config), grants: g, devices: e.start.Devices, memory: e.limits.memory, kind: kindStart, body: e.start,
	})
	if err != nil {
		return nil, err
	}
	if err := c.ready(ctx); err != nil {
		c.discard()
		return nil, err
	}
	first := e.about
	first.Isolation = nil // which children do not know of themselves
	if len(first.Models) > 0 && !reflect.DeepEqual(c.about, first) {
		c.stop()
		return nil, fmt.Errorf("a further scoring process runs on %s with %v, the first on %s with %v",
			c.about.Runtime.Device, c.about.Models, first.Runtime.Device, first.Models)
	}
	return c, nil
}

// Close ends the children. It may be called twice.
func (e *Engine) Close() error {
	e.mu.Lock()
	idle := e.idle
	e.idle, e.closed = nil, true
	e.mu.Unlock()
	var all sync.WaitGroup
	for _, c := range idle {
		all.Go(c.stop)
	}
	all.Wait()
	return nil
}
