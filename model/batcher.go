package model

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// batcher gathers the items of several concurrent callers into shared runs. One goroutine makes all runs.
//
// It clocks itself: while a run is in progress callers queue up, and the next run takes all of them, oldest first. A
// full batch never waits; a part-filled one waits at most Batching.Wait for company.
type batcher[In, Out any] struct {
	run     func(context.Context, []In) ([]Out, error)
	most    int
	wait    time.Duration
	calls   chan *call[In, Out]
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
}

// call is one caller's items; next counts those that were run.
type call[In, Out any] struct {
	ctx   context.Context
	in    []In
	out   []Out
	next  int
	err   error
	ready chan struct{}
}

// newBatcher starts the goroutine; close ends it. run gets 1 to most items and answers with as many.
func newBatcher[In, Out any](most int, wait time.Duration, run func(context.Context, []In) ([]Out, error)) *batcher[In, Out] {
	b := &batcher[In, Out]{
		run: run, most: most, wait: wait,
		calls: make(chan *call[In, Out]), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go b.serve()
	return b
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
		if len(queue) == 0 {
			select {
			case c := <-b.calls:
				queue = append(queue, c)
			case <-b.closing:
				return
			}
		}
		queue = b.serveOne(b.gather(queue))
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

// serveOne runs one batch and returns the calls that still have items, a part-served one last, so that a large call
// does not hold up the small ones behind it.
func (b *batcher[In, Out]) serveOne(queue []*call[In, Out]) (rest []*call[In, Out]) {
	var taken []*call[In, Out]
	var counts []int
	var batch []In
	for _, c := range queue {
		n := min(len(c.in)-c.next, b.most-len(batch))
		switch {
		case c.ctx.Err() != nil:
			c.finish(c.ctx.Err())
		case n == 0:
			rest = append(rest, c)
		default:
			batch = append(batch, c.in[c.next:c.next+n]...)
			taken, counts = append(taken, c), append(counts, n)
		}
	}
	if len(batch) == 0 {
		return rest
	}
	out, err := b.runFor(taken, batch)
	for i, c := range taken {
		if err != nil {
			c.finish(err)
			continue
		}
		copy(c.out[c.next:], out[:counts[i]])
		out = out[counts[i]:]
		if c.next += counts[i]; c.next == len(c.in) {
			c.finish(nil)
		} else {
			rest = append(rest, c)
		}
	}
	return rest
}

// runFor runs a batch under a context that ends only when every caller in it has given up.
func (b *batcher[In, Out]) runFor(callers []*call[In, Out], batch []In) ([]Out, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var left atomic.Int64
	left.Store(int64(len(callers)))
	for _, c := range callers {
		stop := context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
		defer stop()
	}
	out, err := b.run(ctx, batch)
	if err == nil && len(out) != len(batch) {
		err = fmt.Errorf("%w: %d answers for %d items", ErrOutput, len(out), len(batch))
	}
	return out, err
}

// finish answers the caller. Who has given up hears of that, not of what became of the run.
func (c *call[In, Out]) finish(err error) {
	if err != nil && c.ctx.Err() != nil {
		err = c.ctx.Err()
	}
	c.err = err
	close(c.ready)
}
