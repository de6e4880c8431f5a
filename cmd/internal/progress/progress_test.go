package progress

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a Line whose clock stands still until told.
type bench struct {
	*Line
	screen bytes.Buffer
	now    time.Time
	items  []queue.Row
}

func newBench(items ...input.Item) *bench {
	b := &bench{now: time.Unix(0, 0)}
	b.Line = newLine(Options{W: &b.screen, Now: func() time.Time { return b.now }})
	for i, item := range items {
		b.Found(item)
		b.items = append(b.items, queue.Row{Index: i, Item: item})
	}
	b.AllFound()
	return b
}

func (b *bench) opened(i int, info frames.Info) {
	b.Started(i, b.items[i].Item)
	b.Opened(i, info)
}

func (b *bench) done(i int, s score.Status) {
	row := b.items[i]
	row.Result = &score.Result{Outcome: score.Outcome{Status: s}}
	b.Finished(row)
}

// after draws once more, later, and gives what the line then shows.
func (b *bench) after(d time.Duration) string {
	b.now = b.now.Add(d)
	b.screen.Reset()
	b.draw()
	return strings.TrimSuffix(strings.TrimPrefix(b.screen.String(), "\r"), "\x1b[K")
}

func TestLine(t *testing.T) {
	b := newBench(
		input.Item{Path: "a.mp4", Bytes: 1000}, input.Item{Path: "gone.mp4", Err: errors.New("gone")},
		input.Item{Path: "dir/evil\x1b[2J\n.mp4", Bytes: 3000})
	if got := b.after(100 * time.Millisecond); got != "" {
		t.Errorf("shown too early: %q", got)
	}
	b.opened(0, frames.Info{Duration: 10 * time.Second})
	if got := b.after(time.Second); got != "0/3 files  a.mp4 0%" {
		t.Errorf("at once: %q", got)
	}
	for i := range 25 {
		b.Scored(0, score.Moment{TMS: int64(i * 200)})
	}
	if got := b.after(time.Second); got != "0/3 files  25 frames/s  15s left  a.mp4 48%" {
		t.Errorf("half way: %q", got)
	}
	b.done(0, score.Scored)
	b.done(1, score.Failed)
	b.opened(2, frames.Info{})
	got := b.after(1900 * time.Millisecond)
	if want := `2/3 files  9 frames/s  30 files/min  12s left  1 error  evil\x1b[2J\n.mp4`; got != want {
		t.Errorf("later:\n%q, want\n%q", got, want)
	}
}

// What a store knew already is no measure for how long the others take, and before all is found nothing is.
func TestKnownFilesAndFilesYetToBeFound(t *testing.T) {
	b := newBench(input.Item{Path: "a", Bytes: 1000}, input.Item{Path: "b", Bytes: 1000}, input.Item{Path: "c", Bytes: 3000})
	b.items[0].Known = true
	b.done(0, score.Scored)
	b.done(1, score.Scored)
	if got := b.after(4 * time.Second); got != "2/3 files  15 files/min  12s left" {
		t.Errorf("with a known file: %q", got)
	}
	b.all = false
	if got := b.after(0); got != "2/3+ files  15 files/min" {
		t.Errorf("before all is found: %q", got)
	}
}

func TestLineFitsTheTerminal(t *testing.T) {
	b := newBench(input.Item{Path: strings.Repeat("long", 30) + ".mp4", Bytes: 1})
	b.opened(0, frames.Info{Duration: time.Second})
	for _, columns := range []int{20, 40, 80} {
		b.o.Columns = func() int { return columns }
		if got := []rune(b.after(time.Second)); len(got) >= columns {
			t.Errorf("%d columns: %d wide: %q", columns, len(got), string(got))
		}
	}
}

func TestResultsStayAboveTheLine(t *testing.T) {
	b := newBench(input.Item{Path: "a.mp4", Bytes: 1})
	b.after(time.Second)
	b.screen.Reset()
	Below(b.Line, &b.screen).Write([]byte("row\n"))
	if got := b.screen.String(); !regexp.MustCompile(`^\r\x1b\[Krow\n\r0/1 files.*\x1b\[K$`).MatchString(got) {
		t.Errorf("screen: %q", got)
	}
	if w := Below(Silent{}, &b.screen); w != &b.screen {
		t.Error("a silent printer stands in the way")
	}
}

func TestCloseClears(t *testing.T) {
	var screen bytes.Buffer
	l := NewLine(Options{W: &screen, Now: time.Now})
	l.mu.Lock()
	l.start = l.start.Add(-time.Minute)
	l.draw()
	l.mu.Unlock()
	l.Close()
	l.Close()
	if !strings.HasSuffix(screen.String(), "\r\x1b[K") {
		t.Errorf("screen: %q", screen.String())
	}
}
