package model

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// recorder doubles numbers, takes a second of fake time per run and remembers the batches.
type recorder struct {
	mu      sync.Mutex
	batches [][]int
	err     error
}

func (r *recorder) run(ctx context.Context, in []int) ([]int, error) {
	r.mu.Lock()
	r.batches = append(r.batches, slices.Clone(in)) // before the sleep: a test reads it between runs
	r.mu.Unlock()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	out := make([]int, len(in))
	for i, v := range in {
		out[i] = 2 * v
	}
	return out, r.err
}

// start calls do in the background; the result is complete after synctest.Wait or once the bubble's time has passed.
type pending struct {
	out []int
	err error
	at  time.Time
}

func start(ctx context.Context, wg *sync.WaitGroup, b *batcher[int, int], in ...int) *pending {
	p := &pending{}
	wg.Go(func() {
		p.out, p.err = b.do(ctx, in)
		p.at = time.Now()
	})
	synctest.Wait()
	return p
}

func bubble(t *testing.T, most int, wait time.Duration, test func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup)) {
	t.Helper()
	bubbleOf(t, Batching{Max: most, Wait: wait}, test)
}

func bubbleOf(t *testing.T, batching Batching, test func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup)) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		b := newBatcher(batching, r.run)
		var wg sync.WaitGroup
		test(t, r, b, &wg)
		wg.Wait()
		b.close()
	})
}

func TestBatcherSharesRunsBetweenWaitingCallers(t *testing.T) {
	bubble(t, 4, 0, func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		ctx := t.Context()
		first := start(ctx, wg, b, 1)
		second, third := start(ctx, wg, b, 2, 3), start(ctx, wg, b, 4, 5, 6)
		wg.Wait()
		if !slices.Equal(first.out, []int{2}) || !slices.Equal(second.out, []int{4, 6}) || !slices.Equal(third.out, []int{8, 10, 12}) {
			t.Errorf("answers %v %v %v", first.out, second.out, third.out)
		}
		if len(r.batches) != 3 || len(r.batches[0]) != 1 || len(r.batches[1]) != 4 || len(r.batches[2]) != 1 {
			t.Errorf("batches %v, want sizes 1, 4, 1", r.batches)
		}
	})
}

func TestBatcherDoesNotLetALargeCallHoldUpSmallOnes(t *testing.T) {
	bubble(t, 2, 0, func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		large := start(t.Context(), wg, b, 1, 2, 3, 4, 5, 6, 7, 8)
		small := start(t.Context(), wg, b, 100)
		wg.Wait()
		if !slices.Equal(large.out, []int{2, 4, 6, 8, 10, 12, 14, 16}) || !small.at.Before(large.at) {
			t.Errorf("large %v, small done before it: %v; batches %v", large.out, small.at.Before(large.at), r.batches)
		}
	})
}

func TestBatcherWaitsForCompanyButNotWithAFullBatch(t *testing.T) {
	bubble(t, 2, 100*time.Millisecond, func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		begin := time.Now()
		lonely := start(t.Context(), wg, b, 1)
		wg.Wait()
		if d := lonely.at.Sub(begin); d != 1100*time.Millisecond {
			t.Errorf("alone: answered after %v, want wait and run, 1.1s", d)
		}
		begin = time.Now()
		full := start(t.Context(), wg, b, 1, 2)
		wg.Wait()
		if d := full.at.Sub(begin); d != time.Second {
			t.Errorf("full: answered after %v, want the run only, 1s", d)
		}
		one := start(t.Context(), wg, b, 1)
		two := start(t.Context(), wg, b, 2)
		wg.Wait()
		if !one.at.Equal(two.at) || len(r.batches) != 3 {
			t.Errorf("company: batches %v", r.batches)
		}
	})
}

func TestBatcherCancelOfOneDoesNotDisturbTheOthers(t *testing.T) {
	bubble(t, 4, 0, func(t *testing.T, _ *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		busy := start(t.Context(), wg, b, 0)
		ctx, cancel := context.WithCancel(t.Context())
		goes, stays := start(ctx, wg, b, 1), start(t.Context(), wg, b, 2)
		time.Sleep(1500 * time.Millisecond) // in the middle of the second run, which both share
		cancel()
		wg.Wait()
		if busy.err != nil || stays.err != nil || !slices.Equal(stays.out, []int{4}) {
			t.Errorf("the others: %v, %v %v", busy.err, stays.err, stays.out)
		}
		if goes.err != nil && !errors.Is(goes.err, context.Canceled) {
			t.Errorf("the cancelled one: %v", goes.err)
		}
	})
}

func TestBatcherStopsARunThatNobodyWantsAnyMore(t *testing.T) {
	bubble(t, 4, 0, func(t *testing.T, _ *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		p := start(ctx, wg, b, 1)
		wg.Wait()
		if d := p.at.Sub(begin); d != 300*time.Millisecond || !errors.Is(p.err, context.DeadlineExceeded) {
			t.Errorf("answered after %v with %v", d, p.err)
		}
	})
}

func TestBatcherCancelledBeforeItsTurnIsNotRun(t *testing.T) {
	bubble(t, 4, 0, func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		start(t.Context(), wg, b, 1)
		ctx, cancel := context.WithCancel(t.Context())
		p := start(ctx, wg, b, 2)
		cancel()
		wg.Wait()
		if !errors.Is(p.err, context.Canceled) || len(r.batches) != 1 {
			t.Errorf("got %v, batches %v", p.err, r.batches)
		}
	})
}

func TestBatcherPassesTheRunsErrorOn(t *testing.T) {
	bubble(t, 4, 0, func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		r.err = errors.New("broken")
		p := start(t.Context(), wg, b, 1)
		wg.Wait()
		if !errors.Is(p.err, r.err) {
			t.Errorf("got %v", p.err)
		}
	})
}

func TestBatcherCloseAnswersWhatItTookAndRefusesTheRest(t *testing.T) {
	bubble(t, 1, 0, func(t *testing.T, _ *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		taken := start(t.Context(), wg, b, 1, 2)
		wg.Go(b.close)
		synctest.Wait()
		late := start(t.Context(), wg, b, 3)
		wg.Wait()
		if taken.err != nil || !slices.Equal(taken.out, []int{2, 4}) || !errors.Is(late.err, ErrClosed) {
			t.Errorf("taken %v %v, late %v", taken.out, taken.err, late.err)
		}
		b.close()
	})
}

func TestBatcherMakesSeveralRunsAtOnce(t *testing.T) {
	bubbleOf(t, Batching{Max: 2, Runs: 2}, func(t *testing.T, r *recorder, b *batcher[int, int], wg *sync.WaitGroup) {
		begin := time.Now()
		large := start(t.Context(), wg, b, 1, 2, 3, 4, 5, 6)
		small := start(t.Context(), wg, b, 7)
		wg.Wait()
		if !slices.Equal(large.out, []int{2, 4, 6, 8, 10, 12}) || !slices.Equal(small.out, []int{14}) {
			t.Errorf("answers %v %v", large.out, small.out)
		}
		if d := time.Since(begin); d != 2*time.Second || len(r.batches) != 4 {
			t.Errorf("batches %v took %v, want two at once, 2s", r.batches, d)
		}
	})
}

func TestBatcherAnswersAFailureOnceNoRunReadsTheItems(t *testing.T) {
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		var wg sync.WaitGroup
		b := newBatcher(Batching{Max: 1, Runs: 2}, func(_ context.Context, in []int) ([]int, error) {
			time.Sleep(time.Duration(in[0]) * time.Second)
			if in[0] == 1 {
				return nil, broken
			}
			return in, nil
		})
		begin := time.Now()
		fails := start(t.Context(), &wg, b, 1, 3, 1, 1) // the last two are never run
		good := start(t.Context(), &wg, b, 2)
		wg.Wait()
		if d := fails.at.Sub(begin); !errors.Is(fails.err, broken) || d != 3*time.Second {
			t.Errorf("got %v after %v, want the failure after 3s", fails.err, d)
		}
		if d := good.at.Sub(begin); good.err != nil || d != 3*time.Second {
			t.Errorf("the other: %v after %v, want it in the place of the failed one, after 3s", good.err, d)
		}
		b.close()
	})
}
