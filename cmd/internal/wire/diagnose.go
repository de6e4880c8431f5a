//go:build cgo

package wire

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/frames/opencv"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/ort"
)

const mendSetup = "run `make setup`"

// examiner collects what doctor finds.
type examiner struct {
	platform Platform
	config   engine.Config
	checks   []engine.Check
}

// Diagnose checks the libraries, every model, and the hardware.
func (p Platform) Diagnose(ctx context.Context, c engine.Config) []engine.Check {
	x := &examiner{platform: p, config: c}
	x.decoder()
	runtime := x.runtime()
	if runtime != nil {
		defer runtime.Close() // the process ends soon: nothing depends on it
	}
	tried := x.models(ctx, runtime)
	x.providers(ctx, runtime, tried)
	return x.checks
}

func (x *examiner) add(c engine.Check) { x.checks = append(x.checks, c) }

func (x *examiner) decoder() {
	opencv.NewOpener() // before other libraries start threads
	x.add(engine.Check{Name: "OpenCV", State: engine.OK, Essential: true, Detail: opencv.Version()})
	ffmpeg := engine.Check{Name: "FFmpeg back end", State: engine.OK, Essential: true, Detail: "videos can be decoded"}
	if !opencv.HasFFmpeg() {
		ffmpeg.State, ffmpeg.Detail = engine.Broken, "this OpenCV was built without it: no video can be decoded"
		ffmpeg.Mend = "install the distribution's OpenCV (libopencv-dev) and build again: " + mendSetup + " && make build"
	}
	x.add(ffmpeg)
}

func (x *examiner) runtime() *ort.Environment {
	check := engine.Check{Name: "ONNX Runtime", State: engine.OK, Essential: true}
	runtime, err := ort.Open(x.platform.libraries(x.config.Library)...)
	if err != nil {
		check.State = engine.Broken
		check.Detail, check.Mend = exit.Message(err)
	} else {
		check.Detail = fmt.Sprintf("%s (%s)", runtime.Version(), runtime.Path())
	}
	x.add(check)
	return runtime
}

// models verifies every model and runs its self-test on the CPU. It gives one that works, for trying the hardware.
func (x *examiner) models(ctx context.Context, runtime *ort.Environment) *model.Weights {
	var works *model.Weights
	missing := map[model.Task]bool{model.FaceDetection: true, model.ForgeryClassification: true}
	for _, e := range x.platform.Models(x.config.Models).List() {
		started := time.Now()
		check := engine.Check{Name: "model " + e.Name, Essential: x.chosen(e)}
		var weights *model.Weights
		weights, check = x.model(ctx, runtime, e, check)
		check.Millis = time.Since(started).Milliseconds()
		if check.State == engine.OK {
			works = weights
		}
		if check.Essential {
			delete(missing, e.Manifest.Task)
		}
		x.add(check)
	}
	for _, role := range []struct {
		task       model.Task
		name, flag string
	}{{model.FaceDetection, "face detector", "--detector"}, {model.ForgeryClassification, "classifier", "--classifier"}} {
		if missing[role.task] {
			x.add(engine.Check{
				Name: role.name, State: engine.Broken, Essential: true, Detail: "none that works",
				Mend: "put back the files it came with and build again, or name another: --models FOLDER and " + role.flag + " NAME",
			})
		}
	}
	return works
}

// chosen tells whether scoring would use the model: the one that was named for its task, else the default.
func (x *examiner) chosen(e model.Entry) bool {
	named := map[model.Task]string{model.FaceDetection: x.config.Detector, model.ForgeryClassification: x.config.Classifier}[e.Manifest.Task]
	if named == "" {
		return e.Default
	}
	return e.Name == named
}

// model fills in what there is to say of one model.
func (x *examiner) model(ctx context.Context, runtime *ort.Environment, e model.Entry, c engine.Check) (*model.Weights, engine.Check) {
	weights, err := e.Open()
	if err != nil {
		c.State, c.Detail = engine.Broken, err.Error()
		c.Mend = "put back the files it came with"
		return nil, c
	}
	if runtime == nil {
		c.State, c.Detail = engine.Skipped, e.Manifest.String()+": digest is right; cannot be run without ONNX Runtime"
		return nil, c
	}
	if err := selfTest(ctx, runtime, weights); err != nil {
		c.State, c.Detail = engine.Broken, err.Error()
		c.Mend = "this runtime computes something else: use the version that " + mendSetup + " installs"
		return nil, c
	}
	c.State, c.Detail = engine.OK, e.Manifest.String()+": digest is right, gives its reference outputs"
	return weights, c
}

func selfTest(ctx context.Context, runtime *ort.Environment, w *model.Weights) error {
	session, err := runtime.NewSession(ctx, w, ort.Options{Provider: model.Provider{Kind: model.CPU}})
	if err != nil {
		return err
	}
	defer session.Close() // nothing can be done about an error, and the test's own counts
	return model.CheckGolden(ctx, session, w.Manifest())
}

// providers tries the hardware with a model that works: the CPU and every GPU.
func (x *examiner) providers(ctx context.Context, runtime *ort.Environment, w *model.Weights) {
	x.provider(ctx, runtime, w, "cpu", model.Provider{Kind: model.CPU})
	x.provider(ctx, runtime, w, "cuda", model.Provider{Kind: model.CUDA})
	for n := 1; n < ort.GPUs(); n++ {
		gpu := model.Provider{Kind: model.CUDA, Device: n}
		x.provider(ctx, runtime, w, gpu.String(), gpu)
	}
}

func (x *examiner) provider(ctx context.Context, runtime *ort.Environment, w *model.Weights, name string, p model.Provider) {
	c := engine.Check{Name: "provider " + name, Essential: p.Kind == model.CPU}
	defer func() { x.add(c) }()
	if runtime == nil || w == nil {
		c.State, c.Detail = engine.Skipped, "needs ONNX Runtime and a model that works"
		return
	}
	session, err := runtime.NewSession(ctx, w, ort.Options{Provider: p})
	switch {
	case err == nil:
		c.State, c.Detail = engine.OK, session.Used().Device
		_ = session.Close()
	case c.Essential:
		c.State, c.Detail, c.Mend = engine.Broken, err.Error(), mendSetup
	default:
		c.State, c.Detail = engine.Absent, reasonOnly(err)+"; not needed. With an NVIDIA GPU: make setup-cuda"
	}
}

// reasonOnly takes the chain of prefixes off an error that is not the user's concern.
func reasonOnly(err error) string {
	text := err.Error()
	if i := strings.Index(text, "this ONNX Runtime"); i >= 0 {
		text, _, _ = strings.Cut(text[i:], ":")
	}
	return text
}
