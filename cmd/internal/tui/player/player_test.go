package player

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/frames"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reel is a made-up clip: each frame is one grey, its number.
type reel struct {
	times []time.Duration
	fps   float64
	end   error         // after the last frame; nil means io.EOF
	slow  time.Duration // a frame takes to decode
	at    int
	held  atomic.Int64
	panic bool
}

func every(interval time.Duration, n int) *reel {
	r := &reel{fps: float64(time.Second) / float64(interval)}
	for i := range n {
		r.times = append(r.times, time.Duration(i)*interval)
	}
	return r
}

func (r *reel) Info() frames.Info { return frames.Info{FPS: r.fps, Kind: frames.Video} }
func (r *reel) Close() error      { return nil }

func (r *reel) Next(ctx context.Context) (*frames.Frame, error) {
	select {
	case <-time.After(r.slow):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.panic {
		panic("a decoder's bug")
	}
	if r.at >= len(r.times) {
		if r.end != nil {
			return nil, r.end
		}
		return nil, io.EOF
	}
	m := frames.NewImage(8, 4)
	for i := range m.Pix {
		m.Pix[i] = byte(r.at)
	}
	r.held.Add(1)
	r.at++
	return frames.NewFrame(r.at-1, r.times[r.at-1], m, func() { r.held.Add(-1) }), nil
}

func (r *reel) Seek(_ context.Context, t time.Duration) error {
	for r.at = 0; r.at < len(r.times) && r.times[r.at].Truncate(time.Millisecond) < t; r.at++ {
	}
	return nil
}

func (r *reel) open(context.Context) (engine.Preview, error) { return r, nil }

func start(t *testing.T, r *reel, playing bool) *Player {
	p := Start(t.Context(), Options{Open: r.open, Playing: playing})
	p.Look(Look{Width: 4, Height: 2})
	t.Cleanup(func() {
		p.Close()
		if n := r.held.Load(); n != 0 {
			t.Errorf("%d frames were not released", n)
		}
	})
	return p
}

// until gives the first picture that is as wanted, and all before it. Tests run in bubbles: the time they look at is the
// clip's, not that of a busy machine.
func until(t *testing.T, p *Player, wanted func(Picture) bool) (all []Picture) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		pic, ok := p.Next(ctx)
		if !ok {
			t.Fatalf("no such picture in %d", len(all))
		}
		all = append(all, pic)
		if wanted(pic) {
			return all
		}
	}
}

func frame(n int) func(Picture) bool {
	return func(p Picture) bool { return p.Index == n && !p.Image.Empty() && p.Image.Pix[0] == byte(n) }
}

func TestPlaysInRealTimeToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := every(10*time.Millisecond, 30)
		begin := time.Now()
		all := until(t, start(t, r, true), func(p Picture) bool { return p.Ended })
		if took := time.Since(begin); took < 290*time.Millisecond || took > 310*time.Millisecond {
			t.Errorf("300 ms of frames took %v", took)
		}
		last := all[len(all)-1]
		if last.Index != 29 || last.Playing || last.Err != nil {
			t.Errorf("ended with %+v", last)
		}
		for i := 1; i < len(all); i++ {
			if all[i].PTS < all[i-1].PTS {
				t.Errorf("time went back from %v to %v", all[i-1].PTS, all[i].PTS)
			}
		}
	})
}

func TestPlayAfterTheEndBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, every(40*time.Millisecond, 4), true)
		until(t, p, func(p Picture) bool { return p.Ended })
		p.Play(true)
		until(t, p, func(p Picture) bool { return p.Index < 3 && p.Playing })
		until(t, p, func(p Picture) bool { return p.Ended })
	})
}

func TestSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, every(20*time.Millisecond, 50), false)
		until(t, p, frame(0))
		p.Speed(4)
		begin := time.Now()
		p.Play(true)
		until(t, p, func(p Picture) bool { return p.Ended })
		if took := time.Since(begin); took > 300*time.Millisecond {
			t.Errorf("a second at fourfold speed took %v", took)
		}
	})
}

func TestSeekAndStepAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := every(40*time.Millisecond, 40)
		r.times = nil // a variable rate: the nominal one is no help
		for i := range 40 {
			r.times = append(r.times, time.Duration(i*i)*time.Millisecond)
		}
		p := start(t, r, false)
		until(t, p, frame(0))
		p.Seek(400 * time.Millisecond)
		until(t, p, frame(20))
		p.Seek(401 * time.Millisecond)
		until(t, p, frame(21))
		for n := 20; n >= 0; n-- {
			p.Step(-1)
			until(t, p, frame(n))
		}
		p.Step(-1) // there is none before
		p.Step(3)
		until(t, p, frame(2))
	})
}

func TestBehindTheLastFrameLiesTheLastFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, every(40*time.Millisecond, 40), true)
		until(t, p, frame(0))
		p.Seek(time.Hour)
		all := until(t, p, frame(39))
		for _, pic := range all[:len(all)-1] {
			if pic.Ended {
				t.Errorf("frame %d is no end", pic.Index)
			}
		}
		p.Step(-1)
		until(t, p, frame(38))
	})
}

func TestTheLastOfManySeeksCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, every(40*time.Millisecond, 1000), false)
		until(t, p, frame(0))
		for i := range 200 {
			p.Seek(time.Duration(i) * 40 * time.Millisecond)
		}
		if all := until(t, p, frame(199)); len(all) > 150 {
			t.Errorf("%d pictures on the way", len(all))
		}
	})
}

func TestLateFramesAreDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := every(5*time.Millisecond, 200)
		r.slow = 8 * time.Millisecond // 1.6 s for a second of frames
		all := until(t, start(t, r, true), func(p Picture) bool { return p.Ended })
		last := all[len(all)-1]
		if last.Dropped == 0 || len(all) > 190 {
			t.Errorf("%d pictures, %d dropped", len(all), last.Dropped)
		}
	})
}

func TestPaceOfASlowLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := every(10*time.Millisecond, 50)
		p := Start(t.Context(), Options{Open: r.open, Playing: true, Pace: func() time.Duration { return 100 * time.Millisecond }})
		defer p.Close()
		all := until(t, p, func(p Picture) bool { return p.Ended })
		if len(all) > 9 || all[len(all)-1].Dropped < 40 {
			t.Errorf("%d pictures, %d dropped", len(all), all[len(all)-1].Dropped)
		}
	})
}

func TestAClipThatBreaksInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := every(5*time.Millisecond, 10)
		r.end = &frames.TruncatedError{Decoded: 10, Expected: 100}
		p := start(t, r, true)
		all := until(t, p, func(p Picture) bool { return p.Err != nil })
		if last := all[len(all)-1]; last.Index != 9 || last.Image.Empty() {
			t.Errorf("last picture: %+v", last)
		}
		p.Seek(0) // what is whole can still be looked at
		until(t, p, frame(0))
	})
}

func TestErrorsAndPanicsAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Start(t.Context(), Options{Open: func(context.Context) (engine.Preview, error) { return nil, errors.New("gone") }})
		until(t, p, func(p Picture) bool { return p.Err != nil && p.Err.Error() == "gone" })
		p.Close()
		r := every(time.Millisecond, 3)
		r.panic = true
		p = Start(t.Context(), Options{Open: r.open})
		until(t, p, func(p Picture) bool { return p.Err != nil })
		p.Close()
	})
}

func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := start(t, every(40*time.Millisecond, 3), false)
		until(t, p, frame(0))
		part := image.Rect(2, 1, 6, 3)
		p.Look(Look{Part: part, Width: 2, Height: 1})
		all := until(t, p, func(p Picture) bool { return p.Part == part })
		if last := all[len(all)-1]; last.Image.Width != 2 || last.Frame != image.Pt(8, 4) {
			t.Errorf("picture: %+v", last)
		}
	})
}

func TestStills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := every(40*time.Millisecond, 10)
		s := NewStills(r.open)
		pic, err := s.Picture(t.Context(), 120*time.Millisecond, Look{Width: 2, Height: 2})
		if err != nil || pic.Index != 3 || pic.Image.Width != 2 {
			t.Errorf("picture %+v, %v", pic, err)
		}
		m, index, err := s.Frame(t.Context(), 0)
		if err != nil || index != 0 || m.Width != 8 || fmt.Sprint(m.Pix[:3]) != "[0 0 0]" {
			t.Errorf("frame %d %v, %v", index, m, err)
		}
		if _, _, err := s.Frame(t.Context(), time.Hour); err == nil {
			t.Error("no error behind the end")
		}
		s.Close()
		if _, _, err := s.Frame(t.Context(), 0); err == nil || r.held.Load() != 0 {
			t.Errorf("after Close: %v, %d frames held", err, r.held.Load())
		}
	})
}
