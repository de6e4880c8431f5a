package ort

import (
	"errors"
	"fmt"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"
)

// ErrInUse means that an Environment is open already, or that one with open sessions was asked to close.
var ErrInUse = errors.New("ONNX Runtime is in use")

// Environment is the loaded runtime. The wrapper holds library, environment and memory info in process-global
// variables, so there can be one at a time and a second Open is refused rather than shared: it might have named another
// library. Its methods are safe for concurrent use.
type Environment struct {
	path, version string

	mu       sync.Mutex
	sessions int
	closed   bool
}

// slot mirrors the wrapper's global state: full while an Environment is open. It is a channel and not a flag, so that
// taking it is atomic.
var slot = make(chan struct{}, 1)

// Open loads the first usable library of paths; see Libraries. Errors are ErrInUse, or a *LibraryError.
func Open(paths ...string) (*Environment, error) {
	select {
	case slot <- struct{}{}:
	default:
		return nil, fmt.Errorf("%w: it was opened before and not closed", ErrInUse)
	}
	e, err := open(paths)
	if err != nil {
		<-slot
		return nil, err
	}
	return e, nil
}

func open(paths []string) (*Environment, error) {
	path, version, err := findLibrary(paths)
	if err != nil {
		return nil, err
	}
	onnx.SetSharedLibraryPath(path)
	restore := guardSignals()
	defer restore()
	if err := onnx.InitializeEnvironment(); err != nil {
		return nil, &LibraryError{Paths: []string{path}, Reasons: []error{err}}
	}
	// Microsoft's Windows builds would report usage; nothing leaves this machine.
	if err := onnx.DisableTelemetry(); err != nil {
		return nil, errors.Join(fmt.Errorf("switch off telemetry: %w", err), onnx.DestroyEnvironment())
	}
	return &Environment{path: path, version: version}, nil
}

// Version is the runtime's version, such as 1.27.0.
func (e *Environment) Version() string { return e.version }

// Path is the library that was loaded.
func (e *Environment) Path() string { return e.path }

// Close unloads the runtime. It fails with ErrInUse while sessions are open. It may be called twice.
func (e *Environment) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	if e.sessions > 0 {
		return fmt.Errorf("%w: %d sessions are open", ErrInUse, e.sessions)
	}
	e.closed = true
	defer func() { <-slot }()
	return onnx.DestroyEnvironment()
}

// enter counts a session in, leave out: the environment must outlive them all.
func (e *Environment) enter() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return errors.New("ONNX Runtime was closed")
	}
	e.sessions++
	return nil
}

func (e *Environment) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sessions--
}
