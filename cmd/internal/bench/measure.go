package bench

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// What the items of a row are.
const (
	unitFrames = "frames"
	unitFaces  = "faces"
)

// run is one measured run.
type run struct {
	sample
	seconds, cpu  float64
	allocs, bytes float64 // on Go's heap
	copied        float64 // bytes of pictures
}

// measure warms a stage up, runs it, and gives its row; nil when the stage is not wanted.
func (b *bench) measure(ctx context.Context, stage Stage, once func(context.Context) (sample, error)) (*Row, error) {
	if !b.wants(stage) {
		return nil, nil
	}
	debug.FreeOSMemory()
	resetPeak()
	var runs []run
	for i := 1 - b.WarmUp; i <= b.Runs; i++ {
		if b.Progress != nil {
			b.Progress(stage, max(0, i), b.Runs)
		}
		before := b.copies.bytes.Load()
		one, err := timed(ctx, once)
		one.copied = float64(b.copies.bytes.Load() - before)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", stage, err)
		}
		if i > 0 {
			runs = append(runs, one)
		}
	}
	return newRow(stage, runs), nil
}

// timed makes one run with a clean heap.
func timed(ctx context.Context, once func(context.Context) (sample, error)) (run, error) {
	if err := ctx.Err(); err != nil {
		return run{}, err
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, started := cpuTime(), time.Now()
	s, err := once(ctx)
	wall := time.Since(started)
	cpu = cpuTime() - cpu
	runtime.ReadMemStats(&after)
	return run{
		sample: s, seconds: wall.Seconds(), cpu: cpu.Seconds(),
		allocs: float64(after.Mallocs - before.Mallocs), bytes: float64(after.TotalAlloc - before.TotalAlloc),
	}, err
}

// newRow condenses the runs of a stage, at least one.
func newRow(stage Stage, runs []run) *Row {
	row := &Row{Stage: stage, Unit: unitFrames, Runs: len(runs), PeakBytes: peakMemory()}
	if stage == Classify {
		row.Unit = unitFaces
	}
	perItem := func(v func(run) float64) float64 {
		return over(runs, func(r run) float64 { return v(r) / float64(max(1, r.items)) }).Median
	}
	row.Items = int(over(runs, func(r run) float64 { return float64(r.items) }).Median)
	row.Examined = int(over(runs, func(r run) float64 { return float64(r.found) }).Median)
	row.Seconds = over(runs, func(r run) float64 { return r.seconds })
	row.PerSecond = over(runs, func(r run) float64 { return float64(r.items) / r.seconds })
	row.CPUSeconds = over(runs, func(r run) float64 { return r.cpu }).Median
	row.Cores = over(runs, func(r run) float64 { return r.cpu / r.seconds }).Median
	row.Allocs = perItem(func(r run) float64 { return r.allocs })
	row.AllocBytes = perItem(func(r run) float64 { return r.bytes })
	row.CopyBytes = perItem(func(r run) float64 { return r.copied })
	if row.Examined > 0 {
		share := func(ms func(run) int64) float64 {
			return over(runs, func(r run) float64 { return float64(ms(r)) / 1000 / r.seconds }).Median
		}
		row.Busy = &Busy{
			Decode:   share(func(r run) int64 { return r.busy.DecodeMS }),
			Detect:   share(func(r run) int64 { return r.busy.DetectMS }),
			Classify: share(func(r run) int64 { return r.busy.ClassifyMS }),
		}
	}
	if q := runs[0].busy.Queues; q.DetectBound > 0 {
		row.Queues = &Queues{
			Detect: over(runs, func(r run) float64 { return r.busy.Queues.Detect }).Median, DetectBound: q.DetectBound,
			Classify: over(runs, func(r run) float64 { return r.busy.Queues.Classify }).Median, ClassifyBound: q.ClassifyBound,
		}
	}
	return row
}

// over gives the middle and the extremes of a figure over the runs.
func over(runs []run, figure func(run) float64) Spread {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = figure(r)
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Median: (values[(n-1)/2] + values[n/2]) / 2, Low: values[0], High: values[n-1]}
}
