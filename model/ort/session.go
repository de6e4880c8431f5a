package ort

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"

	"github.com/blendscope/blendscope/model"
)

// Options of a session.
type Options struct {
	Provider model.Provider
	Threads  int // CPU threads within one operator; 0: half of what Go may use, which respects a container's limit
	// CUDA are further options of the CUDA provider by ONNX Runtime's names, such as prefer_nhwc: for measuring.
	CUDA map[string]string
}

// Session is a network loaded into the runtime. It implements model.Runner.
type Session struct {
	env      *Environment
	manifest model.Manifest // and not the weights: the runtime has its own copy
	used     model.Used
	native   *onnx.DynamicAdvancedSession // touched by the owner goroutine only

	jobs    chan *job
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
}

var _ model.Runner = (*Session)(nil)

// job is one run; the answer comes on reply, which never blocks.
type job struct {
	ctx   context.Context
	input model.Tensor
	reply chan answer
}

type answer struct {
	outputs []model.Tensor
	err     error
}

// NewSession loads verified weights. With provider auto it takes CUDA if a run on it succeeds, else the CPU, and Used
// says which and why; hardware asked for by name that cannot be had is a *ProviderError, never replaced by another.
// The session must be closed before its environment.
func (e *Environment) NewSession(ctx context.Context, w *model.Weights, o Options) (*Session, error) {
	if err := e.enter(); err != nil {
		return nil, err
	}
	s := &Session{
		env: e, manifest: w.Manifest(),
		jobs: make(chan *job), closing: make(chan struct{}), done: make(chan struct{}),
	}
	started := make(chan error, 1)
	go s.own(ctx, w, o, started)
	if err := <-started; err != nil {
		<-s.done
		return nil, fmt.Errorf("load %s: %w", w.Manifest(), err)
	}
	return s, nil
}

// Used says where the network really runs.
func (s *Session) Used() model.Used { return s.used }

// Run runs the network once. The input is only read until Run returns. A cancelled context makes the runtime stop
// between two operators, and Run returns the context's error.
func (s *Session) Run(ctx context.Context, input model.Tensor) ([]model.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := input.Check(); err != nil {
		return nil, err
	}
	j := &job{ctx: ctx, input: input, reply: make(chan answer, 1)}
	select {
	case s.jobs <- j:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closing:
		return nil, fmt.Errorf("run %s: %w", s.manifest, model.ErrClosed)
	}
	a := <-j.reply
	return a.outputs, a.err
}

// Close waits for the run in progress and frees the network. It may be called twice.
func (s *Session) Close() error {
	s.once.Do(func() { close(s.closing) })
	<-s.done
	return nil
}

// own is the session's goroutine: it loads, runs and frees the network. It stays on one thread, because CUDA's state is
// per thread and every further thread would cost GPU memory.
func (s *Session) own(ctx context.Context, w *model.Weights, o Options, started chan<- error) {
	defer close(s.done)
	defer s.env.leave()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := s.start(ctx, w, o); err != nil {
		started <- err
		return
	}
	defer s.native.Destroy() // always nil
	started <- nil
	for {
		select {
		case j := <-s.jobs:
			outputs, err := s.runGuarded(j.ctx, j.input)
			j.reply <- answer{outputs, err}
		case <-s.closing:
			return
		}
	}
}

// runGuarded watches the context during a run. ctx's error wins over the runtime's "terminated".
func (s *Session) runGuarded(ctx context.Context, input model.Tensor) ([]model.Tensor, error) {
	options, err := onnx.NewRunOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy() // fails only when destroyed before
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = options.Terminate() // the run then ends by itself, soon or late
	})
	outputs, err := s.run(input, options)
	if !stop() {
		<-stopped // Terminate must not touch options that are destroyed
	}
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("run %s on shape %v: %w", s.manifest, input.Shape, err)
	}
	return outputs, nil
}

// run makes the native call. The runtime allocates the outputs; the wrapper copies each once into Go's memory, which
// outlives the native tensor.
func (s *Session) run(input model.Tensor, options *onnx.RunOptions) ([]model.Tensor, error) {
	// The native tensor keeps a pointer to the input's data beyond the call that makes it, so they must not move.
	var pin runtime.Pinner
	defer pin.Unpin()
	in, err := newTensor(input, &pin)
	if err != nil {
		return nil, err
	}
	defer in.Destroy() // always nil
	values := make([]onnx.Value, len(s.manifest.Outputs))
	defer func() {
		for _, v := range values {
			if v != nil {
				_ = v.Destroy() // always nil for tensors
			}
		}
	}()
	if s.used.Provider.Kind == model.CUDA {
		restore := guardSignals()
		defer restore()
	}
	if err := s.native.RunWithOptions([]onnx.Value{in}, values, options); err != nil {
		return nil, err
	}
	outputs := make([]model.Tensor, len(values))
	for i, v := range values {
		t, ok := v.(*onnx.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("%w: output %s is not float32", model.ErrOutput, s.manifest.Outputs[i].Name)
		}
		outputs[i] = model.Tensor{Shape: t.GetShape(), F32: t.GetData()}
	}
	return outputs, nil
}

func newTensor(t model.Tensor, pin *runtime.Pinner) (onnx.Value, error) {
	if t.U8 != nil {
		return pinned(t.Shape, t.U8, pin)
	}
	return pinned(t.Shape, t.F32, pin)
}

func pinned[T byte | float32](shape []int64, data []T, pin *runtime.Pinner) (onnx.Value, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("input of shape %v is empty", shape)
	}
	pin.Pin(&data[0])
	return onnx.NewTensor(onnx.NewShape(shape...), data)
}

// names are the tensors of a run, in the manifest's order.
func names(m model.Manifest) (inputs, outputs []string) {
	for _, o := range m.Outputs {
		outputs = append(outputs, o.Name)
	}
	return []string{m.Input.Name}, outputs
}

// oneLine makes a native message fit into one line, without the place in the C++ source that it may start with.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if _, after, ok := strings.Cut(text, "[ONNXRuntimeError] : "); ok {
		text = after // number, name, message
	}
	return text
}
