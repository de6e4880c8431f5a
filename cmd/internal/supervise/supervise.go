// Package supervise runs an engine in child processes of the same binary, one file at a time in each, so that a crash, a
// hang or a memory bomb in native code costs one file its score and nobody else anything. A child has no network, can
// read only what it must and write nothing; package sandbox says what of that a system can hold.
//
// A file that its child did not survive is tried once more in a fresh child that runs nothing else: the first may have
// been worn by the files before. When that one ends too, the file's row says why.
package supervise

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/model"
)

// Command is the name of the hidden command that a child runs; it calls Serve.
const Command = "child"

// What the zero values of engine.Supervision mean.
const (
	DefaultMemoryLimit = 2 << 30
	DefaultStall       = time.Minute
)

// Platform starts the engines of another platform in child processes.
type Platform struct {
	engine.Platform
	world      world
	unattended bool // previews too run in child processes
}

// Unattended is p whose previews, too, run in child processes. It is for what nobody watches and nothing must stop: a
// picture takes twice its time on the way, which players cannot spare.
func (p Platform) Unattended() Platform {
	p.unattended = true
	return p
}

// world is what children need to know of the process that starts them.
type world struct {
	executable string
	libraries  []string  // folders that the system's loader was told to look into
	messages   io.Writer // for what children say on standard error; nil when nobody wants to know
}

// New is inner, supervised.
func New(inner engine.Platform, e *env.Env) Platform {
	w := world{executable: e.Executable}
	if path, ok := e.LookupEnv("LD_LIBRARY_PATH"); ok {
		w.libraries = filepath.SplitList(path)
	}
	if wanted, _ := e.LookupEnv(env.NativeMessages); wanted != "" {
		w.messages = e.Err
	}
	return Platform{Platform: inner, world: w}
}

// Start starts a first child, so that what is missing shows at once. Where processes cannot be supervised, or when asked
// to, it starts the engine in this process.
func (p Platform) Start(ctx context.Context, c engine.Config) (engine.Engine, error) {
	if c.InProcess || !sandbox.Supported {
		return p.Platform.Start(ctx, c)
	}
	e := newEngine(p.world, c)
	first, err := e.launch(ctx)
	for tries := 1; errors.Is(err, errKilled) && tries < mostTries; tries++ {
		first, err = e.launch(ctx)
	}
	if err != nil {
		return nil, err
	}
	e.about = first.about
	e.about.Isolation = first.protections
	e.put(first)
	return e, nil
}

// Diagnose adds whether a child starts, and what it cannot do.
func (p Platform) Diagnose(ctx context.Context, c engine.Config) []engine.Check {
	checks := p.Platform.Diagnose(ctx, c)
	if !sandbox.Supported {
		return checks
	}
	check := engine.Check{Name: "scoring process", State: engine.Skipped, Detail: "needs what failed above"}
	if ready(checks) {
		check = p.diagnose(ctx, c, check)
	}
	return append(checks, check)
}

func ready(checks []engine.Check) bool {
	for _, c := range checks {
		if c.Essential && c.State != engine.OK {
			return false
		}
	}
	return true
}

func (p Platform) diagnose(ctx context.Context, c engine.Config, check engine.Check) engine.Check {
	started := time.Now()
	e := newEngine(p.world, c)
	first, err := e.launch(ctx)
	check.Millis = time.Since(started).Milliseconds()
	check.Essential = true
	if err != nil {
		check.State = engine.Broken
		check.Detail, check.Mend = exit.Message(err)
		return check
	}
	first.stop()
	holding, lacking := sandbox.Describe(first.protections)
	check.State, check.Detail = engine.OK, holding
	if lacking != "" {
		check.Detail += "; lacking: " + lacking
		check.Mend = "Linux 6.7 or later with seccomp and Landlock, on amd64 or arm64, has them all"
	}
	return check
}

// settings are what a child is given for the configuration.
func settings(c engine.Config) start {
	c.Device = cmp.Or(c.Device, string(model.Auto))
	devices := usesDevices(c.Device)
	if c.Threads == 0 && c.Jobs > 1 {
		c.Threads = max(1, runtime.GOMAXPROCS(0)/c.Jobs)
	}
	c.Supervision = engine.Supervision{InProcess: true}
	return start{Config: c, Devices: devices}
}

// usesDevices tells whether the engine may run on a graphics processor.
func usesDevices(device string) bool {
	if device != string(model.Auto) {
		return device != string(model.CPU)
	}
	_, err := os.Stat("/dev/nvidiactl")
	return err == nil
}

// folders are what a child reads beside its inputs: models, and ONNX Runtime wherever it may be.
func (w world) folders(c engine.Config) []string {
	folders := append([]string{c.Models}, w.libraries...)
	files := []string{c.Library}
	if exe, ok := real(w.executable); ok {
		for _, dir := range []string{filepath.Dir(exe), filepath.Dir(filepath.Dir(exe))} {
			lib := filepath.Join(dir, "lib")
			folders, files = append(folders, lib), append(files, filepath.Join(lib, "libonnxruntime.so"))
		}
	}
	for _, file := range files {
		if target, ok := real(file); ok && file != "" {
			folders = append(folders, filepath.Dir(target)) // with the libraries it loads in turn
		}
	}
	var there []string
	for _, folder := range folders {
		if path, ok := real(folder); ok && strings.TrimSpace(folder) != "" {
			there = append(there, path)
		}
	}
	return there
}
