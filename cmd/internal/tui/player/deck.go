package player

import (
	"context"
	"errors"
	"image"
	"io"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/frames"
)

// deck is the player's goroutine: the clip, and where it is.
type deck struct {
	player  *Player
	preview engine.Preview
	current *frames.Frame // being shown; nil before the first
	pending *frames.Frame // decoded, and not yet due
	look    Look
	playing bool
	speed   float64
	ended   bool
	err     error
	dropped int
	late    time.Duration

	// The clock: at wall, the frame shown was at pts.
	wall time.Time
	pts  time.Duration
	last time.Time // when a picture was last shown
}

// obey does one thing: what was asked for, or else the next step of playing.
func (d *deck) obey(ctx context.Context, o orders) {
	d.look = o.look
	if o.speed != d.speed || o.playing != d.playing {
		again := o.playing && !d.playing && d.ended && d.err == nil && o.seek == nil
		d.speed, d.playing = o.speed, o.playing
		d.start()
		if again {
			o.seek = new(time.Duration)
		}
		d.show()
	}
	switch {
	case o.seek != nil:
		d.seek(ctx, *o.seek)
	case o.step != 0:
		d.step(ctx, o.step)
	case o.relook:
		d.show()
	case d.playing && !d.ended:
		d.play(ctx)
	default:
		d.player.pause(ctx, time.Hour)
	}
}

// start sets the clock to the frame shown.
func (d *deck) start() {
	d.wall = time.Now()
	if d.current != nil {
		d.pts = d.current.PTS
	}
}

// mostLate is how far playback may fall behind before its clock is put back.
const mostLate = time.Second

// play shows the next frame when it is due. A frame whose successor is due already is dropped, unless the screen has stood
// still for long.
func (d *deck) play(ctx context.Context) {
	if !d.ready(ctx) {
		return
	}
	due := d.wall.Add(time.Duration(float64(d.pending.PTS-d.pts) / d.speed))
	if wait := time.Until(due); wait > 0 && !d.player.pause(ctx, wait) {
		return
	}
	behind, shown := time.Since(due), time.Since(d.last)
	d.advance()
	if late := behind > 2*d.interval() && shown < 4*max(d.interval(), d.pace()); late || shown < d.pace() {
		d.dropped++
		return
	}
	if behind > mostLate {
		d.late += behind
		d.start()
	}
	d.show()
}

// fastest is the least time between two pictures when the clip plays faster than it was made: screens show no more.
const fastest = time.Second / 50

// pace is the least time between two pictures.
func (d *deck) pace() (least time.Duration) {
	if pace := d.player.options.Pace; pace != nil {
		least = pace()
	}
	if d.speed > 1 {
		least = max(least, fastest)
	}
	return least
}

// interval is the time between two frames as they should be shown.
func (d *deck) interval() time.Duration {
	if fps := d.preview.Info().FPS; fps > 0 && d.speed > 0 {
		return time.Duration(float64(time.Second) / fps / max(1, d.speed))
	}
	return 0
}

// fetch decodes the next frame if there is none.
func (d *deck) fetch(ctx context.Context) (err error) {
	if d.pending == nil {
		d.pending, err = d.preview.Next(ctx)
	}
	return err
}

// ready decodes the next frame if there is none. It is false at the end.
func (d *deck) ready(ctx context.Context) bool {
	err := d.fetch(ctx)
	if err != nil && ctx.Err() == nil {
		d.end(err)
	}
	return err == nil
}

func (d *deck) end(err error) {
	d.ended = true
	d.player.order(false, func(o *orders) { o.playing = false })
	d.playing = false
	if !errors.Is(err, io.EOF) {
		d.err = err
	}
	d.show()
}

// advance makes the pending frame the current one.
func (d *deck) advance() {
	d.current.Release()
	d.current, d.pending = d.pending, nil
}

// next goes one frame on without a look at the clock.
func (d *deck) next(ctx context.Context) bool {
	if !d.ready(ctx) {
		return false
	}
	d.advance()
	return true
}

func (d *deck) seek(ctx context.Context, t time.Duration) {
	d.pending.Release()
	d.pending, d.ended, d.err = nil, false, nil
	if err := d.preview.Seek(ctx, max(0, t)); err != nil {
		if ctx.Err() == nil {
			d.end(err)
		}
		return
	}
	err := d.fetch(ctx)
	switch {
	case err == nil:
		d.advance()
	case ctx.Err() != nil:
		return
	case !d.before(ctx, t): // behind the last frame lies the last frame
		d.end(err)
		return
	case !errors.Is(err, io.EOF):
		d.err = err
	}
	d.start()
	d.show()
}

// step goes n frames on or back.
func (d *deck) step(ctx context.Context, n int) {
	for ; n > 0; n-- {
		if !d.next(ctx) {
			return
		}
	}
	for ; n < 0 && d.current != nil; n++ {
		if !d.before(ctx, d.current.PTS) {
			return
		}
	}
	d.start()
	d.show()
}

// before goes to the last frame before a time: it seeks to a moment somewhat earlier, further each time it finds that there
// is no frame between, and walks on to the frame wanted.
func (d *deck) before(ctx context.Context, t time.Duration) bool {
	step := max(20*time.Millisecond, 3*d.interval()/2)
	for start := t; start > 0; step *= 4 {
		start = max(0, t-step)
		if d.preview.Seek(ctx, start) != nil {
			return false
		}
		d.pending.Release()
		d.pending, d.ended, d.err = nil, false, nil
		found := false
		for d.fetch(ctx) == nil && d.pending.PTS < t {
			d.advance()
			found = true
		}
		if found || ctx.Err() != nil {
			return found
		}
	}
	return false
}

// show delivers the present frame.
func (d *deck) show() {
	pic := Picture{
		Info: d.preview.Info(), Playing: d.playing, Ended: d.ended, Dropped: d.dropped, Late: d.late, Err: d.err,
	}
	if d.current != nil {
		pic.PTS, pic.Index = d.current.PTS, d.current.Index
		scale(&pic, d.current, d.look)
	}
	d.last = time.Now()
	if d.player.deliver(pic) && d.playing {
		d.dropped++
	}
}

// scale draws what is wanted of a frame.
func scale(pic *Picture, frame *frames.Frame, l Look) {
	pic.Frame = image.Pt(frame.Image.Width, frame.Image.Height)
	pic.Part = l.Part
	if pic.Part.Empty() {
		pic.Part = image.Rectangle{Max: pic.Frame}
	}
	if l.Width > 0 && l.Height > 0 {
		pic.Image = termimg.Scale(frame.Image, pic.Part, l.Width, l.Height)
	}
}

func (d *deck) close() {
	d.current.Release()
	d.pending.Release()
	_ = d.preview.Close() // it was only read
}
