package desk

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/score"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func file(t *testing.T, text string) input.Item {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "*.mp4")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return input.Item{Path: f.Name()}
}

func fake(ctx context.Context) (engine.Engine, error) {
	return enginetest.Platform{}.Start(ctx, engine.Config{Timeline: true})
}

func open(t *testing.T, start func(context.Context) (engine.Engine, error)) *Desk {
	d := New(t.Context(), Options{Start: start})
	t.Cleanup(d.Close)
	return d
}

// until gathers news until there are so many results. Tests run in bubbles: their time passes when there is nothing to do.
func until(t *testing.T, d *Desk, results int) (all []News, order []int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for len(order) < results {
		n, ok := d.Next(ctx)
		if !ok {
			t.Fatalf("%d results after 10 s", len(order))
		}
		all = append(all, n)
		for number := range n.Results {
			order = append(order, number)
		}
	}
	return all, order
}

func TestEveryFileGetsItsResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, fake)
		items := []input.Item{file(t, "score 0.9\n"), file(t, "nothing\n"), {Path: filepath.Join(t.TempDir(), "gone.mp4")}, file(t, "panic now\n")}
		for _, item := range items {
			d.Add(item, false)
		}
		d.Add(file(t, "score 0.1"), true) // done already
		all, _ := until(t, d, 4)
		got := map[int]score.Status{}
		ready := 0
		for _, n := range all {
			for number, r := range n.Results {
				got[number] = r.Outcome.Status
			}
			if n.Ready {
				ready++
			}
		}
		if got[0] != score.Scored || got[1] != score.Failed || got[2] != score.Failed || got[3] != score.Failed || ready != 1 {
			t.Errorf("%v, ready %d times", got, ready)
		}
	})
}

func TestAWatchedFileComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(ctx context.Context) (engine.Engine, error) {
			time.Sleep(50 * time.Millisecond)
			return fake(ctx)
		})
		for range 5 {
			d.Add(file(t, "score 0.9\nsleep 30ms\n"), false)
		}
		d.Watch(4)
		all, order := until(t, d, 5)
		if order[0] != 4 && order[1] != 4 {
			t.Errorf("order %v", order)
		}
		moments := 0
		for _, n := range all {
			moments += len(n.Moments[4])
			if len(n.Moments[2]) > 0 {
				t.Error("moments of a file that nobody watches")
			}
		}
		if moments != 10 {
			t.Errorf("%d moments", moments)
		}
	})
}

func TestAWatchedFileIsScoredBesideALongOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, fake)
		d.Add(file(t, "score 0.9\nsleep 1h\n"), false)
		synctest.Wait() // until it is in work
		d.Watch(d.Add(file(t, "score 0.8\n"), false))
		if _, order := until(t, d, 1); order[0] != 1 {
			t.Errorf("order %v", order)
		}
	})
}

func TestLateWatchersGetWhatTheyMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, fake)
		number := d.Add(file(t, "score 0.9\nsleep 300ms\n"), false)
		synctest.Wait() // until all but its end is told
		d.Watch(number)
		all, _ := until(t, d, 1)
		moments := 0
		for _, n := range all {
			moments += len(n.Moments[number])
		}
		if moments != 10 {
			t.Errorf("%d moments", moments)
		}
	})
}

func TestAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, fake)
		item := file(t, "nothing\n")
		number := d.Add(item, false)
		until(t, d, 1)
		if err := os.WriteFile(item.Path, []byte("score 0.9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		d.Again(number)
		all, _ := until(t, d, 1)
		if r := all[len(all)-1].Results[number]; r.Outcome.Status != score.Scored {
			t.Errorf("status %s", r.Outcome.Status)
		}
	})
}

func TestAnEngineThatDoesNotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, func(context.Context) (engine.Engine, error) { return nil, errors.New("no library") })
		d.Add(file(t, "score 0.9"), false)
		n, ok := d.Next(t.Context())
		for ok && n.Failed == nil {
			n, ok = d.Next(t.Context())
		}
		if n.Failed == nil || n.Failed.Error() != "no library" {
			t.Errorf("news %+v", n)
		}
	})
}
