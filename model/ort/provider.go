package ort

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	onnx "github.com/yalue/onnxruntime_go"

	"github.com/blendscope/blendscope/model"
)

// ErrProvider means that the hardware asked for cannot be had; ProviderError has the details.
var ErrProvider = errors.New("provider not available")

// ProviderError says which hardware, and why not.
type ProviderError struct {
	Provider model.Provider
	Err      error
}

// Error names the provider and the cause.
func (e *ProviderError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrProvider, e.Provider, oneLine(e.Err))
}

// Unwrap gives ErrProvider and the cause.
func (e *ProviderError) Unwrap() []error { return []error{ErrProvider, e.Err} }

// Hint is what the user can do.
func (e *ProviderError) Hint() string {
	return "use --device auto or --device cpu; for an NVIDIA GPU run `make setup-cuda`"
}

// start loads the network on the provider asked for. It runs on the owner goroutine.
func (s *Session) start(ctx context.Context, w *model.Weights, o Options) error {
	switch o.Provider.Kind {
	case model.CPU:
		return s.load(w, model.Provider{Kind: model.CPU}, o)
	case model.CUDA:
		if err := s.loadCUDA(ctx, w, o); err != nil {
			return &ProviderError{o.Provider, err}
		}
		return nil
	case model.Auto:
		err := s.loadCUDA(ctx, w, o)
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.used.Note = oneLine(err)
		return s.load(w, model.Provider{Kind: model.CPU}, o)
	}
	return &ProviderError{o.Provider, errors.New("unknown kind")}
}

// loadCUDA loads the network on a GPU and runs it once: only a run shows that driver, libraries and card fit together,
// and the first one is slow in any case.
func (s *Session) loadCUDA(ctx context.Context, w *model.Weights, o Options) error {
	if err := cudaProviderPresent(s.env.path); err != nil {
		return err
	}
	restore := guardSignals()
	defer restore()
	if err := s.load(w, model.Provider{Kind: model.CUDA, Device: o.Provider.Device}, o); err != nil {
		return err
	}
	input, err := warmUp(s.manifest.Input, w.MaxBatch())
	if err == nil {
		_, err = s.runGuarded(ctx, input)
	}
	if err != nil {
		return errors.Join(err, s.native.Destroy())
	}
	return nil
}

// cudaProviderPresent looks for the provider's library beside the runtime's. Without it the runtime would fail with a
// long message of its own, after having tried to load CUDA.
func cudaProviderPresent(runtimePath string) error {
	if filepath.Base(runtimePath) == runtimePath {
		return nil // found by the system's loader: we do not know where
	}
	if real, err := filepath.EvalSymlinks(runtimePath); err == nil {
		runtimePath = real
	}
	provider := filepath.Join(filepath.Dir(runtimePath), "libonnxruntime_providers_cuda.so")
	if _, err := os.Stat(provider); err != nil {
		return fmt.Errorf("this ONNX Runtime has no CUDA provider: %w", err)
	}
	return nil
}

// warmUp is an input of the network's own or its smallest size.
func warmUp(in model.Input, fixedBatch int) (model.Tensor, error) {
	batch, width, height := int64(max(1, fixedBatch)), int64(in.Width), int64(in.Height)
	if in.Dynamic() {
		// A multiple of MultipleOf that is not smaller than any picture the detector sends.
		side := int64((256 + in.MultipleOf - 1) / in.MultipleOf * in.MultipleOf)
		width, height = side, side
	}
	if in.Layout == model.NCHW {
		return model.GoldenInput([]int64{batch, 3, height, width}, in.DType)
	}
	return model.GoldenInput([]int64{batch, height, width, 3}, in.DType)
}

// load makes the native session and says where it runs.
func (s *Session) load(w *model.Weights, p model.Provider, o Options) error {
	options, err := sessionOptions(p, o)
	if err != nil {
		return err
	}
	defer options.Destroy() // fails only when destroyed before
	inputs, outputs := names(s.manifest)
	s.native, err = onnx.NewDynamicAdvancedSessionWithONNXData(w.ONNX(), inputs, outputs, options)
	if err != nil {
		return fmt.Errorf("%w: %w", model.ErrGraph, err)
	}
	s.used.Provider, s.used.Device = p, deviceName(p)
	return nil
}

func sessionOptions(p model.Provider, o Options) (*onnx.SessionOptions, error) {
	options, err := onnx.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if err := configure(options, p, o); err != nil {
		return nil, errors.Join(err, options.Destroy())
	}
	return options, nil
}

func configure(o *onnx.SessionOptions, p model.Provider, asked Options) error {
	threads := asked.Threads
	if threads <= 0 {
		// Detector and classifier run side by side, and the decoder beside them: on two cores one thread each takes a fifth
		// less CPU time per frame than two, which wait for each other at every operator.
		threads = (runtime.GOMAXPROCS(0) + 1) / 2
	}
	settings := []error{
		o.SetGraphOptimizationLevel(onnx.GraphOptimizationLevelEnableAll),
		o.SetExecutionMode(onnx.ExecutionModeSequential),
		o.SetIntraOpNumThreads(threads),
		o.SetInterOpNumThreads(1),
		// Idle workers would spin on the cores that decode the next frames.
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		// The arena keeps freed memory for the next run: without it a run pays up to 40 % more CPU time in page faults.
		o.SetCpuMemArena(true),
		// Memory planned per shape: ours vary with the batch, and the plans of all would be kept (a fifth to a third
		// more memory, no gain in time).
		o.SetMemPattern(false),
		// The message comes back as the error; on stderr it would break the terminal.
		o.SetLogSeverityLevel(onnx.LoggingLevelFatal),
	}
	if p.Kind == model.CUDA {
		settings = append(settings, appendCUDA(o, p.Device, asked.CUDA))
	}
	return errors.Join(settings...)
}

func appendCUDA(o *onnx.SessionOptions, device int, further map[string]string) error {
	cuda, err := onnx.NewCUDAProviderOptions()
	if err != nil {
		return err
	}
	defer cuda.Destroy() // fails only when destroyed before
	settings := map[string]string{
		"device_id": strconv.Itoa(device),
		// The default tries all algorithms and takes the fastest of the day: slow to start and not reproducible.
		"cudnn_conv_algo_search": "HEURISTIC",
		// TF32 keeps 10 bits of mantissa: logits then differ by up to 0.07 from the CPU's, by which the reference outputs would
		// not be recognised any more.
		"use_tf32": "0",
		// The default doubles the arena at each growth.
		"arena_extend_strategy": "kSameAsRequested",
	}
	maps.Copy(settings, further)
	if err := cuda.Update(settings); err != nil {
		return err
	}
	return o.AppendExecutionProviderCUDA(cuda)
}

// deviceName is the hardware's name as its driver gives it, for results; a plain word when it gives none.
func deviceName(p model.Provider) string {
	if p.Kind == model.CUDA {
		return gpuName(p.Device)
	}
	if name := lineOf("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// gpuName adds the card's name where all cards have the same one: CUDA's numbers need not follow the driver's order.
func gpuName(device int) string {
	if cards := slices.Compact(cards()); len(cards) == 1 && cards[0] != "" {
		return fmt.Sprintf("GPU %d: %s", device, cards[0])
	}
	return fmt.Sprintf("GPU %d", device)
}

// GPUs is how many cards the NVIDIA driver has found; a session on one of them may still fail.
func GPUs() int { return len(cards()) }

// cards are the models that the driver names.
func cards() []string {
	files, _ := filepath.Glob("/proc/driver/nvidia/gpus/*/information") // the pattern is good
	var models []string
	for _, f := range files {
		models = append(models, lineOf(f, "Model"))
	}
	return models
}

// lineOf reads the value of the first "key : value" line of a file.
func lineOf(file, key string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
