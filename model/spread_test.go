package model_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
)

func fakeClassifier(t *testing.T, d time.Duration) *modeltest.FakeRunner {
	m := modeltest.Weights(t, model.ForgeryClassification, "classifier").Manifest()
	return &modeltest.FakeRunner{Manifest: m, Delay: d}
}

func TestSpreadConforms(t *testing.T) {
	modeltest.TestRunner(t, fakeClassifier(t, 0).Manifest, func(t *testing.T) model.Runner {
		return model.Spread(fakeClassifier(t, 0), fakeClassifier(t, 0))
	})
}

func TestSpreadOfOneIsThatOne(t *testing.T) {
	r := fakeClassifier(t, 0)
	if got := model.Spread(r); got != model.Runner(r) {
		t.Errorf("got %T", got)
	}
}

// Two devices share the runs of one classifier, also those of a single large call, and the answers come in order.
func TestSpreadKeepsAllDevicesBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := fakeClassifier(t, time.Second), fakeClassifier(t, time.Second)
		c := spreadClassifier(t, model.Batching{Max: 2, Runs: 2}, first, second)
		begin := time.Now()
		crops := modeltest.Crops(12, first.Manifest.Input.Width)
		got, err := c.Classify(t.Context(), crops)
		if err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begin); d != 3*time.Second || !slices.Equal(first.Batches(), second.Batches()) {
			t.Errorf("batches %v and %v took %v, want 3 on each in 3s", first.Batches(), second.Batches(), d)
		}
		for i, e := range got {
			alone, err := spreadClassifier(t, model.Batching{Max: 1}, fakeClassifier(t, 0)).Classify(t.Context(), crops[i:i+1])
			if err != nil || e.Logit != alone[0].Logit {
				t.Errorf("crop %d: logit %v, alone %v, %v", i, e.Logit, alone[0].Logit, err)
			}
		}
	})
}

func TestSpreadWaitsNoLongerThanTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := model.Spread(fakeClassifier(t, time.Hour), fakeClassifier(t, time.Hour))
		input, err := model.GoldenInput([]int64{1, 32, 32, 3}, model.Uint8)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		busy, stop := context.WithCancel(t.Context())
		for range 2 {
			wg.Go(func() { _, _ = s.Run(busy, input) })
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Run(ctx, input); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		stop()
		wg.Wait()
	})
}

func spreadClassifier(t *testing.T, b model.Batching, runners ...model.Runner) *model.Classifier {
	t.Helper()
	m := fakeClassifier(t, 0).Manifest
	c, err := model.NewClassifier(model.Spread(runners...), m, modeltest.Resampler{}, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}
