package model

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// batcher gathers the items of several concurrent callers into shared runs. One goroutine puts all runs together.
//
// It clocks itself: while as many runs as there may be are in progress callers queue up, and the next run takes all of
// them, oldest first. A full batch never waits; a part-filled one waits at most Batching.Wait for company.
type batcher[In, Out any] struct {
	run     func(context.Context, []In) ([]Out, error)
	most    int
	wait    time.Duration
	calls   chan *call[In, Out]
	slots   chan struct{} // filled by the runs in progress
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
	mu      sync.Mutex // guards the calls' progress
}

// call is one caller's items.
type call[In, Out any] struct {
	ctx     context.Context
	in      []In
	out     []Out
	next    int // items that were given to runs
	running int // runs that read the items
	err     error
	ready   chan struct{}
}

// shared is a run for several callers.
type shared[In, Out any] struct {
	parts []part[In, Out]
	in    []In
}

// part is what a call has in a run: n items from first on.
type part[In, Out any] struct {
	*call[In, Out]
	first, n int
}

// newBatcher starts the goroutine; close ends it. run gets 1 to b.Max items and answers with as many; up to b.Runs of its
// calls are in progress at once.
func newBatcher[In, Out any](b Batching, run func(context.Context, []In) ([]Out, error)) *batcher[In, Out] {
	s := &batcher[In, Out]{
		run: run, most: b.Max, wait: b.Wait, slots: make(chan struct{}, max(1, b.Runs)),
		calls: make(chan *call[In, Out]), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go s.serve()
	return s
}

// do answers in the order of the items. When ctx ends it returns as soon as no run reads the items any more, so that
// the caller may reuse them; callers that share the run are not disturbed.
func (b *batcher[In, Out]) do(ctx context.Context, in []In) ([]Out, error) {
	if err := ctx.Err(); err != nil || len(in) == 0 {
		return nil, err
	}
	c := &call[In, Out]{ctx: ctx, in: in, out: make([]Out, len(in)), ready: make(chan struct{})}
	select {
	case b.calls <- c:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.closing:
		return nil, ErrClosed
	}
	<-c.ready
	if c.err != nil {
		return nil, c.err
	}
	return c.out, nil
}

// close answers the calls already accepted, refuses later ones and returns when the goroutine has ended.
func (b *batcher[In, Out]) close() {
	b.once.Do(func() { close(b.closing) })
	<-b.done
}

func (b *batcher[In, Out]) serve() {
	defer close(b.done)
	var queue []*call[In, Out]
	for {
		b.slots <- struct{}{}
		if len(queue) == 0 {
			select {
			case c := <-b.calls:
				queue = append(queue, c)
			case <-b.closing:
				for range cap(b.slots) - 1 { // wait for the runs in progress
					b.slots <- struct{}{}
				}
				return
			}
		}
		var run *shared[In, Out]
		if run, queue = b.take(b.gather(queue)); len(run.in) == 0 {
			<-b.slots
			continue
		}
		go func() {
			b.perform(run)
			<-b.slots
		}()
	}
}

// gather adds the callers that are blocked already, also to a full queue, so that each gets its turn. Then it waits for
// more while the batch is not full and the wait not over.
func (b *batcher[In, Out]) gather(queue []*call[In, Out]) []*call[In, Out] {
	items := 0
	for _, c := range queue {
		items += len(c.in) - c.next
	}
	for blocked := true; blocked; {
		select {
		case c := <-b.calls:
			queue, items = append(queue, c), items+len(c.in)
		default:
			blocked = false
		}
	}
	if items >= b.most || b.wait <= 0 {
		return queue
	}
	timer := time.NewTimer(b.wait)
	defer timer.Stop()
	for items < b.most {
		select {
		case c := <-b.calls:
			queue, items = append(queue, c), items+len(c.in)
		case <-timer.C:
			return queue
		case <-b.closing:
			return queue
		}
	}
	return queue
}

// take puts a run together, of nothing if all have given up, and returns the calls that still have items, a part-served
// one last, so that a large call does not hold up the small ones behind it.
func (b *batcher[In, Out]) take(queue []*call[In, Out]) (run *shared[In, Out], rest []*call[In, Out]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	run = &shared[In, Out]{}
	var cut []*call[In, Out]
	for _, c := range queue {
		if c.err == nil {
			c.err = c.ctx.Err()
		}
		if c.err != nil {
			c.next = len(c.in)
		}
		n := min(len(c.in)-c.next, b.most-len(run.in))
		if n > 0 {
			run.parts = append(run.parts, part[In, Out]{c, c.next, n})
			run.in = append(run.in, c.in[c.next:c.next+n]...)
			c.next += n
			c.running++
		}
		switch {
		case c.next == len(c.in):
			c.finish()
		case n > 0:
			cut = append(cut, c)
		default:
			rest = append(rest, c)
		}
	}
	return run, append(rest, cut...)
}

// perform makes a run under a context that ends only when every caller in it has given up.
func (b *batcher[In, Out]) perform(run *shared[In, Out]) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var left atomic.Int64
	left.Store(int64(len(run.parts)))
	for _, p := range run.parts {
		stop := context.AfterFunc(p.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
		defer stop()
	}
	out, err := b.run(ctx, run.in)
	if err == nil && len(out) != len(run.in) {
		err = fmt.Errorf("%w: %d answers for %d items", ErrOutput, len(out), len(run.in))
	}
	b.settle(run, out, err)
}

// settle gives the answers of a run to its callers.
func (b *batcher[In, Out]) settle(run *shared[In, Out], out []Out, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range run.parts {
		p.running--
		if err != nil {
			p.err = err
		} else {
			copy(p.out[p.first:], out[:p.n])
			out = out[p.n:]
		}
		p.finish()
	}
}

// finish answers the caller once all items were given out and no run reads them any more. Who has given up hears of that,
// not of what became of the run.
func (c *call[In, Out]) finish() {
	if c.running > 0 || c.next < len(c.in) {
		return
	}
	if c.err != nil && c.ctx.Err() != nil {
		c.err = c.ctx.Err()
	}
	close(c.ready)
}
