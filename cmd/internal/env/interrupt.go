package env

import (
	"context"
	"errors"
	"fmt"
)

// ErrInterrupted is the cause of a context that Ctrl-C or SIGTERM has cancelled.
var ErrInterrupted = errors.New("interrupted")

// exitInterrupted is what shells expect of a process that SIGINT has ended: 128 + 2.
const exitInterrupted = 130

// Interruptible derives a context that the first signal cancels. A second signal ends the process at once, after the
// functions given to OnAbort. The caller calls stop when there is nothing left to interrupt.
func (e *Env) Interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	ch, stopSignals := e.Signals()
	done := make(chan struct{})
	go func() {
		for count := 1; ; count++ {
			select {
			case <-done:
				return
			case <-ch:
			}
			if count > 1 {
				e.abortNow()
				return
			}
			if e.ErrTTY {
				fmt.Fprint(e.Err, "\r\x1b[Kinterrupted: finishing what is at hand; again stops at once\n")
			}
			cancel(ErrInterrupted)
		}
	}()
	return ctx, func() {
		stopSignals()
		close(done)
		cancel(context.Canceled)
	}
}

// OnAbort registers f to run before a second signal ends the process, for what must not be left behind. Calling forget
// takes it back.
func (e *Env) OnAbort(f func()) (forget func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := len(e.abort)
	e.abort = append(e.abort, f)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.abort[at] = func() {}
	}
}

func (e *Env) abortNow() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range e.abort {
		f()
	}
	if e.ErrTTY {
		fmt.Fprint(e.Err, "\r\x1b[Kstopped at once: inputs without a row have none\n")
	}
	e.Exit(exitInterrupted)
}
