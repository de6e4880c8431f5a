// Package player plays a clip for a screen: it decodes frames ahead of a clock of its own, scales them down once, and hands
// over the newest picture. Nothing waits for it, and it waits for nobody: a picture that comes too late, or that nobody
// fetched, is dropped and counted.
package player

import (
	"context"
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/frames"
)

// Look is what is wanted of each frame.
type Look struct {
	Part          image.Rectangle // in frame pixels; empty means all of it
	Width, Height int             // of the scaled picture, in pixels; none is made while one is 0
}

// Picture is a frame as it is to be shown.
type Picture struct {
	Info    frames.Info
	PTS     time.Duration
	Index   int
	Frame   image.Point     // size of the whole frame, in pixels
	Part    image.Rectangle // what of it is shown
	Image   frames.Image    // scaled; belongs to the receiver
	Playing bool
	Ended   bool          // there is no later frame
	Dropped int           // frames since the start that were due and not shown
	Late    time.Duration // by which the clock had to be put back, because decoding is slower than the video
	Err     error         // the clip cannot be opened, or breaks here
}

// Options are what a player needs.
type Options struct {
	Open func(context.Context) (engine.Preview, error)
	// Pace is the least time between two pictures: more than a frame's on a slow link. It may be nil.
	Pace    func() time.Duration
	Playing bool
	Start   time.Duration // where to begin
}

// Player plays one clip. Its methods may be called from any goroutine, and return at once but for Next and Close.
type Player struct {
	options Options
	cancel  context.CancelFunc
	done    chan struct{}
	out     chan Picture
	wake    chan struct{}

	mu     sync.Mutex
	orders orders
	// stop ends what the goroutine is doing, because a newer order overtakes it.
	stop context.CancelFunc
}

// orders are what was asked for and not yet done.
type orders struct {
	playing bool
	speed   float64
	seek    *time.Duration
	step    int
	look    Look
	relook  bool
}

// Start starts a player. The caller closes it.
func Start(ctx context.Context, o Options) *Player {
	ctx, cancel := context.WithCancel(ctx)
	p := &Player{
		options: o, cancel: cancel, done: make(chan struct{}), out: make(chan Picture, 1), wake: make(chan struct{}, 1),
		orders: orders{playing: o.Playing, speed: 1}, stop: func() {},
	}
	go p.run(ctx)
	return p
}

// Play plays or pauses.
func (p *Player) Play(on bool) { p.order(false, func(o *orders) { o.playing = on }) }

// Speed sets how many seconds of the clip pass in a second.
func (p *Player) Speed(x float64) { p.order(false, func(o *orders) { o.speed = x }) }

// Seek goes to the first frame at t or later. Of several calls in a row the last counts.
func (p *Player) Seek(t time.Duration) {
	p.order(true, func(o *orders) { o.seek, o.step = &t, 0 })
}

// Step goes n frames on, or back if n is negative, and pauses.
func (p *Player) Step(n int) {
	p.order(false, func(o *orders) { o.step += n; o.playing = false })
}

// Look says how frames are to be shown from now on, the present one included.
func (p *Player) Look(l Look) {
	p.order(false, func(o *orders) { o.relook = o.relook || o.look != l; o.look = l })
}

// Next waits for a picture that was not fetched yet. ok is false when the player has ended.
func (p *Player) Next(ctx context.Context) (pic Picture, ok bool) {
	select {
	case pic, ok = <-p.out:
		return pic, ok
	case <-ctx.Done():
		return Picture{}, false
	}
}

// Close ends the player. It may be called twice.
func (p *Player) Close() {
	p.cancel()
	<-p.done
}

func (p *Player) order(overtakes bool, change func(*orders)) {
	p.mu.Lock()
	change(&p.orders)
	if overtakes {
		p.stop()
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take gives the orders and forgets those that are done once.
func (p *Player) take(ctx context.Context) (o orders, working context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o = p.orders
	p.orders.seek, p.orders.step, p.orders.relook = nil, 0, false
	p.stop()
	working, p.stop = context.WithCancel(ctx)
	return o, working
}

func (p *Player) run(ctx context.Context) {
	defer close(p.done)
	defer close(p.out)
	defer p.cancel()
	defer func() { // a panic here would leave the terminal as the screen has set it
		if cause := recover(); cause != nil {
			p.deliver(Picture{Err: fmt.Errorf("internal error: %v", cause)})
			<-ctx.Done()
		}
	}()
	preview, err := p.options.Open(ctx)
	if err != nil {
		p.deliver(Picture{Err: err})
		<-ctx.Done()
		return
	}
	d := &deck{player: p, preview: preview, speed: 1}
	defer d.close()
	if p.options.Start > 0 {
		d.seek(ctx, p.options.Start)
	} else {
		d.next(ctx)
		d.show()
	}
	for ctx.Err() == nil {
		o, working := p.take(ctx)
		d.obey(working, o)
	}
}

// pause ends with the time, or sooner with a new order.
func (p *Player) pause(ctx context.Context, d time.Duration) (whole bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.wake:
	case <-ctx.Done():
	}
	return false
}

// deliver puts a picture where Next finds it, in the place of one that nobody fetched.
func (p *Player) deliver(pic Picture) (replaced bool) {
	select {
	case <-p.out:
		replaced = true
	default:
	}
	p.out <- pic
	return replaced
}
