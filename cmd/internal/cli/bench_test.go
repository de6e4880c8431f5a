package cli

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
)

// Ctrl-C ends a measurement that would take hours, and leaves no file.
func TestInterruptedBench(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("clip.mp4", []byte("score 0.5"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"decode", "detect", "inference", "end-to-end"} {
		e, buffers := env.Test("bench", "--runs", "100000000", "--stages", stage, "-o", "report.json", "clip.mp4")
		ch := make(chan os.Signal)
		e.Signals = func() (<-chan os.Signal, func()) { return ch, func() {} }
		time.AfterFunc(20*time.Millisecond, func() { ch <- unix.SIGINT })
		if code := Main(e, enginetest.Platform{}); code != 130 {
			t.Errorf("%s: exit code %d: %s", stage, code, buffers.Err.String())
		}
		if entries, err := os.ReadDir("."); err != nil || len(entries) != 1 {
			t.Errorf("%s: files %v, %v", stage, entries, err)
		}
	}
}
