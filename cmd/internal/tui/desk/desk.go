// Package desk scores the files of a review one after another, those that somebody looks at first, and tells a screen about
// it in bundles: a screen is drawn anew for each thing it is told.
package desk

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Options are what a desk needs.
type Options struct {
	Start   func(context.Context) (engine.Engine, error) // called once, before the first file is scored
	Tool    score.Tool
	Timeout time.Duration // for one file; 0 means none
}

// News is what happened since the screen last asked, by the numbers that Add gave.
type News struct {
	Ready   bool  // the engine has started, once
	Failed  error // it cannot be started; nothing will be scored
	Note    string
	Started []int // also when a file is begun anew: what was told of it before no longer counts
	Opened  map[int]frames.Info
	Reached map[int]int64          // milliseconds of the clip scored so far
	Moments map[int][]score.Moment // of files that are watched
	Results map[int]*score.Result
}

func (n *News) empty() bool {
	return !n.Ready && n.Failed == nil && len(n.Started)+len(n.Opened)+len(n.Reached)+len(n.Moments)+len(n.Results) == 0
}

// Desk is safe for concurrent use.
type Desk struct {
	options Options
	cancel  context.CancelFunc
	done    chan struct{}
	wake    chan struct{} // there is work
	told    chan struct{} // there is news

	mu      sync.Mutex
	items   []input.Item
	waiting []int
	running int // number of the file being scored, -1 for none
	// rushed are watched files that are scored beside the one that had begun before.
	rushed  map[int]bool
	watched map[int]bool
	kept    map[int][]score.Moment // of files being scored, for whoever starts watching
	news    News

	last time.Time // of Next alone
}

// mostKept is how many moments of a file nobody watches are kept for whoever opens it while it is scored.
const mostKept = 200_000

// New starts a desk. The caller closes it.
func New(ctx context.Context, o Options) *Desk {
	ctx, cancel := context.WithCancel(ctx)
	d := &Desk{
		options: o, cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1), told: make(chan struct{}, 1),
		running: -1, rushed: map[int]bool{}, watched: map[int]bool{}, kept: map[int][]score.Moment{},
	}
	go d.run(ctx)
	return d
}

// Add gives a file its number, from 0. It is scored when its turn comes unless it is done already.
func (d *Desk) Add(item input.Item, done bool) (number int) {
	d.mu.Lock()
	number = len(d.items)
	d.items = append(d.items, item)
	if !done {
		d.waiting = append(d.waiting, number)
	}
	d.mu.Unlock()
	signal(d.wake)
	return number
}

// Again scores a file once more.
func (d *Desk) Again(number int) {
	d.mu.Lock()
	if number != d.running && !slices.Contains(d.waiting, number) && !d.rushed[number] {
		d.waiting = slices.Insert(d.waiting, 0, number)
	}
	d.mu.Unlock()
	signal(d.wake)
}

// Watch makes the desk tell all moments of a file, those there are at once, and score it at once if it waits.
func (d *Desk) Watch(number int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watched[number] = true
	if past := d.kept[number]; len(past) > 0 {
		d.tell(func(n *News) { put(&n.Moments, number, slices.Clone(past)) })
	}
	if i := slices.Index(d.waiting, number); i >= 0 {
		d.waiting = slices.Insert(slices.Delete(d.waiting, i, i+1), 0, number)
	}
	signal(d.wake)
}

// Unwatch takes Watch back.
func (d *Desk) Unwatch(number int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.watched, number)
}

// bundle is the least time between two bundles of news.
const bundle = 50 * time.Millisecond

// Next waits for news. ok is false when ctx is done. One goroutine at a time calls it.
func (d *Desk) Next(ctx context.Context) (n News, ok bool) {
	for {
		select {
		case <-d.told:
		case <-ctx.Done():
			return News{}, false
		}
		time.Sleep(bundle - time.Since(d.last))
		d.last = time.Now()
		d.mu.Lock()
		n, d.news = d.news, News{}
		d.mu.Unlock()
		if !n.empty() {
			return n, true
		}
	}
}

// Close ends what is being scored and waits for it.
func (d *Desk) Close() {
	d.cancel()
	<-d.done
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// tell notes news. The caller holds the lock.
func (d *Desk) tell(note func(*News)) {
	note(&d.news)
	signal(d.told)
}

func (d *Desk) locked(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func put[V any](m *map[int]V, number int, v V) {
	if *m == nil {
		*m = map[int]V{}
	}
	(*m)[number] = v
}

func (d *Desk) run(ctx context.Context) {
	defer close(d.done)
	var e engine.Engine
	var beside sync.WaitGroup
	defer func() {
		beside.Wait()
		if e != nil {
			_ = e.Close() // it leaves nothing that could be lost
		}
	}()
	for ctx.Err() == nil {
		if d.idle() {
			select {
			case <-d.wake:
			case <-ctx.Done():
			}
			continue
		}
		if e == nil {
			if e = d.start(ctx); e == nil {
				<-ctx.Done()
				return
			}
		}
		d.work(ctx, e, &beside)
	}
}

func (d *Desk) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting) == 0
}

func (d *Desk) start(ctx context.Context) engine.Engine {
	e, err := d.options.Start(ctx)
	d.locked(func() {
		d.tell(func(n *News) {
			n.Failed = err
			if n.Ready = err == nil; n.Ready {
				n.Note = e.About().Note
			}
		})
	})
	if err != nil {
		return nil
	}
	return e
}

// work scores the next file. One that is watched and comes up meanwhile is scored beside it.
func (d *Desk) work(ctx context.Context, e engine.Engine, beside *sync.WaitGroup) {
	number, item, ok := d.next(false)
	if !ok {
		return
	}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		d.one(ctx, e, number, item)
	}()
	for {
		select {
		case <-finished:
			return
		case <-d.wake:
			if rush, item, ok := d.next(true); ok {
				beside.Go(func() {
					d.one(ctx, e, rush, item)
					signal(d.wake)
				})
			}
		}
	}
}

// next takes a file off the list; with beside set only one that is watched, and only one at a time.
func (d *Desk) next(beside bool) (number int, item input.Item, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) == 0 {
		return 0, item, false
	}
	number = d.waiting[0]
	if beside && (!d.watched[number] || len(d.rushed) > 0 || d.watched[d.running]) {
		return 0, item, false
	}
	d.waiting = d.waiting[1:]
	if beside {
		d.rushed[number] = true
	} else {
		d.running = number
	}
	d.tell(func(n *News) { n.Started = append(n.Started, number) })
	return number, d.items[number], true
}

// one scores a file. Who reads its result may ask for it again at once, so it is off the desk in the same breath.
func (d *Desk) one(ctx context.Context, e engine.Engine, number int, item input.Item) {
	o := queue.Options{Jobs: 1, Timeout: d.options.Timeout, Tool: d.options.Tool, Observers: []queue.Observer{observer{d, number}}}
	// The only error is that of emit, which gives none.
	_ = queue.Run(ctx, mapped{e}, slices.Values([]input.Item{item}), o, func(row queue.Row) error {
		d.locked(func() {
			delete(d.kept, number)
			delete(d.rushed, number)
			if d.running == number {
				d.running = -1
			}
			d.tell(func(n *News) { put(&n.Results, number, row.Result) })
		})
		return nil
	})
}
