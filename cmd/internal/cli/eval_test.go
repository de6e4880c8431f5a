package cli

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
)

// A run that is cut short keeps what it has and makes no report; the next one scores the rest alone.
func TestInterruptedEvalGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("labels.csv", "path,label\na.mp4,real\nb.mp4,fake\nc.mp4,fake\n")
	write("a.mp4", "score 0.2")
	write("b.mp4", "score 0.9\nsleep 1h")
	write("c.mp4", "score 0.8")
	args := []string{"eval", "--results", "store.jsonl", "-o", "report.txt", "--html", "report.html", "labels.csv"}

	e, buffers := env.Test(args...)
	ch := make(chan os.Signal)
	e.Signals = func() (<-chan os.Signal, func()) { return ch, func() {} }
	go func() {
		for stored := 0; stored != 1; time.Sleep(5 * time.Millisecond) {
			data, _ := os.ReadFile("store.jsonl") // not there yet
			stored = strings.Count(string(data), "\n")
		}
		ch <- unix.SIGINT
	}()
	if code := Main(e, enginetest.Platform{}); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if errs := buffers.Err.String(); !strings.Contains(errs, "error: interrupted; 1 of 3 files are done\nhint: the same command goes on from there\n") {
		t.Errorf("stderr: %s", errs)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) != 5 { // no report, no hidden file
		t.Errorf("files %v, %v", entries, err)
	}

	write("b.mp4", "score 0.9")
	e, buffers = env.Test(args...)
	if code := Main(e, enginetest.Platform{}); code != 0 {
		t.Errorf("exit code %d: %s", code, buffers.Err.String())
	}
	if errs := buffers.Err.String(); !strings.Contains(errs, "note: 1 of 3 files needed no scoring: store.jsonl has results of their bytes\n") {
		t.Errorf("stderr: %s", errs)
	}
	if data, err := os.ReadFile("report.txt"); err != nil || !strings.Contains(string(data), "3 scored") {
		t.Errorf("%v, %s", err, data)
	}
}

// An interrupt while the engine starts is no failure of the engine.
func TestEvalInterruptedAtTheStart(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("labels.csv", []byte("path,label\na.mp4,real\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e, buffers := env.Test("eval", "--onnxruntime", "slow", "labels.csv")
	ch := make(chan os.Signal)
	time.AfterFunc(50*time.Millisecond, func() { ch <- unix.SIGTERM })
	e.Signals = func() (<-chan os.Signal, func()) { return ch, func() {} }
	if code := Main(e, enginetest.Platform{}); code != 130 || !strings.Contains(buffers.Err.String(), "hint: with --results FILE") {
		t.Errorf("exit code %d, %s", code, buffers.Err.String())
	}
}
