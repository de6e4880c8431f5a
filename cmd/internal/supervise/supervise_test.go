package supervise

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// TestMain makes this test binary its own child, with the fake engine.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args[1:], Command) {
		if err := Serve(context.Background(), enginetest.Platform{}, os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// begin starts a supervised engine in a folder with the clips.
func begin(t *testing.T, c engine.Config, clips map[string]string) *Engine {
	t.Helper()
	if !sandbox.Supported {
		t.Skip("processes cannot be supervised here")
	}
	t.Chdir(t.TempDir())
	for name, text := range clips {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	world, _ := env.Test()
	world.Executable = os.Args[0]
	e, err := New(enginetest.Platform{}, world).Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e.(*Engine)
}

func expect(t *testing.T, r score.Result, status score.Status, reason score.Reason) {
	t.Helper()
	if r.Outcome.Status != status || reason != "" && !slices.Equal(r.Outcome.Reasons, []score.Reason{reason}) {
		t.Errorf("%s %v, want %s %s: %s", r.Outcome.Status, r.Outcome.Reasons, status, reason, r.Outcome.Detail)
	}
}

// process is the only idle child's.
func (e *Engine) process(t *testing.T) int {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.idle) != 1 {
		t.Fatalf("%d idle children", len(e.idle))
	}
	return e.idle[0].cmd.Process.Pid
}

func TestOneChildScoresAll(t *testing.T) {
	e := begin(t, engine.Config{Supervision: engine.Supervision{Inputs: []string{"."}}}, map[string]string{"a": "score 0.2", "b": "score 0.7"})
	first := e.process(t)
	for path, want := range map[string]float64{"a": 0.2, "b": 0.7} {
		r := e.Score(t.Context(), path, engine.Watch{})
		if expect(t, r, score.Scored, ""); *r.Outcome.Score != want {
			t.Errorf("%s: %v", path, *r.Outcome.Score)
		}
	}
	if e.process(t) != first {
		t.Error("there was more than one child")
	}
	if len(e.About().Isolation) == 0 {
		t.Error("nothing is said of what the child can not do")
	}
	if e.About().Runtime.Device != "fake cpu" {
		t.Errorf("about %+v", e.About())
	}
}

func TestWatchHearsTheChild(t *testing.T) {
	e := begin(t, engine.Config{}, map[string]string{"a": "score 0.2\nframes 7"})
	var infos []frames.Info
	moments, signs := 0, 0
	r := e.Score(t.Context(), "a", engine.Watch{
		Opened: func(i frames.Info) { infos = append(infos, i) },
		Scored: func(m score.Moment) { moments++ },
		Alive:  func() { signs++ },
	})
	expect(t, r, score.Scored, "")
	if len(infos) != 1 || infos[0].FPS != 25 || moments != 7 || signs < 8 {
		t.Errorf("opened %v, %d moments, %d signs of life", infos, moments, signs)
	}
}

func TestTroubleIsTheFilesOwn(t *testing.T) {
	s := engine.Supervision{MemoryLimit: 200 << 20, Inputs: []string{"."}}
	e := begin(t, engine.Config{Supervision: s}, map[string]string{
		"crash": "crash", "abort": "abort", "panic": "panic", "hang": "hang", "bomb": "bomb", "good": "score 0.2", "worn": "score 0.3\ncrash worn",
	})
	for path, want := range map[string]score.Reason{
		"crash": score.Crashed, "abort": score.Crashed, "panic": score.Crashed, "hang": score.Hung, "bomb": score.OutOfMemory, "gone": score.NotFound,
	} {
		if e.limits.stall = DefaultStall; want == score.Hung {
			e.limits.stall = 300 * time.Millisecond
		}
		expect(t, e.Score(t.Context(), path, engine.Watch{}), score.Failed, want)
		e.limits.stall = DefaultStall
		expect(t, e.Score(t.Context(), "good", engine.Watch{}), score.Scored, "")
	}
	var retried []score.Reason
	r := e.Score(t.Context(), "worn", engine.Watch{Retried: func(why score.Reason) { retried = append(retried, why) }})
	if expect(t, r, score.Scored, ""); !slices.Equal(retried, []score.Reason{score.Crashed}) {
		t.Errorf("tried again for %v", retried)
	}
}

func TestTimeLimitHoldsAgainstNativeCode(t *testing.T) {
	e := begin(t, engine.Config{}, map[string]string{"hang": "hang", "sleep": "score 0.2\nsleep 1h"})
	e.limits.grace = 200 * time.Millisecond
	for path := range map[string]bool{"hang": true, "sleep": true} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		expect(t, e.Score(ctx, path, engine.Watch{}), score.Failed, score.TimedOut)
		cancel()
	}
}

// Starting processes is not the file's time: a deadline becomes a budget, an interruption stays one.
func TestUntimedKeepsInterruptionsOnly(t *testing.T) {
	limited, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	free, left, stop := untimed(limited)
	defer stop()
	if *left <= 0 || *left > 20*time.Millisecond {
		t.Errorf("%v left", *left)
	}
	<-limited.Done()
	select {
	case <-free.Done():
		t.Error("the deadline went through")
	case <-time.After(50 * time.Millisecond):
	}
	limited, cancel = context.WithTimeout(t.Context(), time.Hour)
	free, _, stop = untimed(limited)
	defer stop()
	cancel()
	select {
	case <-free.Done():
	case <-time.After(10 * time.Second):
		t.Error("the interruption did not")
	}
	if _, left, _ := untimed(t.Context()); left != nil {
		t.Errorf("%v left of no limit", *left)
	}
}

func TestCancelEndsGracefullyElseByForce(t *testing.T) {
	e := begin(t, engine.Config{Supervision: engine.Supervision{Inputs: []string{"."}}}, map[string]string{
		"sleep": "score 0.2\nsleep 1h", "hang": "hang", "good": "score 0.2",
	})
	cancelled := func(path string) score.Result {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		return e.Score(ctx, path, engine.Watch{})
	}
	e.limits.grace = time.Hour
	expect(t, cancelled("sleep"), score.Failed, score.Interrupted)
	survivor := e.process(t)
	expect(t, e.Score(t.Context(), "good", engine.Watch{}), score.Scored, "")
	e.limits.grace = 200 * time.Millisecond
	expect(t, cancelled("hang"), score.Failed, score.Interrupted)
	expect(t, e.Score(t.Context(), "good", engine.Watch{}), score.Scored, "")
	if e.process(t) == survivor {
		t.Error("the child that hung is still there")
	}
}

// Whoever kills children while they are idle, or at work, costs nobody a score.
func TestKilledChildrenAreReplaced(t *testing.T) {
	e := begin(t, engine.Config{Supervision: engine.Supervision{Inputs: []string{"."}}}, map[string]string{"good": "score 0.2", "slow": "score 0.2\nsleep 300ms"})
	if err := syscall.Kill(e.process(t), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for range 2 { // perhaps alone, then in one that stays
		expect(t, e.Score(t.Context(), "good", engine.Watch{}), score.Scored, "")
	}
	victim := e.process(t)
	time.AfterFunc(100*time.Millisecond, func() { _ = syscall.Kill(victim, syscall.SIGKILL) })
	expect(t, e.Score(t.Context(), "slow", engine.Watch{}), score.Scored, "")
}

func TestChildrenReadOnlyWhatTheyWereGiven(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("score 0.5"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := begin(t, engine.Config{Supervision: engine.Supervision{Inputs: []string{"a"}}}, map[string]string{"a": "score 0.2"})
	if _, lacking := sandbox.Describe(e.idle[0].protections); lacking != "" {
		t.Skip("this system lacks protections: ", lacking)
	}
	expect(t, e.Score(t.Context(), "a", engine.Watch{}), score.Scored, "")
	// What a decoder would meet that a file led elsewhere: the child is asked past the engine, which would let it.
	c := e.idle[0]
	r, trouble := c.examine(t.Context(), secret, engine.Watch{}, e.limits)
	if trouble != nil {
		t.Fatal(trouble)
	}
	expect(t, *r, score.Failed, score.NoPermission)
	// By way of the engine it is an input like others.
	expect(t, e.Score(t.Context(), secret, engine.Watch{}), score.Scored, "")
}

func TestReplacedFileIsScored(t *testing.T) {
	e := begin(t, engine.Config{Supervision: engine.Supervision{Inputs: []string{"a"}}}, map[string]string{"a": "score 0.2", "b": "score 0.7"})
	if err := os.Rename("b", "a"); err != nil {
		t.Fatal(err)
	}
	r := e.Score(t.Context(), "a", engine.Watch{})
	if expect(t, r, score.Scored, ""); *r.Outcome.Score != 0.7 {
		t.Errorf("%v", *r.Outcome.Score)
	}
}

func TestStartFailsAsItWouldInside(t *testing.T) {
	world, _ := env.Test()
	p := New(enginetest.Platform{}, world)
	_, inside := enginetest.Platform{}.Start(t.Context(), engine.Config{Library: "missing"})
	_, err := p.Start(t.Context(), engine.Config{Library: "missing"})
	if err == nil || err.Error() != inside.Error() {
		t.Errorf("err = %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := p.Start(ctx, engine.Config{Library: "slow"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v", err)
	}
}

func TestInProcessIsTheOtherPlatforms(t *testing.T) {
	world, _ := env.Test()
	e, err := New(enginetest.Platform{}, world).Start(t.Context(), engine.Config{Supervision: engine.Supervision{InProcess: true}})
	if _, inside := e.(*enginetest.Engine); !inside || err != nil {
		t.Errorf("%T, %v", e, err)
	}
}

func TestJobsShareTheProcessor(t *testing.T) {
	few := settings(engine.Config{Supervision: engine.Supervision{Jobs: 1}})
	many := settings(engine.Config{Supervision: engine.Supervision{Jobs: 1000}})
	chosen := settings(engine.Config{Threads: 3, Supervision: engine.Supervision{Jobs: 1000}})
	if few.Config.Threads != 0 || many.Config.Threads != 1 || chosen.Config.Threads != 3 {
		t.Errorf("%d, %d, %d threads", few.Config.Threads, many.Config.Threads, chosen.Config.Threads)
	}
	if !few.Config.InProcess {
		t.Error("children would have children")
	}
}

// A child answers to nobody but its protocol.
func TestServeRefusesNonsense(t *testing.T) {
	for name, in := range map[string]string{
		"text":         "hello, world",
		"score first":  "\x01C\x00\x00\x00\x02{}",
		"broken start": "\x01S\x00\x00\x00\x01{",
	} {
		if err := serveText(in); !errors.Is(err, errProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := serveText(""); err != nil {
		t.Errorf("nobody there: %v", err)
	}
}

func serveText(in string) error {
	var out strings.Builder
	return Serve(context.Background(), enginetest.Platform{}, strings.NewReader(in), &out)
}
