// Package bench measures a pipeline on one clip: each stage by itself and all of them together. It knows the pipeline's
// parts only through package score's interfaces, so it is pure Go and measures whatever it is given.
package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Stage is what a row of the report measures.
type Stage string

// The stages, in the order of the report.
const (
	Decode          Stage = "decode"             // every frame decoded and converted to BGR
	DecodeSampled   Stage = "decode-sampled"     // every frame decoded, the sampled ones converted
	Detect          Stage = "detect"             // frames held in memory, in the pipeline's batches
	Classify        Stage = "classify"           // crops held in memory, in the pipeline's batches
	Inference       Stage = "inference"          // the pipeline fed with frames held in memory, as close as every frame
	InferenceSample Stage = "inference-sampled"  // the same, as far apart as the sampled ones
	EndToEnd        Stage = "end-to-end"         // the pipeline on the file, every frame
	EndToEndSample  Stage = "end-to-end-sampled" // the pipeline on the file at the default sampling
)

// Stages lists them all.
func Stages() []Stage {
	return []Stage{Decode, DecodeSampled, Detect, Classify, Inference, InferenceSample, EndToEnd, EndToEndSample}
}

// Options say what is measured and how often. Zero numbers are taken as they are.
type Options struct {
	Stages      []Stage
	Runs        int           // that count, at least 1
	WarmUp      int           // before them, per stage
	SampleFPS   float64       // of the sampled stages
	MaxDuration time.Duration // of the clip's presentation time; 0 means all of it
	LeastRun    time.Duration // how long a run over frames in memory lasts at least

	Progress func(stage Stage, run, runs int) // told before each run; run 0 is warming up; may be nil
}

// bench is one measurement of one clip.
type bench struct {
	Options
	pipeline score.Pipeline
	copies   copies
	path     string
	info     frames.Info
}

// Run measures the stages asked for and gives a report of them; tool, runtime and models are left to the caller. It ends
// early with the context's error. The pipeline's own sampling and maximum duration are replaced.
func Run(ctx context.Context, p score.Pipeline, path string, o Options) (*Report, error) {
	p.Options.Timeline, p.Options.OnMoment, p.Options.MaxDuration = false, nil, o.MaxDuration
	p.Options.BatchFrames = orDefault(p.Options.BatchFrames, score.DefaultBatchFrames)
	p.Options.BatchFaces = orDefault(p.Options.BatchFaces, score.DefaultBatchFaces)
	p.Options.MaxFaces = orDefault(p.Options.MaxFaces, score.DefaultMaxFaces)
	b := &bench{Options: o, path: path}
	b.pipeline = b.copies.watch(p)
	source, err := p.Opener.Open(ctx, path, frames.Sampling{})
	if err != nil {
		return nil, err
	}
	b.info = source.Info()
	if err := source.Close(); err != nil {
		return nil, err
	}
	report := &Report{Schema: SchemaID, Machine: thisMachine(), Clip: b.clip(), Settings: b.settings()}
	if err := b.fromFile(ctx, report); err != nil {
		return nil, err
	}
	if err := b.fromMemory(ctx, report); err != nil {
		return nil, err
	}
	order := Stages()
	slices.SortFunc(report.Rows, func(a, c Row) int { return slices.Index(order, a.Stage) - slices.Index(order, c.Stage) })
	for i := range report.Rows {
		if row := &report.Rows[i]; row.Unit == unitFrames && b.info.Kind == frames.Video && b.info.FPS > 0 {
			row.RealTime = row.PerSecond.Median / b.rate(row.Stage) // right also when the rate varies: FPS is its mean
		}
	}
	report.overlap(EndToEnd, Decode, Inference)
	report.overlap(EndToEndSample, DecodeSampled, InferenceSample)
	return report, nil
}

// rate is how many of a stage's frames make a second of the clip.
func (b *bench) rate(s Stage) float64 {
	if s == InferenceSample {
		return min(b.SampleFPS, b.info.FPS)
	}
	return b.info.FPS
}

func orDefault(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// length is the presentation time that is measured, in seconds; 0 when there is none, as in a photo.
func (b *bench) length() float64 {
	length := b.info.Duration
	if b.MaxDuration > 0 {
		length = min(length, b.MaxDuration)
	}
	return length.Seconds()
}

// fromFile measures what reads the clip. It comes before any frame is held in memory, so that the peaks are its own.
func (b *bench) fromFile(ctx context.Context, report *Report) error {
	every, sampled := frames.Sampling{}, frames.Sampling{PerSecond: b.SampleFPS}
	return b.each(ctx, report, []job{
		{Decode, func(ctx context.Context) (sample, error) { return b.decode(ctx, every) }},
		{DecodeSampled, func(ctx context.Context) (sample, error) { return b.decode(ctx, sampled) }},
		{EndToEnd, func(ctx context.Context) (sample, error) { return b.endToEnd(ctx, every) }},
		{EndToEndSample, func(ctx context.Context) (sample, error) { return b.endToEnd(ctx, sampled) }},
	})
}

// job is one run of a stage.
type job struct {
	stage Stage
	once  func(context.Context) (sample, error)
}

// each adds a row to the report for every job that is wanted.
func (b *bench) each(ctx context.Context, report *Report, jobs []job) error {
	for _, j := range jobs {
		row, err := b.measure(ctx, j.stage, j.once)
		if err != nil {
			return err
		}
		if row != nil {
			report.Rows = append(report.Rows, *row)
		}
	}
	return nil
}

// fromMemory measures what needs no decoder.
func (b *bench) fromMemory(ctx context.Context, report *Report) error {
	if !slices.ContainsFunc([]Stage{Detect, Classify, Inference, InferenceSample}, b.wants) {
		return nil
	}
	held, err := b.hold(ctx)
	if err != nil {
		return err
	}
	defer held.release()
	report.Clip.FacesPerFrame = float64(held.faces) / float64(len(held.frames))
	return b.each(ctx, report, []job{
		{Detect, func(ctx context.Context) (sample, error) { return b.detect(ctx, held) }},
		{Inference, func(ctx context.Context) (sample, error) { return b.inference(ctx, held, b.info.FPS) }},
		{InferenceSample, func(ctx context.Context) (sample, error) { return b.inference(ctx, held, b.rate(InferenceSample)) }},
		{Classify, func(ctx context.Context) (sample, error) {
			held.release() // the crops are copies
			return b.classify(ctx, held)
		}},
	})
}

func (b *bench) wants(s Stage) bool { return slices.Contains(b.Stages, s) }

func (b *bench) clip() Clip {
	return Clip{
		Path: b.path, Container: b.info.Container, Codec: b.info.Codec,
		Width: b.info.Width, Height: b.info.Height, FPS: b.info.FPS,
		Seconds: math.Round(b.length()*1000) / 1000,
	}
}

func (b *bench) settings() Settings {
	return Settings{
		Runs: b.Runs, WarmUp: b.WarmUp, SampleFPS: b.SampleFPS,
		BatchFrames: b.pipeline.Options.BatchFrames, BatchFaces: b.pipeline.Options.BatchFaces,
	}
}

// failed is the error for a clip that the pipeline could not examine.
func failed(r score.Result) error {
	return fmt.Errorf("%s: %s", r.Outcome.Wording, r.Outcome.Detail)
}
