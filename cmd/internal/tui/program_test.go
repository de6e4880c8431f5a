package tui

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/score"
)

// wire is the end of a terminal that the program writes to.
type wire struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *wire) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(data)
}

func (w *wire) until(t *testing.T, text string) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		w.mu.Lock()
		all := w.text.String()
		w.mu.Unlock()
		if strings.Contains(all, text) {
			return all
		}
		if time.Now().After(end) {
			t.Fatalf("%q was not written", text)
		}
	}
}

// A terminal that answers the questions gets pixels before the placeholders that stand for them; one that answers nothing
// gets half-blocks.
func TestTheTerminalsAnswersDecide(t *testing.T) {
	clip := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(clip, []byte("score 0.9\nframes 500\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for answers, want := range map[string]string{
		"\x1b_Gi=31;OK\x1b\\\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;18;9t":      "\U0010EEEE",
		"\x1b_Gi=31;OK\x1b\\\x1bP>|WezTerm 2024\x1b\\\x1b[6;18;9t":       "▀",
		"\x1b_Gi=31;ENOTSUP\x1b\\\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;18;9t": "▀",
		"": "▀",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		in, answer := io.Pipe()
		out := &wire{}
		m := New(ctx, Options{
			Paths: []string{clip}, Preview: enginetest.Platform{}.Preview, Desk: &clerk{}, Folder: t.TempDir(), Language: score.English, Pixels: true,
		})
		p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler(),
			tea.WithWindowSize(100, 30), tea.WithColorProfile(colorprofile.TrueColor), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
		ended := make(chan error, 1)
		go func() {
			_, err := p.Run()
			ended <- err
		}()
		out.until(t, "a=q")
		go func() { _, _ = io.WriteString(answer, answers) }()
		all := out.until(t, want)
		if first := strings.Index(all, "\U0010EEEE"); first >= 0 {
			if sent := strings.Index(all, "a=T"); sent < 0 || sent > first {
				t.Error("placeholders come before the picture")
			}
		} else if strings.Contains(all, "a=T") {
			t.Errorf("%q: pixels for a terminal that does not know them", answers)
		}
		cancel()
		answer.Close()
		<-ended
		m.Close()
	}
}

// expecting is a desk that says when it has had so many files.
type expecting struct {
	clerk
	left int
	full chan struct{}
}

func (e *expecting) Add(item input.Item, done bool) int {
	if e.left--; e.left == 0 {
		close(e.full)
	}
	return e.clerk.Add(item, done)
}

// What was named stands in the list in the order in which it was named, also where looking into a folder takes its time.
func TestTheListHasTheOrderOfTheCommandLine(t *testing.T) {
	folder := t.TempDir()
	for i := range 300 {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d.mp4", i)), []byte("score 0.9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := &expecting{left: 303, full: make(chan struct{})}
	m := New(t.Context(), Options{
		Paths: []string{folder, "a.mp4", "b.mp4", "c.mp4"}, Preview: enginetest.Platform{}.Preview, Desk: d, Folder: t.TempDir(), Language: score.English,
	})
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithoutSignalHandler(),
		tea.WithWindowSize(100, 30), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	ended := make(chan error, 1)
	go func() {
		_, err := p.Run()
		ended <- err
	}()
	select {
	case <-d.full:
	case <-time.After(30 * time.Second):
		t.Error("not all files are in the list")
	}
	cancel()
	<-ended // from now on nobody adds to the list
	var last []string
	for _, item := range d.items[min(300, len(d.items)):] {
		last = append(last, item.Path)
	}
	if got := strings.Join(last, " "); got != "a.mp4 b.mp4 c.mp4" {
		t.Errorf("at the end of the list: %s", got)
	}
}
