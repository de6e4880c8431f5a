// Package enginetest has an engine without libraries or models: a "video" is a text file that says how it wants to be
// scored. It lets everything above the engine be tested without cgo.
package enginetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// Platform is the fake platform. Library "missing" makes Start and the first check fail, "slow" makes Start wait for an
// interrupt.
type Platform struct{}

var _ engine.Platform = Platform{}

// Models are those of the folder alone.
func (Platform) Models(folder string) *model.Registry {
	if folder == "" {
		return model.NewRegistry()
	}
	return model.NewRegistry(model.Folder{FS: os.DirFS(folder), Origin: folder})
}

// Start makes a fake engine.
func (Platform) Start(ctx context.Context, c engine.Config) (engine.Engine, error) {
	if c.Library == "slow" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if c.Library == "missing" {
		return nil, exit.Hint(errors.New("fake runtime library not found"), "install the fake runtime")
	}
	if strings.HasPrefix(c.Device, "cuda") {
		return nil, errors.New("provider cuda is not available")
	}
	return &Engine{config: c}, nil
}

// Diagnose makes up a report.
func (Platform) Diagnose(_ context.Context, c engine.Config) []engine.Check {
	runtime := engine.Check{Name: "fake runtime", State: engine.OK, Essential: true, Detail: "1.2.3"}
	if c.Library == "missing" {
		runtime.State, runtime.Detail, runtime.Mend = engine.Broken, "not found", "install the fake runtime"
	}
	return []engine.Check{runtime, {Name: "provider cuda", State: engine.Absent, Detail: "no fake GPU"}}
}

// Engine is the fake engine. The lines of a file it scores are "key value": score, status, reason (repeated), detail,
// frames, seconds, sleep (a duration, ended by the context), panic, and those of faults.go. A file without them is not media.
type Engine struct {
	config engine.Config
	scored atomic.Int32 // files
}

// About is always the same.
func (e *Engine) About() engine.About {
	s := score.Settings{
		AllFrames: e.config.Sampling.PerSecond <= 0, SampleFPS: max(0, e.config.Sampling.PerSecond),
		MaxFaces: e.config.MaxFaces, MaxDurationMS: e.config.MaxDuration.Milliseconds(),
		Detector: "fakeface@1", Classifier: "fakeclass@2", Aggregation: "fake/1",
		Thresholds: score.Thresholds{Moderate: 0.5, Strong: 0.7, VeryStrong: 0.9},
	}
	return engine.About{
		Models: []score.ModelRef{
			{Task: "face-detection", Name: "fakeface", Version: "1", SHA256: strings.Repeat("a1", 32)},
			{Task: "forgery-classification", Name: "fakeclass", Version: "2", SHA256: strings.Repeat("b2", 32)},
		},
		Runtime: score.Runtime{
			ProviderRequested: e.config.Device, ProviderUsed: "cpu", Device: "fake cpu", ONNXRuntime: "1.2.3", OpenCV: "4.5.6",
		},
		Settings: s,
	}
}

// Close does nothing.
func (e *Engine) Close() error { return nil }

// Score does what the file says.
func (e *Engine) Score(ctx context.Context, path string, watch engine.Watch) score.Result {
	wish, err := read(path)
	if err != nil {
		return failed(path, err)
	}
	if wish.panics {
		panic("fake panic")
	}
	if err := wish.fault.strike(e.scored.Add(1) > 1, watch.Alive); err != nil {
		return failed(path, err)
	}
	if watch.Opened != nil {
		watch.Opened(frames.Info{Kind: frames.Video, FPS: 25, Duration: wish.length()})
	}
	for i := range wish.frames {
		if watch.Alive != nil {
			watch.Alive()
		}
		if watch.Scored != nil {
			watch.Scored(score.Moment{TMS: int64(i) * 40, Frame: i})
		}
	}
	select {
	case <-time.After(wish.sleep):
	case <-ctx.Done():
		return failed(path, ctx.Err())
	}
	return wish.result(path, e.config.Timeline)
}

type wish struct {
	score   float64
	status  score.Status
	reasons []score.Reason
	detail  string
	frames  int
	sleep   time.Duration
	panics  bool
	fault   fault
}

func (w wish) length() time.Duration { return time.Duration(w.frames) * 40 * time.Millisecond }

func read(path string) (wish, error) {
	w := wish{frames: 10, reasons: []score.Reason{}}
	f, err := os.Open(path)
	if err != nil {
		return w, err
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		key, value, _ := strings.Cut(scanner.Text(), " ")
		var err error
		switch key {
		case "score":
			w.score, err = strconv.ParseFloat(value, 64)
			w.status = score.Scored
		case "status":
			w.status = score.Status(value)
		case "reason":
			w.reasons = append(w.reasons, score.Reason(value))
		case "detail":
			w.detail, err = strconv.Unquote(value)
		case "frames":
			w.frames, err = strconv.Atoi(value)
		case "sleep":
			w.sleep, err = time.ParseDuration(value)
		case "panic":
			w.panics = true
		default:
			w.fault.read(key, value)
		}
		if err != nil {
			return w, err
		}
	}
	if w.status == "" && !w.panics && w.fault.kind == "" {
		return w, fmt.Errorf("%w: no wish in it", frames.ErrNotMedia)
	}
	return w, nil
}

func (w wish) result(path string, timeline bool) score.Result {
	r := score.Result{
		Schema: score.SchemaID,
		Input: score.Input{
			Path: path, Kind: "video", Container: "fake", Codec: "text", Width: 640, Height: 360, FPS: 25,
			DurationMS: w.length().Milliseconds(), FramesDecoded: w.frames, FramesScored: w.frames,
		},
		Outcome: score.Outcome{Status: w.status, Wording: "as the file says", Reasons: w.reasons, Detail: w.detail},
		Limits:  []score.Limit{score.OnlyFaces},
		Timing:  score.Timing{DecodeMS: 1, DetectMS: 2, ClassifyMS: 3, TotalMS: 4},
	}
	if w.score == 0 || w.status == score.Failed || w.status == score.NotApplicable {
		return r
	}
	interval, logit := [2]float64{max(0.01, w.score-0.1), min(0.99, w.score+0.1)}, 4*w.score-2
	r.Outcome.Score, r.Outcome.Interval, r.Outcome.Logit, r.Outcome.Band = &w.score, &interval, &logit, band(w.score)
	r.Quality = score.Quality{UsableFaceShare: 1, MedianFacePx: 96, Sharpness: 0.5, Compression: 0.25}
	r.Tracks = []score.Track{{
		ID: 1, LastMS: r.Input.DurationMS, Faces: w.frames, Score: w.score, Interval: interval, MedianFacePx: 96,
		Evidence: []score.BestFrame{{TMS: 40, Frame: 1, Score: w.score, Box: [4]float64{1, 2, 96, 96}}},
	}}
	if w.score >= 0.5 {
		r.Segments = []score.Segment{{Track: 1, EndMS: r.Input.DurationMS, Score: w.score}}
	}
	if timeline {
		r.Timeline = []score.Moment{{TMS: 40, Frame: 1, Faces: []score.MomentFace{{Track: 1, Box: [4]float64{1, 2, 96, 96}, Score: w.score, Quality: 0.5}}}}
	}
	return r
}

func band(p float64) score.Band {
	switch {
	case p >= 0.9:
		return score.VeryStrong
	case p >= 0.7:
		return score.Strong
	case p >= 0.5:
		return score.Moderate
	}
	return score.Weak
}

func failed(path string, err error) score.Result {
	reason := score.Internal
	switch {
	case errors.Is(err, frames.ErrNotMedia):
		reason = score.NotMedia
	case errors.Is(err, fs.ErrNotExist):
		reason = score.NotFound
	case errors.Is(err, fs.ErrPermission):
		reason = score.NoPermission
	case errors.Is(err, context.DeadlineExceeded):
		reason = score.TimedOut
	case errors.Is(err, context.Canceled):
		reason = score.Interrupted
	}
	return score.Result{
		Schema: score.SchemaID, Input: score.Input{Path: path},
		Outcome: score.Outcome{Status: score.Failed, Wording: "could not be examined", Reasons: []score.Reason{reason}, Detail: err.Error()},
	}
}
