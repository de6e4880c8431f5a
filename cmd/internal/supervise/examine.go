package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

const (
	// glance is how often a child's memory and progress are looked at.
	glance = 50 * time.Millisecond
	// grace is how long a child may take to end a file after the time limit or an interruption.
	grace = 3 * time.Second
)

// limits are what a file may cost.
type limits struct {
	memory int64
	stall  time.Duration
	grace  time.Duration
}

// trouble is why a file has no result.
type trouble struct {
	reason score.Reason
	detail string
	again  bool // another child may do better
	killed bool // by somebody else
	info   frames.Info
}

// blamed tells whether the file is to blame. It is not when somebody else killed its child: native code does not do that,
// but a system that runs out of memory does, and so do people.
func (t *trouble) blamed() bool { return !t.killed }

// row is the file's result all the same.
func (t *trouble) row(path string, took time.Duration) score.Result {
	o := score.Outcome{Status: score.Failed, Reasons: []score.Reason{t.reason}, Detail: t.detail}
	o.Wording = o.Words(score.English)
	return score.Result{
		Schema: score.SchemaID,
		Input: score.Input{
			Path: path, Kind: string(t.info.Kind), Container: t.info.Container, Codec: t.info.Codec,
			Width: t.info.Width, Height: t.info.Height, Rotation: t.info.Rotation,
			FPS: t.info.FPS, DurationMS: t.info.Duration.Milliseconds(),
		},
		Outcome: o,
		Timing:  score.Timing{TotalMS: took.Milliseconds()},
	}
}

// examination is one file in one child.
type examination struct {
	child  *child
	watch  engine.Watch
	limits limits
	info   frames.Info
	alive  time.Time // when the child last gave a sign of progress
	result *score.Result
}

// examine lets the child score a file. After trouble the child is of no more use.
func (c *child) examine(ctx context.Context, path string, watch engine.Watch, l limits) (*score.Result, *trouble) {
	x := &examination{child: c, watch: watch, limits: l, alive: time.Now()}
	c.said.forget()
	if t := x.run(ctx, path); t != nil {
		c.discard()
		t.info = x.info
		return nil, t
	}
	return x.result, nil
}

func newTask(ctx context.Context, path string, watch engine.Watch) task {
	t := task{Path: []byte(path), Moments: watch.Scored != nil, Maps: watch.Scored != nil && watch.Maps}
	if deadline, ok := ctx.Deadline(); ok {
		t.Limit = max(1, time.Until(deadline))
	}
	return t
}

func (x *examination) run(ctx context.Context, path string) *trouble {
	if err := x.child.send(kindScore, newTask(ctx, path, x.watch)); err != nil {
		return x.crashed()
	}
	return x.wait(ctx)
}

// wait follows the child until there is a result, or trouble.
func (x *examination) wait(ctx context.Context) *trouble {
	ticks := time.NewTicker(glance)
	defer ticks.Stop()
	over, patience := ctx.Done(), (<-chan time.Time)(nil)
	for x.result == nil {
		select {
		case f, ok := <-x.child.frames:
			if !ok {
				return x.crashed()
			}
			if err := x.take(f); err != nil {
				return &trouble{reason: score.Crashed, detail: err.Error(), again: true}
			}
		case now := <-ticks.C:
			if t := x.exceeded(now); t != nil {
				return t
			}
		case <-over:
			over, patience = nil, time.After(x.limits.grace)
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) { // which the child knows of
				_ = x.child.send(kindCancel, nil) // else patience will end
			}
		case <-patience:
			return gaveUp(ctx)
		}
	}
	return nil
}

func gaveUp(ctx context.Context) *trouble {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &trouble{reason: score.TimedOut, detail: "the time limit was reached, and native code had to be ended"}
	}
	return &trouble{reason: score.Interrupted, detail: "interrupted, and native code had to be ended"}
}

// take handles what the child sends.
func (x *examination) take(f frame) error {
	x.alive = time.Now()
	if x.watch.Alive != nil {
		x.watch.Alive()
	}
	switch f.kind {
	case kindBeat:
		return nil
	case kindOpened:
		info, err := decode[frames.Info](f)
		if err == nil && x.watch.Opened != nil {
			x.watch.Opened(info)
		}
		x.info = info
		return err
	case kindMoment:
		m, err := decode[moment](f)
		if err == nil && x.watch.Scored != nil {
			x.watch.Scored(m.unpack())
		}
		return err
	case kindResult:
		r, err := decode[score.Result](f)
		x.result = &r
		return err
	}
	return fmt.Errorf("%w: a frame %q while scoring", errProtocol, f.kind)
}

// exceeded tells whether the file costs more than it may.
func (x *examination) exceeded(now time.Time) *trouble {
	if held, err := sandbox.Resident(x.child.cmd.Process.Pid); err == nil && held > x.limits.memory {
		return &trouble{reason: score.OutOfMemory, detail: fmt.Sprintf("it took more than %d MiB of memory", x.limits.memory>>20), again: true}
	}
	if now.Sub(x.alive) > x.limits.stall {
		return &trouble{reason: score.Hung, detail: fmt.Sprintf("no frame was decoded or scored for %v", x.limits.stall), again: true}
	}
	return nil
}

// crashed is the trouble of a child that has ended.
func (x *examination) crashed() *trouble {
	detail := "the scoring process ended: " + x.child.ending()
	if x.child.said.starved() {
		return &trouble{reason: score.OutOfMemory, detail: detail, again: true}
	}
	return &trouble{reason: score.Crashed, detail: detail, again: true, killed: x.child.killedByOthers()}
}
