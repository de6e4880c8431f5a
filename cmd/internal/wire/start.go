//go:build cgo

package wire

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/opencv"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/ort"
	"github.com/blendscope/blendscope/score"
)

var _ engine.Platform = Platform{}

// opener gives OpenCV's sources the type that score asks for.
type opener struct{ *opencv.Opener }

func (o opener) Open(ctx context.Context, path string, sampling frames.Sampling) (score.Source, error) {
	source, err := o.Opener.Open(ctx, path, sampling)
	if err != nil {
		return nil, err // not source: a nil *Source would be a Source that is not nil
	}
	return source, nil
}

// Preview opens a file for looking at it.
func (p Platform) Preview(ctx context.Context, path string) (engine.Preview, error) {
	source, err := opencv.NewOpener().Open(ctx, path, frames.Sampling{})
	if err != nil {
		return nil, err // not source: see opener
	}
	return source, nil
}

// builder collects the parts of an engine, and what has to be closed in which order.
type builder struct {
	config  engine.Config
	closers []func() error
}

// undo closes what was opened before err.
func (b *builder) undo(err error) error {
	for i := len(b.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, b.closers[i]())
	}
	return err
}

// Start loads the libraries and both models.
func (p Platform) Start(ctx context.Context, c engine.Config) (engine.Engine, error) {
	b := &builder{config: c}
	e, err := b.build(ctx, p)
	if err != nil {
		return nil, b.undo(err)
	}
	return e, nil
}

func (b *builder) build(ctx context.Context, p Platform) (engine.Engine, error) {
	registry := p.Models(b.config.Models)
	decoder := opencv.NewOpener() // before other libraries start threads
	runtime, err := ort.Open(p.libraries(b.config.Library)...)
	if err != nil {
		return nil, err
	}
	b.closers = append(b.closers, runtime.Close)
	face, err := b.load(ctx, registry, runtime, model.FaceDetection, b.config.Detector)
	if err != nil {
		return nil, err
	}
	judge, err := b.load(ctx, registry, runtime, model.ForgeryClassification, b.config.Classifier)
	if err != nil {
		return nil, err
	}
	pipeline, err := b.pipeline(decoder, face, judge)
	if err != nil {
		return nil, err
	}
	return engine.New(pipeline, b.about(runtime, face, judge, pipeline.Options), b.closers...), nil
}

// libraries are the places to look for ONNX Runtime. A file that is there is meant as a file: the system's loader would
// look for a bare name in its own folders only.
func (p Platform) libraries(explicit string) []string {
	if explicit != "" && filepath.Base(explicit) == explicit {
		if _, err := os.Stat(explicit); err == nil {
			explicit = "." + string(filepath.Separator) + explicit
		}
	}
	return ort.Libraries(explicit, p.Executable)
}

// network is one model ready to run, on one provider or a copy on each of several GPUs.
type network struct {
	model.Runner
	manifest  model.Manifest
	weights   *model.Weights
	providers model.Providers
	devices   []string
	note      string
}

// load verifies a model and hands it to the runtime.
func (b *builder) load(ctx context.Context, r *model.Registry, env *ort.Environment, task model.Task, name string) (network, error) {
	entry, err := r.Get(task, name)
	if err != nil {
		return network{}, err
	}
	weights, err := entry.Open()
	if err != nil {
		return network{}, err
	}
	asked, err := model.ParseProviders(b.config.Device)
	if err != nil {
		return network{}, err
	}
	n := network{manifest: entry.Manifest, weights: weights}
	var sessions []model.Runner
	for _, provider := range asked {
		session, err := env.NewSession(ctx, weights, ort.Options{Provider: provider, Threads: b.config.Threads})
		if err != nil {
			return network{}, err
		}
		b.closers = append(b.closers, session.Close)
		sessions = append(sessions, session)
		used := session.Used()
		n.providers, n.devices, n.note = append(n.providers, used.Provider), append(n.devices, used.Device), used.Note
	}
	n.Runner = model.Spread(sessions...)
	return n, nil
}

func (n network) batching(most int) model.Batching {
	b := n.weights.Batching(n.providers[0].Kind, most)
	b.Runs *= len(n.providers)
	return b
}

func (b *builder) pipeline(decoder *opencv.Opener, face, judge network) (score.Pipeline, error) {
	detector, err := model.NewDetector(face, face.manifest, opencv.Resampler{}, face.batching(score.DefaultBatchFrames))
	if err != nil {
		return score.Pipeline{}, err
	}
	// A GPU takes the faces of many clips in one run.
	const mostShared = 64
	classifier, err := model.NewClassifier(judge, judge.manifest, opencv.Resampler{}, judge.batching(mostShared))
	if err != nil {
		return score.Pipeline{}, err
	}
	b.closers = append(b.closers, classifier.Close)
	o := score.Options{
		Sampling: b.config.Sampling, MaxFaces: b.config.MaxFaces, MaxDuration: b.config.MaxDuration, Timeline: b.config.Timeline,
		CropScale: judge.manifest.Input.CropScale,
		// No more than one run of the networks takes: a clip's last frames should not wait for company.
		BatchFrames: face.batching(score.DefaultBatchFrames).Max, BatchFaces: judge.batching(score.DefaultBatchFaces).Max,
	}
	if b.config.DetectAll {
		o.DetectEvery = -1
	}
	if judge.manifest.Calibration != nil {
		o.Calibration = *judge.manifest.Calibration
	}
	return score.Pipeline{Opener: opener{decoder}, Detector: detector, Classifier: classifier, Options: o}, nil
}

func (b *builder) about(env *ort.Environment, face, judge network, o score.Options) engine.About {
	provider := judge.providers.String()
	if other := face.providers.String(); other != provider {
		provider += ", detector " + other
	}
	return engine.About{
		Models: []score.ModelRef{face.ref(), judge.ref()},
		Runtime: score.Runtime{
			ProviderRequested: b.config.Device, ProviderUsed: provider, Device: strings.Join(judge.devices, ", "),
			ONNXRuntime: env.Version(), OpenCV: opencv.Version(),
		},
		Settings: score.Settings{
			AllFrames: o.Sampling.PerSecond <= 0, SampleFPS: max(0, o.Sampling.PerSecond),
			MaxFaces: o.MaxFaces, MaxDurationMS: o.MaxDuration.Milliseconds(),
			Detector: face.manifest.String(), Classifier: judge.manifest.String(), Detection: o.Detection(),
			Aggregation: score.Aggregation, Thresholds: score.DefaultThresholds(),
		},
		Note: noteworthy(judge.note),
	}
}

// noteworthy drops what is so on most machines: a runtime that was never meant for a GPU.
func noteworthy(note string) string {
	if strings.Contains(note, "has no CUDA provider") {
		return ""
	}
	return note
}

func (n network) ref() score.ModelRef {
	m := n.manifest
	return score.ModelRef{Task: string(m.Task), Name: m.Name, Version: m.Version, SHA256: m.SHA256}
}
