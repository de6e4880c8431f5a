package queue

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/score"
)

// memory remembers what was emitted.
type memory struct {
	mu   sync.Mutex
	rows map[string]*score.Result
	err  error
}

func (m *memory) Find(sum string) (*score.Result, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[sum], m.err
}

func (m *memory) add(r *score.Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[string]*score.Result{}
	}
	m.rows[r.Input.SHA256] = r
}

// scored counts how often files are scored, and can do something meanwhile.
type scored struct {
	enginetest.Engine
	times     atomic.Int32
	meanwhile func(path string)
}

func (e *scored) Score(ctx context.Context, path string, w engine.Watch) score.Result {
	e.times.Add(1)
	if e.meanwhile != nil {
		e.meanwhile(path)
	}
	return e.Engine.Score(ctx, path, w)
}

// rows runs the items and gives their rows by index.
func rows(ctx context.Context, t *testing.T, e engine.Engine, items []input.Item, o Options) []Row {
	t.Helper()
	got := make([]Row, len(items))
	err := Run(ctx, e, slices.Values(items), o, func(row Row) error {
		got[row.Index] = row
		if m, ok := o.Memory.(*memory); ok {
			m.add(row.Result)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSameBytesAreScoredOnce(t *testing.T) {
	items := clips(t, "score 0.3\nsleep 20ms", "nonsense", "score 0.3\nsleep 20ms", "nonsense", "score 0.4", "score 0.3\nsleep 20ms")
	for _, jobs := range []int{1, 6} {
		e := &scored{}
		got := rows(t.Context(), t, e, items, Options{Jobs: jobs, Memory: &memory{}})
		if n := e.times.Load(); n != 3 {
			t.Errorf("%d jobs: scored %d times", jobs, n)
		}
		known := 0
		for i, row := range got {
			if row.Known {
				known++
			}
			if row.Result.Input.Path != items[i].Path || row.Result.Schema == "" || row.Result.Input.SHA256 == "" {
				t.Errorf("row %d: %+v", i, row.Result)
			}
		}
		if known != 3 || *got[5].Result.Outcome.Score != 0.3 || got[3].Result.Outcome.Reasons[0] != score.NotMedia {
			t.Errorf("%d jobs: %d known, %+v", jobs, known, got[5].Result.Outcome)
		}
		if detail := got[3].Result.Outcome.Detail; strings.Contains(detail, items[1].Path) {
			t.Errorf("a copy speaks of the other file: %s", detail)
		}
	}
}

// What memory cannot read again is scored again.
func TestMemoryMayFail(t *testing.T) {
	items := clips(t, "score 0.3", "score 0.3")
	e := &scored{}
	got := rows(t.Context(), t, e, items, Options{Memory: &memory{err: errors.New("bad sector")}})
	if n := e.times.Load(); n != 2 || got[1].Known || got[1].Result.Outcome.Status != score.Scored {
		t.Errorf("scored %d times, %+v", n, got[1])
	}
}

// A file that is written while it is scored has no score: its digest and its frames would be of different files.
func TestChangedFilesHaveNoScore(t *testing.T) {
	grow := func(path string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString("\n")
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Error(err)
		}
	}
	touch := func(path string) {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)); err != nil {
			t.Error(err)
		}
	}
	replace := func(path string) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.WriteFile(path+".new", []byte("score 0.9"), 0o600), os.Chtimes(path+".new", time.Time{}, info.ModTime()), os.Rename(path+".new", path)); err != nil {
			t.Error(err)
		}
	}
	for name, meanwhile := range map[string]func(string){"grows": grow, "is touched": touch, "is replaced": replace} {
		got := rows(t.Context(), t, &scored{meanwhile: meanwhile}, clips(t, "score 0.3"), Options{})[0].Result
		if !slices.Equal(got.Outcome.Reasons, []score.Reason{score.Changed}) || got.Input.SHA256 != "" || got.Outcome.Score != nil {
			t.Errorf("a file that %s: %+v", name, got)
		}
	}
	remove := func(path string) { os.Remove(path) }
	if got := rows(t.Context(), t, &scored{meanwhile: remove}, clips(t, "score 0.3"), Options{})[0].Result; got.Outcome.Reasons[0] != score.NotFound {
		t.Errorf("a file that is removed: %+v", got.Outcome)
	}
}

// A file may be found long before its turn comes; where a pipe is in its place by then, nobody waits for a writer.
func TestPipesAreNotOpened(t *testing.T) {
	item := clips(t, "score 0.3")[0]
	if err := os.Remove(item.Path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(item.Path, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	done := make(chan []Row, 1)
	go func() { done <- rows(t.Context(), t, &scored{}, []input.Item{item}, Options{}) }()
	select {
	case got := <-done:
		if r := got[0].Result; !slices.Equal(r.Outcome.Reasons, []score.Reason{score.NotRegular}) {
			t.Errorf("%+v", r.Outcome)
		}
	case <-time.After(time.Minute):
		t.Fatal("the pipe was opened")
	}
}

// Two of the same bytes, and the first one changes: the second is scored by itself.
func TestSameBytesButOneChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := clips(t, "score 0.3\nsleep 50ms", "score 0.3\nsleep 50ms")
		e := &scored{meanwhile: func(path string) {
			if path == items[0].Path {
				time.Sleep(20 * time.Millisecond)
				os.WriteFile(path, []byte("score 0.9"), 0o600)
			}
		}}
		var others []Row
		for _, row := range rows(t.Context(), t, e, items, Options{Jobs: 2, Memory: &memory{}}) {
			if row.Index == 1 {
				others = append(others, row)
			}
		}
		if r := others[0].Result; r.Outcome.Status != score.Scored || *r.Outcome.Score != 0.3 {
			t.Errorf("the other one: %+v", r.Outcome)
		}
	})
}

func TestRunningFilesAreFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := clips(t, "score 0.3\nsleep 200ms", "score 0.4", "score 0.5")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		var got []string
		for _, row := range rows(ctx, t, &scored{}, items, Options{Jobs: 1, Finish: true}) {
			got = append(got, string(row.Result.Outcome.Status))
		}
		if want := []string{"scored", "error", "error"}; !slices.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
}

// Items are taken as they are needed: the first row is out before the last item is known.
func TestItemsAreStreamed(t *testing.T) {
	items := clips(t, "score 0.3", "score 0.4", "score 0.5", "score 0.6")
	out := make(chan int, len(items))
	err := Run(t.Context(), &enginetest.Engine{}, func(yield func(input.Item) bool) {
		for i, item := range items {
			if !yield(item) {
				return
			}
			if i == 1 {
				<-out
			}
		}
	}, Options{Jobs: 1}, func(row Row) error { out <- row.Index; return nil })
	if err != nil || len(out) != len(items)-1 {
		t.Errorf("%d rows, %v", len(out)+1, err)
	}
}

// What went wrong with a path says nothing of a copy elsewhere.
func TestACopyDoesNotShareThePathsMisfortune(t *testing.T) {
	items := clips(t, "score 0.3", "score 0.3")
	e := &scored{meanwhile: func(path string) {
		if path == items[0].Path {
			os.Remove(path)
		}
	}}
	got := rows(t.Context(), t, e, items, Options{Jobs: 2, Memory: &memory{}})
	for i, row := range got {
		gone := row.Result.Outcome.Status == score.Failed
		if i == 1 && gone || gone && row.Result.Input.SHA256 != "" {
			t.Errorf("row %d: known %v, %+v", i, row.Known, row.Result.Outcome)
		}
	}
}
