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
)

// BenchmarkClassifier compares the whole path (check, batch, pack, run, decode) with a bare loop over the session on
// ready-made tensors; the difference is our overhead. "callers" is what many clips at once get: they share runs, and the
// next run is put together while one is in progress; on a GPU also with two copies of the network on each, of which one may
// copy while the other computes.
//
//	go test -run - -bench Classifier ./model/ort
//
// scripts/measure-gpu.sh carries this to a machine with a GPU. The environment says what is measured there:
// BLENDSCOPE_BENCH_DEVICE is another device than the CPU, or several GPUs for "callers"; BLENDSCOPE_BENCH_THREADS as
// --threads; for BLENDSCOPE_BENCH_CUDA and BLENDSCOPE_BENCH_MODELS see helpers_test.go.
func BenchmarkClassifier(b *testing.B) {
	e, w, options := environment(b), measured(b), benchOptions(b)
	kind := options[0].Provider.Kind
	batches, copies := []int{1, 2, 4, 8, 16}, 1
	if kind == model.CUDA {
		batches, copies = []int{1, 8, 32, 64, 128}, 2
	}
	for _, batch := range batches {
		crops := modeltest.Crops(batch, w.Manifest().Input.Width)
		b.Run(fmt.Sprintf("bare/%d", batch), func(b *testing.B) { bare(b, session(b, e, w, options[0]), w, batch) })
		b.Run(fmt.Sprintf("classifier/%d", batch), func(b *testing.B) {
			s := session(b, e, w, options[0])
			warm(b, s, w, batch)
			c, before := benchClassifier(b, s, w, model.Batching{Max: batch}), processorTime(b)
			for b.Loop() {
				if _, err := c.Classify(b.Context(), crops); err != nil {
					b.Fatal(err)
				}
			}
			perCrop(b, batch, before)
		})
	}
	for n := 1; n <= copies; n++ {
		b.Run(fmt.Sprintf("callers/%d", n), func(b *testing.B) { callers(b, e, w, options, n) })
	}
}

// callers measures calls of a few faces each, as 64 clips make them, on so many copies of the network on each device.
func callers(b *testing.B, e *ort.Environment, w *model.Weights, options []ort.Options, copies int) {
	const clips, faces = 64, 8
	var sessions []model.Runner
	for range copies {
		for _, o := range options {
			sessions = append(sessions, session(b, e, w, o))
		}
	}
	batching := w.Batching(options[0].Provider.Kind, 64)
	batching.Runs *= len(sessions)
	for _, s := range sessions {
		for _, size := range batching.Sizes {
			warm(b, s, w, size)
		}
	}
	c, crops := benchClassifier(b, model.Spread(sessions...), w, batching), modeltest.Crops(faces, w.Manifest().Input.Width)
	b.SetParallelism(max(1, clips/runtime.GOMAXPROCS(0)))
	before := processorTime(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Classify(b.Context(), crops); err != nil {
				b.Error(err)
				return
			}
		}
	})
	perCrop(b, faces, before)
}

func benchOptions(b *testing.B) []ort.Options {
	name := os.Getenv("BLENDSCOPE_BENCH_DEVICE")
	if name == "" {
		name = "cpu"
	}
	asked, err := model.ParseProviders(name)
	if err != nil {
		b.Fatal(err)
	}
	threads, _ := strconv.Atoi(os.Getenv("BLENDSCOPE_BENCH_THREADS")) // 0, the default, when it is not a number
	var options []ort.Options
	for _, p := range asked {
		options = append(options, ort.Options{Provider: p, Threads: threads, CUDA: tuning(b)})
	}
	return options
}

func bare(b *testing.B, r model.Runner, w *model.Weights, batch int) {
	input := warm(b, r, w, batch)
	before := processorTime(b)
	for b.Loop() {
		if _, err := r.Run(b.Context(), input); err != nil {
			b.Fatal(err)
		}
	}
	perCrop(b, batch, before)
}

// warm runs a batch whose size a GPU has not seen yet: that one is slow. It returns the input.
func warm(b *testing.B, r model.Runner, w *model.Weights, batch int) model.Tensor {
	in := w.Manifest().Input
	input, err := model.GoldenInput([]int64{int64(batch), int64(in.Height), int64(in.Width), 3}, in.DType)
	if err == nil {
		_, err = r.Run(b.Context(), input)
	}
	if err != nil {
		b.Fatal(err)
	}
	return input
}

func benchClassifier(b *testing.B, r model.Runner, w *model.Weights, batching model.Batching) *model.Classifier {
	c, err := model.NewClassifier(r, w.Manifest(), modeltest.Resampler{}, batching)
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
