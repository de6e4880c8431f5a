package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// rhythm is how often a child says that it gets on, at most.
const rhythm = 250 * time.Millisecond

// Serve is what a child does: it scores what is asked of it on in and answers on out, until in ends. Errors are of the
// connection; that the engine does not start is an answer.
func Serve(ctx context.Context, p engine.Platform, in io.Reader, out io.Writer) error {
	if outer, ok := p.(Platform); ok {
		p = outer.Platform // or children would have children
	}
	asked, done := make(chan request), make(chan struct{})
	defer close(done)
	go receive(bufio.NewReader(in), asked, done)
	s := &server{out: out, asked: asked}
	first, err := s.next(ctx, kindStart, kindShow)
	if err != nil {
		return quietly(err)
	}
	if first.kind == kindShow {
		return quietly(s.show(ctx, p, first))
	}
	return s.score(ctx, p, first)
}

// score starts an engine and scores what is asked.
func (s *server) score(ctx context.Context, p engine.Platform, first frame) error {
	begin, err := decode[start](first)
	if err != nil {
		return err
	}
	if err := s.settle(begin.Devices); err != nil {
		return err
	}
	e, err := p.Start(ctx, begin.Config)
	if err != nil {
		return s.send(kindFailed, failureOf(err))
	}
	if err := s.send(kindAbout, e.About()); err != nil {
		return err
	}
	// The engine is not closed: the process ends, and what hangs in native code must not keep it.
	return quietly(s.all(ctx, e))
}

// settle gives up rights, and says so.
func (s *server) settle(devices bool) error {
	return s.send(kindHello, hello{Tool: build.Read().Tool(), Protections: sandbox.Settle(devices)})
}

// quietly takes the end of the connection for what it is: the child is no longer needed.
func quietly(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// request is a frame, or why there are no more.
type request struct {
	frame
	err error
}

// receive passes on frames until they end, or nobody waits for them.
func receive(in io.Reader, asked chan<- request, done <-chan struct{}) {
	for {
		f, err := read(in)
		select {
		case asked <- request{f, err}:
		case <-done:
			return
		}
		if err != nil {
			return
		}
	}
}

// server is a child's side of the connection.
type server struct {
	asked <-chan request

	mu  sync.Mutex
	out io.Writer

	picture []byte       // the last that was sent; its memory is used again
	beaten  atomic.Int64 // when the last sign of progress was sent, in nanoseconds
}

func (s *server) send(k kind, body any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return write(s.out, k, body)
}

// next waits for a frame of one of the kinds. Cancelling is for what is done with by now, and says nothing.
func (s *server) next(ctx context.Context, want ...kind) (frame, error) {
	for {
		select {
		case r := <-s.asked:
			switch {
			case r.err != nil:
				return frame{}, r.err
			case slices.Contains(want, r.kind):
				return r.frame, nil
			case r.kind != kindCancel:
				return frame{}, fmt.Errorf("%w: a frame %q instead of %q", errProtocol, r.kind, want)
			}
		case <-ctx.Done():
			return frame{}, context.Cause(ctx)
		}
	}
}

// all scores one file after another.
func (s *server) all(ctx context.Context, e engine.Engine) error {
	for {
		f, err := s.next(ctx, kindScore)
		if err != nil {
			return err
		}
		t, err := decode[task](f)
		if err != nil {
			return err
		}
		if err := s.one(ctx, e, t); err != nil {
			return err
		}
	}
}

// one scores a file.
func (s *server) one(ctx context.Context, e engine.Engine, t task) error {
	done := make(chan score.Result, 1)
	err := s.during(ctx, t.Limit, func(ctx context.Context) { done <- e.Score(ctx, string(t.Path), s.watch(t)) })
	if err != nil {
		return err
	}
	return s.answer(<-done)
}

// during does something in native code. While it does, the parent may cancel, or go.
func (s *server) during(parent context.Context, limit time.Duration, f func(context.Context)) error {
	// A signal to this process is no reason to report the file as interrupted: the parent was not.
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	defer cancel()
	if limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	for {
		select {
		case <-done:
			return nil
		case r := <-s.asked:
			switch {
			case r.err != nil:
				return r.err
			case r.kind != kindCancel:
				return fmt.Errorf("%w: a frame %q before the answer to the last", errProtocol, r.kind)
			}
			cancel()
		case <-parent.Done():
			return context.Cause(parent)
		}
	}
}

// answer sends a result. One that cannot be sent, for its size or a number that is none, is replaced by saying so.
func (s *server) answer(r score.Result) error {
	err := s.send(kindResult, r)
	var broken *os.PathError
	if err == nil || errors.As(err, &broken) {
		return err
	}
	t := trouble{reason: score.Internal, detail: "the result could not be handed over: " + err.Error()}
	return s.send(kindResult, t.row(r.Input.Path, 0))
}

// watch passes on what the parent's watcher wants to know. Errors are left to the result: they are of the connection.
func (s *server) watch(t task) engine.Watch {
	w := engine.Watch{
		Opened: func(info frames.Info) { _ = s.send(kindOpened, info) },
		Maps:   t.Maps,
		Alive:  s.beat,
	}
	if t.Moments {
		w.Scored = func(m score.Moment) { _ = s.send(kindMoment, newMoment(m, t.Maps)) }
	}
	return w
}

// beat says that the file gets on, but not for every frame.
func (s *server) beat() {
	now, last := time.Now().UnixNano(), s.beaten.Load()
	if now-last >= int64(rhythm) && s.beaten.CompareAndSwap(last, now) {
		_ = s.send(kindBeat, nil)
	}
}
