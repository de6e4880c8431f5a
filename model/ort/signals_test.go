package ort

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/blendscope/blendscope/model/ort/internal/hijack"
)

func TestGuardPutsHandlersBack(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGINT)
	defer signal.Stop(heard)

	restore := guardSignals()
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGSEGV} {
		if !hijack.Install(s) || hijack.OnStack(s) {
			t.Fatalf("signal %v was not taken over", s)
		}
	}
	if n := restore(); n != 2 {
		t.Errorf("%d handlers put back, want 2", n)
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGSEGV} {
		if !hijack.OnStack(s) {
			t.Errorf("the handler of %v is still the other one", s)
		}
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(5 * time.Second):
		t.Error("Go does not hear the interrupt")
	}
}

func TestGuardKeepsHandlersThatGoItselfAdds(t *testing.T) {
	signal.Ignore(syscall.SIGUSR2)
	defer signal.Reset(syscall.SIGUSR2)
	restore := guardSignals()
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGUSR2)
	defer signal.Stop(heard)
	restore()
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(5 * time.Second):
		t.Error("Go does not hear a signal that it asked for meanwhile")
	}
}

func TestGuardLeavesUnchangedHandlersAlone(t *testing.T) {
	restore := guardSignals()
	if n := restore(); n != 0 {
		t.Errorf("%d handlers changed by nobody", n)
	}
	if n := restore(); n != 0 {
		t.Errorf("a second restore changed %d", n)
	}
}
