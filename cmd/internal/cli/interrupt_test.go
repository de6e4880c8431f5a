package cli

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
)

// watched is a stream that tells of its first write.
type watched struct {
	mu    sync.Mutex
	text  strings.Builder
	first chan struct{}
}

func watch() *watched { return &watched{first: make(chan struct{})} }

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.text.Len() == 0 {
		close(w.first)
	}
	return w.text.Write(p)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// interrupted runs a scan of a quick, a slow and a waiting clip, and sends signals once the first has its row and the
// second is in work. It is called in a bubble, where time passes when there is nothing to do.
func interrupted(t *testing.T, signals int, slow string, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"a.mp4": "score 0.2", "b.mp4": "score 0.9\nsleep " + slow, "c.mp4": "score 0.3"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e, _ := env.Test(append([]string{"scan"}, args...)...)
	stdout, stderr := watch(), watch()
	ch := make(chan os.Signal)
	e.Out, e.Err, e.Signals = stdout, stderr, func() (<-chan os.Signal, func()) { return ch, func() {} }
	exited := make(chan int, 2)
	e.Exit = func(code int) { exited <- code }
	ended := make(chan struct{}) // also where a process would be gone since its second signal
	t.Cleanup(func() { <-ended })
	go func() {
		defer close(ended)
		exited <- Main(e, enginetest.Platform{})
	}()
	go func() {
		<-stdout.first
		synctest.Wait() // until the second is in work
		for range signals {
			ch <- unix.SIGINT
		}
	}()
	code = <-exited
	return code, stdout.String(), stderr.String()
}

// The file in work is finished, no other is begun, and all have their rows.
func TestInterruptedScanHasAllRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, out, errs := interrupted(t, 1, "400ms", "--format", "csv", "a.mp4", "b.mp4", "c.mp4", "gone.mp4")
		if code != 130 {
			t.Errorf("exit code %d", code)
		}
		for name, want := range map[string]string{"a": ",scored,", "b": ",scored,", "c": ",interrupted,", "gone": ",not_found,"} {
			found := false
			for line := range strings.Lines(out) {
				found = found || strings.Contains(line, ","+name+".mp4,") && strings.Contains(line, want)
			}
			if !found {
				t.Errorf("no row for %s with %s in:\n%s", name, want, out)
			}
		}
		if !strings.Contains(errs, "error: interrupted; 2 of 4 inputs without a score") {
			t.Errorf("stderr: %s", errs)
		}
	})
}

func TestSecondSignalStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, out, _ := interrupted(t, 2, "1h", "--format", "jsonl", "a.mp4", "b.mp4", "c.mp4")
		if code != 130 || strings.Count(out, "\n") != 1 {
			t.Errorf("exit code %d, rows:\n%s", code, out)
		}
	})
}

// What has no rows to show says that it was interrupted, and not how that looked from within.
func TestInterruptedStartIsSaidPlainly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, streams := env.Test("bench", "--onnxruntime", "slow", "a.mp4")
		ch := make(chan os.Signal)
		time.AfterFunc(100*time.Millisecond, func() { ch <- unix.SIGINT })
		e.Signals = func() (<-chan os.Signal, func()) { return ch, func() {} }
		if code := Main(e, enginetest.Platform{}); code != 130 {
			t.Errorf("exit code %d", code)
		}
		if got := streams.Err.String(); got != "error: interrupted\n" {
			t.Errorf("stderr: %q", got)
		}
	})
}

// The file appears also when interrupted, while scoring or before: every input has its row.
func TestInterruptedFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for library, want := range map[string]string{"": "scored", "slow": "interrupted"} {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("a.mp4", []byte("score 0.2\nsleep 400ms"), 0o600); err != nil {
				t.Fatal(err)
			}
			e, _ := env.Test("scan", "-o", "out.csv", "--onnxruntime", library, "a.mp4")
			ch := make(chan os.Signal)
			time.AfterFunc(100*time.Millisecond, func() { ch <- unix.SIGTERM })
			e.Signals = func() (<-chan os.Signal, func()) { return ch, func() {} }
			if code := Main(e, enginetest.Platform{}); code != 130 {
				t.Errorf("exit code %d", code)
			}
			left, err := filepath.Glob("*")
			if err != nil || strings.Join(left, " ") != "a.mp4 out.csv" {
				t.Errorf("files %v, %v", left, err)
			}
			if data, err := os.ReadFile("out.csv"); err != nil || strings.Count(string(data), ","+want+",") != 1 {
				t.Errorf("library %q: %v, %s", library, err, data)
			}
		}
	})
}
