package queue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/score"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clips writes files for the fake engine and gives their items.
func clips(t *testing.T, texts ...string) []input.Item {
	t.Helper()
	dir := t.TempDir()
	var items []input.Item
	for i, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%02d.mp4", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		items = append(items, input.Item{Path: path, Bytes: int64(len(text))})
	}
	return items
}

// run gives "status reason" by index, and fails when an index has not exactly one row.
func run(ctx context.Context, t *testing.T, items []input.Item, o Options) []string {
	t.Helper()
	got := make([]string, len(items))
	err := Run(ctx, &enginetest.Engine{}, slices.Values(items), o, func(row Row) error {
		i, r := row.Index, row.Result
		if got[i] != "" {
			t.Errorf("item %d has a second row", i)
		}
		got[i] = strings.TrimSpace(fmt.Sprint(r.Outcome.Status, " ", strings.Trim(fmt.Sprint(r.Outcome.Reasons), "[]")))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return got
}

func TestEveryItemHasARow(t *testing.T) {
	items := clips(t, "score 0.3", "nonsense", "panic", "score 0.9", "status not_applicable\nreason no_face")
	items = append(items,
		input.Item{Path: "gone", Err: fs.ErrNotExist},
		input.Item{Path: "locked", Err: fs.ErrPermission},
		input.Item{Path: "folder", Err: input.ErrNoMedia},
		input.Item{Path: "empty", Err: input.ErrEmpty},
		input.Item{Path: "pipe", Err: fmt.Errorf("%w: a pipe", input.ErrNotRegular)},
		input.Item{Path: "vanished.mp4"})
	want := []string{
		"scored", "error not_media", "error crashed", "scored", "not_applicable no_face", "error not_found",
		"error no_permission", "not_applicable not_media", "error empty_file", "error not_a_regular_file", "error not_found",
	}
	for _, jobs := range []int{0, 1, 4, 20} {
		if diff := cmp.Diff(want, run(t.Context(), t, items, Options{Jobs: jobs})); diff != "" {
			t.Errorf("jobs %d (-want +got):\n%s", jobs, diff)
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := clips(t, "score 0.3", "score 0.9\nsleep 1h")
		items = append(items, input.Item{Path: "bad\xffname", Bytes: 7, Err: input.ErrEmpty})
		tool := score.Tool{Name: "t", Version: "v", Commit: "c"}
		err := Run(t.Context(), &enginetest.Engine{}, slices.Values(items), Options{Tool: tool, Timeout: 50 * time.Millisecond}, func(row Row) error {
			i, r := row.Index, row.Result
			if r.Schema != score.SchemaID || r.Tool != tool || len(r.Models) != 2 || r.Runtime.OpenCV == "" || r.Settings.Detector == "" {
				t.Errorf("row %d lacks what every row carries: %+v", i, r)
			}
			if r.Tracks == nil || r.Segments == nil || r.Limits == nil || r.Outcome.Reasons == nil {
				t.Errorf("row %d has a missing list", i)
			}
			if i == 0 && (len(r.Input.SHA256) != 64 || r.Input.Bytes != items[0].Bytes) {
				t.Errorf("identity: %+v", r.Input)
			}
			if i == 1 && !slices.Equal(r.Outcome.Reasons, []score.Reason{score.TimedOut}) {
				t.Errorf("timeout: %+v", r.Outcome)
			}
			if i == 2 && (r.Input.Path != "bad\uFFFDname" || r.Input.Bytes != 7) {
				t.Errorf("path: %+v", r.Input)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestInterruptedItemsHaveRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := clips(t, "score 0.3", "score 0.9\nsleep 1h", "score 0.4", "score 0.5")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		want := []string{"scored", "error interrupted", "error interrupted", "error interrupted"}
		if diff := cmp.Diff(want, run(ctx, t, items, Options{Jobs: 1})); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	})
}

func TestEmitErrorEndsTheRun(t *testing.T) {
	items := clips(t, "score 0.3", "score 0.4\nsleep 1h", "score 0.5\nsleep 1h", "score 0.6")
	full := errors.New("disk full")
	calls := 0
	err := Run(t.Context(), &enginetest.Engine{}, slices.Values(items), Options{Jobs: 2}, func(Row) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("err = %v after %d calls", err, calls)
	}
}

// counting counts how many files are in work at once.
type counting struct {
	engine.Engine
	now, most atomic.Int32
}

func (c *counting) Score(context.Context, string, engine.Watch) score.Result {
	for now, most := c.now.Add(1), c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	time.Sleep(5 * time.Millisecond)
	c.now.Add(-1)
	return score.Result{}
}

func TestJobsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &counting{Engine: &enginetest.Engine{}}
		var texts []string
		for i := range 12 {
			texts = append(texts, fmt.Sprint(i))
		}
		if err := Run(t.Context(), e, slices.Values(clips(t, texts...)), Options{Jobs: 3}, func(Row) error { return nil }); err != nil {
			t.Error(err)
		}
		if most := e.most.Load(); most < 2 || most > 3 {
			t.Errorf("%d at once, want up to 3", most)
		}
	})
}

func TestInOrder(t *testing.T) {
	var got []string
	parked := 0
	park := func(r *score.Result) func() (*score.Result, error) {
		parked++
		return func() (*score.Result, error) { return r, nil }
	}
	emit := InOrder(func(row Row) error { got = append(got, row.Item.Path+row.Result.Input.Path); return nil }, park)
	for _, i := range []int{2, 0, 3, 1} {
		row := Row{Index: i, Item: input.Item{Path: fmt.Sprint(i)}, Result: &score.Result{Input: score.Input{Path: fmt.Sprint(i)}}}
		if err := emit(row); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, []string{"00", "11", "22", "33"}) || parked != 2 {
		t.Errorf("order %v, %d parked", got, parked)
	}
}
