package model

import (
	"fmt"
	"slices"
	"time"
)

// Batching says how pictures are put together into runs.
type Batching struct {
	Max   int           // most pictures in one run, at least 1
	Sizes []int         // allowed batch sizes in rising order, ending with Max; a run is padded up to one. Empty: any size.
	Wait  time.Duration // how long a part-filled batch waits for other callers; 0: it takes what is there and goes
	Runs  int           // most runs in progress at once; 0: one
}

// mostOnCPU is the largest batch on a CPU. More gains nothing there (8.5 ms of CPU time per crop at any size from 1 to 4,
// 8.8 at 8), while memory grows by about 10 MB per crop. Whole pictures are best taken one at a time: 9.3 ms for each, and
// 10.5 in batches of 2 or 4, which the cache can not hold; and each would take 13 MB.
func (t Task) mostOnCPU() int {
	if t == FaceDetection {
		return 1
	}
	return 4
}

// Batching gives the settings for a network on some hardware, with at most most pictures per run.
//
// A GPU keeps memory and tuned kernels per input shape, so it sees few shapes; a CPU would only waste work on padding.
// While a run is in progress further callers queue up and share the next one, so waiting pays only where a run is much
// cheaper than its start: on a GPU. There the next run is put together while one is in progress, so that the GPU need
// not wait for the copying.
func (w *Weights) Batching(on ProviderKind, most int) Batching {
	most = max(1, most)
	if fixed := w.MaxBatch(); fixed > 0 {
		return Batching{Max: fixed, Sizes: []int{fixed}}
	}
	if on != CUDA {
		return Batching{Max: min(most, w.Manifest().Task.mostOnCPU())}
	}
	b := Batching{Max: most, Wait: 2 * time.Millisecond, Runs: 2}
	for n := 1; n < most; n *= 2 {
		b.Sizes = append(b.Sizes, n)
	}
	b.Sizes = append(b.Sizes, most)
	return b
}

func (b Batching) validate() error {
	if b.Max < 1 || b.Wait < 0 || b.Runs < 0 {
		return fmt.Errorf("bad batching %+v", b)
	}
	if len(b.Sizes) > 0 && (b.Sizes[0] < 1 || !slices.IsSorted(b.Sizes) || b.Sizes[len(b.Sizes)-1] != b.Max) {
		return fmt.Errorf("bad batch sizes %v for at most %d", b.Sizes, b.Max)
	}
	return nil
}

// padded is the batch size to run n pictures with, for n from 1 to Max.
func (b Batching) padded(n int) int {
	for _, size := range b.Sizes {
		if size >= n {
			return size
		}
	}
	return n
}
