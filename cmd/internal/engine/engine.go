// Package engine is what the commands know about scoring: something that can be started with a configuration, scores one
// file after another, and says what it is made of. Package wire builds the real one; enginetest has a fake.
package engine

import (
	"context"
	"errors"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// DefaultFPS is how many frames of a second are scored when the user does not say. Neighbouring frames tell little that
// is new, and decoding most frames only to pass them over is cheap.
const DefaultFPS = 5

// Config is what the user can choose about an engine.
type Config struct {
	Device      string          // auto, cpu, cuda or cuda:N[,M...]
	Threads     int             // of one inference; 0 means one per two cores
	Library     string          // ONNX Runtime's shared library; empty means to look for it
	Models      string          // folder with more models than those in the binary; may be empty
	Detector    string          // name of the model that finds faces; empty means the default one
	Classifier  string          // name of the model that judges them; empty means the default one
	Sampling    frames.Sampling // which frames are scored
	DetectAll   bool            // faces are looked for in every scored frame, however close the frames follow; see score.Sparse
	MaxFaces    int             // most faces scored per frame
	MaxDuration time.Duration   // of presentation time; 0 means no limit
	Timeline    bool            // results carry every scored frame

	Supervision
}

// Supervision is how an engine is kept apart from the process that asks it, where package supervise does so. The zero
// value means defaults.
type Supervision struct {
	InProcess   bool          // not at all: a crash or a hang in native code is everybody's
	Jobs        int           // files that will be scored at once: they share the processor's cores
	MemoryLimit int64         // bytes that one scoring process may keep in memory; 0 means the default
	Stall       time.Duration // without progress after which a file is given up; 0 means the default
	Inputs      []string      // files and folders that will be read, as far as known: others cost time, not answers
}

// Platform knows the models, starts engines and examines what they need.
type Platform interface {
	// Models is the registry of the models in the binary and of those in folder, which may be empty.
	Models(folder string) *model.Registry
	// Start loads libraries and models. The caller closes the engine; ctx ends the start only, not the engine.
	Start(ctx context.Context, c Config) (Engine, error)
	// Preview opens a file for looking at it. The caller closes it.
	Preview(ctx context.Context, path string) (Preview, error)
	// Diagnose checks everything Start needs, and goes on after a failure.
	Diagnose(ctx context.Context, c Config) []Check
}

// Engine scores files. It is safe for concurrent use. Close may be called twice, after the last Score has returned.
type Engine interface {
	// Score examines one file. Whatever happens becomes the result's status. Tool, Models, Runtime, Settings and what
	// identifies the file are left to the caller.
	Score(ctx context.Context, path string, watch Watch) score.Result
	About() About
	Close() error
}

// Stopped stands in for an engine whose start was interrupted: inputs still get their rows, and none is scored.
type Stopped struct{}

var _ Engine = Stopped{}

// Score is not called: the context that stopped the start has ended.
func (Stopped) Score(context.Context, string, Watch) score.Result { return score.Result{} }

// About is empty.
func (Stopped) About() About { return About{} }

// Close does nothing.
func (Stopped) Close() error { return nil }

// Watch is told about one file while it is scored. Opened and Scored are called from one goroutine, Alive from any. Each
// may be nil.
type Watch struct {
	Opened func(frames.Info)
	Scored func(score.Moment)
	Maps   bool // Scored wants the faces' maps, which may cost something to bring here; else they may be missing
	// Retried is told before a file is tried once more, alone, because something went wrong that may have been another's
	// fault; Opened and Scored begin anew.
	Retried func(why score.Reason)
	Alive   func() // a frame was decoded or scored: no sign of it for long means that native code hangs
}

// About is what an engine is made of, as results carry it.
type About struct {
	Models   []score.ModelRef
	Runtime  score.Runtime
	Settings score.Settings
	Note     string // for people: why the faster hardware is not used; empty when there is nothing to say
	// Isolation is what the processes that score can not do, and what of that this system cannot hold; empty in-process.
	Isolation []sandbox.Protection
}

// Check is one thing that doctor looked at.
type Check struct {
	Name      string `json:"name"`
	State     State  `json:"state"`
	Essential bool   `json:"essential"`        // without it nothing can be scored
	Detail    string `json:"detail"`           // what was found, or what is wrong
	Mend      string `json:"mend,omitempty"`   // what to do about it
	Millis    int64  `json:"millis,omitempty"` // how long the check took, where that is of interest
}

// State is the outcome of a check.
type State string

// The states of a check.
const (
	OK      State = "ok"
	Absent  State = "absent"  // not there, and not needed
	Skipped State = "skipped" // could not be looked at because an earlier check failed
	Broken  State = "failed"
)

// ErrNotBuiltIn is the error of a binary that was built without cgo.
var ErrNotBuiltIn = errors.New("this binary was built without its native part (CGO_ENABLED=0)")
