package env

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFirstSignalCancelsSecondExits(t *testing.T) {
	e, _ := Test()
	ch := make(chan os.Signal)
	code := make(chan int, 1)
	e.Signals = func() (<-chan os.Signal, func()) { return ch, func() {} }
	e.Exit = func(c int) { code <- c }
	cleaned, forgotten := false, false
	e.OnAbort(func() { cleaned = true })
	e.OnAbort(func() { forgotten = true })()

	ctx, stop := e.Interruptible(context.Background())
	defer stop()
	ch <- unix.SIGINT
	<-ctx.Done()
	if cause := context.Cause(ctx); cause != ErrInterrupted {
		t.Errorf("cause = %v", cause)
	}
	ch <- unix.SIGTERM
	if got := <-code; got != 130 {
		t.Errorf("exit code = %d, want 130", got)
	}
	if !cleaned || forgotten {
		t.Errorf("cleaned = %t, forgotten = %t", cleaned, forgotten)
	}
}

func TestColor(t *testing.T) {
	tests := []struct {
		tty  bool
		vars map[string]string
		want bool
	}{
		{true, nil, true},
		{false, nil, false},
		{true, map[string]string{"NO_COLOR": "1"}, false},
		{true, map[string]string{"NO_COLOR": ""}, true},
		{true, map[string]string{"TERM": "dumb"}, false},
	}
	for _, test := range tests {
		e, _ := Test()
		e.OutTTY = test.tty
		e.LookupEnv = func(k string) (string, bool) { v, ok := test.vars[k]; return v, ok }
		if got := e.Color(); got != test.want {
			t.Errorf("%+v: Color = %t", test, got)
		}
	}
}
