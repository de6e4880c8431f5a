package ort_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
	"github.com/blendscope/blendscope/model/ort"
	"github.com/blendscope/blendscope/models"
)

// BenchmarkClassifier compares the whole path (check, batch, pack, run, decode) with a bare loop over the session on
// ready-made tensors; the difference is our overhead. "callers" adds what sharing between clips costs or saves.
//
//	go test -run - -bench Classifier ./model/ort
//
// BLENDSCOPE_BENCH_DEVICE names another device than the CPU; scripts/measure-gpu.sh carries this to a machine with a GPU.
func BenchmarkClassifier(b *testing.B) {
	e := environment(b)
	w := benchWeights(b)
	o := benchDevice(b)
	s := session(b, e, w, o)
	side := w.Manifest().Input.Width
	batches := []int{1, 2, 4, 8, 16}
	if o.Provider.Kind == model.CUDA {
		batches = []int{1, 8, 32, 64, 128}
	}
	for _, batch := range batches {
		crops := modeltest.Crops(batch, side)
		b.Run(fmt.Sprintf("bare/%d", batch), func(b *testing.B) { bare(b, s, w.Manifest().Input, batch) })
		b.Run(fmt.Sprintf("classifier/%d", batch), func(b *testing.B) {
			c, before := benchClassifier(b, s, w, batch), processorTime(b)
			for b.Loop() {
				if _, err := c.Classify(b.Context(), crops); err != nil {
					b.Fatal(err)
				}
			}
			perCrop(b, batch, before)
		})
	}
	b.Run("callers", func(b *testing.B) {
		// As several clips do: calls of a few faces each.
		c, crops, before := benchClassifier(b, s, w, w.Batching(o.Provider.Kind, 64).Max), modeltest.Crops(2, side), processorTime(b)
		b.SetParallelism(max(4, 64/runtime.GOMAXPROCS(0)))
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := c.Classify(b.Context(), crops); err != nil {
					b.Error(err)
				}
			}
		})
		perCrop(b, 2, before)
	})
}

func benchDevice(b *testing.B) ort.Options {
	name := os.Getenv("BLENDSCOPE_BENCH_DEVICE")
	if name == "" {
		name = "cpu"
	}
	provider, err := model.ParseProvider(name)
	if err != nil {
		b.Fatal(err)
	}
	threads, _ := strconv.Atoi(os.Getenv("BLENDSCOPE_BENCH_THREADS")) // 0, the default, when it is not a number
	return ort.Options{Provider: provider, Threads: threads}
}

func bare(b *testing.B, s *ort.Session, in model.Input, batch int) {
	input, err := model.GoldenInput([]int64{int64(batch), int64(in.Height), int64(in.Width), 3}, in.DType)
	if err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	for b.Loop() {
		if _, err := s.Run(b.Context(), input); err != nil {
			b.Fatal(err)
		}
	}
	perCrop(b, batch, before)
}

func benchClassifier(b *testing.B, s *ort.Session, w *model.Weights, batch int) *model.Classifier {
	c, err := model.NewClassifier(s, w.Manifest(), modeltest.Resampler{}, model.Batching{Max: batch})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// perCrop reports wall time and, which says more on a busy machine, processor time. b.Loop restarts the clock but not
// the processor's, so the start-up of a benchmark is in the latter.
func perCrop(b *testing.B, batch int, before time.Duration) {
	crops := float64(b.N * batch)
	b.ReportMetric(b.Elapsed().Seconds()*1e3/crops, "ms/crop")
	b.ReportMetric(crops/b.Elapsed().Seconds(), "crops/s")
	b.ReportMetric((processorTime(b)-before).Seconds()*1e3/crops, "cpu-ms/crop")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchWeights are the shipped classifier's, or the stand-in's while none is shipped.
func benchWeights(b *testing.B) *model.Weights {
	entry, err := model.NewRegistry(model.Folder{FS: models.FS()}).Get(model.ForgeryClassification, models.ForgeryClassification)
	if err != nil {
		return classifierWeights(b)
	}
	w, err := entry.Open()
	if err != nil {
		b.Fatal(err)
	}
	return w
}
