package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
)

// errUnwell is wrapped by the errors of a process that crashed, hung or took too much memory while it showed a file.
var errUnwell = errors.New("the file cannot be shown")

// Preview opens a file, where nobody watches in a child process of its own: looking at it can be as dangerous as scoring it.
func (p Platform) Preview(ctx context.Context, path string) (engine.Preview, error) {
	if !p.unattended || !sandbox.Supported {
		return p.Platform.Preview(ctx, path)
	}
	var g grants
	if target, ok := real(path); ok {
		g = g.with(target)
	}
	c, err := launch(p.world, mission{grants: g, memory: DefaultMemoryLimit, kind: kindShow, body: show{[]byte(path)}})
	if err != nil {
		return nil, err
	}
	v := &preview{child: c, owed: 2}
	if err := v.open(ctx); err != nil {
		c.discard()
		return nil, err
	}
	return v, nil
}

// preview is a file that a child shows.
type preview struct {
	child *child
	info  frames.Info
	owed  int // answers that have not come yet: who gave up waiting for one leaves it to the next
}

var _ engine.Preview = (*preview)(nil)

func (v *preview) open(ctx context.Context) error {
	for {
		f, err := v.answer(ctx)
		switch {
		case err != nil:
			return err
		case f.kind == kindOpened:
			v.info, err = decode[frames.Info](f)
			return err
		}
		if _, err := v.child.greeted(f); err != nil {
			return err
		}
	}
}

// Info is what is known of the file.
func (v *preview) Info() frames.Info { return v.info }

// Next gives the next frame.
func (v *preview) Next(ctx context.Context) (*frames.Frame, error) {
	f, err := v.ask(ctx, kindNext, nil)
	if err != nil {
		return nil, err
	}
	if f.kind == kindPicture {
		return unpackPicture(f.body)
	}
	return nil, ended(f)
}

// Seek goes to a moment.
func (v *preview) Seek(ctx context.Context, t time.Duration) error {
	f, err := v.ask(ctx, kindSeek, t)
	if err != nil || f.kind == kindSought {
		return err
	}
	return ended(f)
}

func ended(f frame) error {
	if f.kind != kindEnd {
		return fmt.Errorf("%w: a frame %q while looking", errProtocol, f.kind)
	}
	e, err := decode[end](f)
	if err != nil {
		return err
	}
	return e.err()
}

// Close ends the child.
func (v *preview) Close() error {
	v.child.stop()
	return nil
}

// ask sends a request and waits for its answer, after those that are still owed.
func (v *preview) ask(ctx context.Context, k kind, body any) (frame, error) {
	for v.owed > 0 {
		if _, err := v.answer(ctx); err != nil {
			return frame{}, err
		}
	}
	if err := v.child.send(k, body); err != nil {
		return frame{}, v.unwell(v.child.ending())
	}
	v.owed++
	return v.answer(ctx)
}

// answer waits for one frame, as long as the child is well.
func (v *preview) answer(ctx context.Context) (frame, error) {
	ticks := time.NewTicker(glance)
	defer ticks.Stop()
	asked := time.Now()
	for {
		select {
		case f, ok := <-v.child.frames:
			if !ok {
				return frame{}, v.unwell("its process ended: " + v.child.ending())
			}
			v.owed--
			return f, nil
		case now := <-ticks.C:
			if held, err := sandbox.Resident(v.child.cmd.Process.Pid); err == nil && held > DefaultMemoryLimit {
				return frame{}, v.unwell(fmt.Sprintf("it took more than %d MiB of memory", DefaultMemoryLimit>>20))
			}
			if now.Sub(asked) > DefaultStall {
				return frame{}, v.unwell(fmt.Sprintf("no answer for %v", DefaultStall))
			}
		case <-ctx.Done():
			_ = v.child.send(kindCancel, nil) // the answer then comes soon, and is the next caller's to pass over
			return frame{}, ctx.Err()
		}
	}
}

func (v *preview) unwell(why string) error {
	v.child.discard()
	return fmt.Errorf("%w: %s", errUnwell, why)
}
