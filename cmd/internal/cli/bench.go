package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/bench"
	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

const benchHelp = `Measure how fast this machine scores: decoding alone, the models alone, and all
of it together, at every frame and at the sampling that scan uses by default.

CLIP is a video or a photo; one with a face measures what scoring costs. Without
CLIP the program ffmpeg makes a test picture (1080p, 10 s, no face in it): good
for comparing machines, but the classifier then works on patches, and in the
rows of the whole pipeline it has nothing to do.

  decode       frames decoded and converted, nothing else
  detect       the face detector on frames in memory
  classify     the classifier on crops in memory
  inference    the pipeline on frames in memory: all but decoding
  end-to-end   the pipeline on the clip, as scan runs it

decode, inference and end-to-end are also measured as "decode-sampled" and so
on: at --fps, where RATE counts the frames that decoding passes over, too.

Figures are medians over --runs. Close other programs: their share of the cores
is missing here, and shows as a large +/-.

Exit codes: 0 done, 1 could not run, 2 a mistake in the command line,
130 interrupted.`

// leastRun is how long a run over frames in memory lasts: some dozens of frames on a slow machine.
const leastRun = 2 * time.Second

// benchOptions are what the user asked for.
type benchOptions struct {
	engine     engine.Config
	bench      bench.Options
	clip       string
	stages     []string
	format     string
	output     string
	compare    string
	cpuProfile string
	memProfile string
	quiet      bool
}

func newBench(e *env.Env, p engine.Platform) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [CLIP]",
		Short: "Measure how fast this machine scores",
		Long:  benchHelp,
		Example: "  blendscope bench interview.mp4\n" +
			"  blendscope bench -o before.json interview.mp4\n" +
			"  blendscope bench --compare before.json interview.mp4\n" +
			"  blendscope bench --stages end-to-end --cpuprofile cpu.out interview.mp4",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.clip = args[0]
			}
			jsonByName(cmd, &o.format, o.output)
			return o.run(cmd.Context(), e, p)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *benchOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	reportFormat(cmd, &o.format)
	f.StringVarP(&o.output, "output", "o", "", "write to `file`, which appears when it is complete")
	f.StringVar(&o.compare, "compare", "", "add the ratio to an earlier report, the JSON in `file`")
	f.StringSliceVar(&o.stages, "stages", nil, "measure these alone: a `list` such as decode,end-to-end (default: all)")
	f.IntVar(&o.bench.Runs, "runs", 5, "runs of each stage that count")
	f.IntVar(&o.bench.WarmUp, "warm-up", 1, "runs of each stage before them")
	f.Float64Var(&o.bench.SampleFPS, "fps", engine.DefaultFPS, "frames per second of the sampled stages")
	f.DurationVar(&o.bench.MaxDuration, "max-duration", 10*time.Second, "measure on only so much of the clip; 0 means all")
	f.Lookup("max-duration").DefValue = "10s"
	f.IntVar(&o.engine.MaxFaces, "max-faces", score.DefaultMaxFaces, "most faces scored per frame")
	detectFlag(f, &o.engine)
	choiceFlags(f, &o.engine)
	f.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile, for go tool pprof, to `file`")
	f.StringVar(&o.memProfile, "memprofile", "", "write a profile of Go's allocations to `file`")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress and no notes on standard error")
	modelFlags(f, &o.engine)
	libraryFlags(f, &o.engine)
	f.SortFlags = false
	chooseDevice(cmd)
	var stages []string
	for _, s := range bench.Stages() {
		stages = append(stages, string(s))
	}
	choose(cmd, "stages", stages...)
}

// check finds what cannot be meant, and settles what was left open.
func (o *benchOptions) check() error {
	bad := []struct {
		is  bool
		err error
	}{
		{o.format != string(output.Text) && o.format != string(output.JSON), exit.Usagef("--format: unknown format %q: use text or json", o.format)},
		{o.bench.Runs < 1, exit.Usagef("--runs: %d is less than 1", o.bench.Runs)},
		{o.bench.WarmUp < 0, exit.Usagef("--warm-up: %d is negative", o.bench.WarmUp)},
		{!(o.bench.SampleFPS > 0) || o.bench.SampleFPS > 1e6, exit.Usagef("--fps: %v is not a number of frames", o.bench.SampleFPS)},
		{o.bench.MaxDuration < 0, exit.Usagef("--max-duration: %v is negative", o.bench.MaxDuration)},
		{o.engine.MaxFaces < 1, exit.Usagef("--max-faces: %d is less than 1", o.engine.MaxFaces)},
	}
	for _, b := range bad {
		if b.is {
			return b.err
		}
	}
	o.bench.LeastRun = leastRun
	if o.bench.MaxDuration > 0 {
		o.bench.LeastRun = min(leastRun, o.bench.MaxDuration)
	}
	o.bench.Stages = bench.Stages()
	if len(o.stages) > 0 {
		o.bench.Stages = nil
	}
	for _, name := range o.stages {
		stage := bench.Stage(strings.TrimSpace(name))
		if !slices.Contains(bench.Stages(), stage) {
			return exit.Usagef("--stages: there is no stage %q: use some of %v", name, bench.Stages())
		}
		o.bench.Stages = append(o.bench.Stages, stage)
	}
	return checkLibraryFlags(o.engine)
}

func (o *benchOptions) run(ctx context.Context, e *env.Env, p engine.Platform) error {
	if err := o.check(); err != nil {
		return err
	}
	earlier, err := o.earlier()
	if err != nil {
		return err
	}
	read := o.reads()
	for _, name := range []string{o.cpuProfile, o.memProfile} {
		if isInput(name, read) {
			return exit.Usagef("the profile %s would write over an input", name)
		}
	}
	out, err := openSink(e, o.output, read)
	if err != nil {
		return err
	}
	defer out.discard()
	measured, err := o.measure(ctx, e, p)
	if err != nil {
		return err
	}
	if earlier != nil {
		measured.Compare(o.compare, earlier)
	}
	text := func() error { return measured.Text(out.w) }
	if err := report(out.w, o.format, measured, text); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	return out.commit()
}

// reads are the files that must not be written over.
func (o *benchOptions) reads() []input.Item {
	var items []input.Item
	for _, name := range []string{o.clip, o.compare} {
		if info, err := os.Stat(name); err == nil {
			items = append(items, input.Item{Path: name, Bytes: info.Size()})
		}
	}
	return items
}

// earlier reads what to compare with, before minutes are spent on measuring.
func (o *benchOptions) earlier() (*bench.Report, error) {
	if o.compare == "" {
		return nil, nil
	}
	f, err := os.Open(o.compare)
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("--compare: %w", err))
	}
	defer f.Close()
	earlier, err := bench.ReadReport(f)
	if err != nil {
		return nil, exit.With(exit.Usage, fmt.Errorf("--compare: %s: %w", o.compare, err))
	}
	return earlier, nil
}

// measure starts the engine and measures its parts.
func (o *benchOptions) measure(ctx context.Context, e *env.Env, p engine.Platform) (r *bench.Report, err error) {
	clip, remove, err := o.material(ctx, e)
	if err != nil {
		return nil, err
	}
	defer remove()
	o.engine.InProcess = true // its parts are measured one by one
	scorer, err := p.Start(ctx, o.engine)
	if err != nil {
		return nil, startError(err)
	}
	defer func() { err = errors.Join(err, scorer.Close()) }()
	if note := scorer.About().Note; note != "" && !o.quiet {
		fmt.Fprintf(e.Err, "note: running on the CPU: %s\n", output.Printable(note))
	}
	if o.clip == "" && !o.quiet {
		fmt.Fprintln(e.Err, "note: no clip given: measuring on a generated one, which has no face in it")
	}
	parts, ok := scorer.(interface{ Parts() score.Pipeline })
	if !ok {
		return nil, errors.New("this engine has no parts that could be measured")
	}
	stop, err := o.profile()
	if err != nil {
		return nil, err
	}
	o.bench.Progress = o.progress(e)
	r, err = bench.Run(ctx, parts.Parts(), clip, o.bench)
	if o.bench.Progress != nil {
		fmt.Fprint(e.Err, "\r\x1b[K")
	}
	if err = errors.Join(err, stop()); err != nil {
		return nil, err
	}
	o.describe(r, clip, scorer.About())
	return r, nil
}

// material is the clip, and what to do when it is not needed any more.
func (o *benchOptions) material(ctx context.Context, e *env.Env) (clip string, remove func(), err error) {
	if o.clip != "" {
		return o.clip, func() {}, nil
	}
	folder, err := os.MkdirTemp("", build.Name+"-bench-")
	if err != nil {
		return "", nil, err
	}
	discard := func() { _ = os.RemoveAll(folder) } // the system clears its temporary folder in the end
	forget := e.OnAbort(discard)
	remove = func() { forget(); discard() }
	clip = filepath.Join(folder, "generated.mp4")
	if err := bench.Generate(ctx, clip); err != nil {
		remove()
		return "", nil, exit.Hint(err, "name a clip: %s bench clip.mp4; or install ffmpeg: apt-get install ffmpeg", build.Name)
	}
	return clip, remove, nil
}

// describe adds what the package that measures does not know.
func (o *benchOptions) describe(r *bench.Report, clip string, about engine.About) {
	r.Tool, r.Runtime, r.Models, r.Settings.Threads = build.Read().Tool(), about.Runtime, about.Models, o.engine.Threads
	if info, err := os.Stat(clip); err == nil {
		r.Clip.Bytes = info.Size()
	}
	r.Clip.Generated = o.clip == ""
	r.Clip.Path = o.clip
}

// progress shows on a terminal what is being measured; nil elsewhere.
func (o *benchOptions) progress(e *env.Env) func(bench.Stage, int, int) {
	if o.quiet || !e.Cursor() {
		return nil
	}
	return func(stage bench.Stage, run, runs int) {
		what := fmt.Sprintf("run %d of %d", run, runs)
		if run == 0 {
			what = "warming up"
		}
		fmt.Fprintf(e.Err, "\r\x1b[K%s: %s", stage, what)
	}
}

// profile starts the profiles asked for. stop writes them.
func (o *benchOptions) profile() (stop func() error, err error) {
	stopCPU := func() error { return nil }
	if o.cpuProfile != "" {
		f, err := os.Create(o.cpuProfile)
		if err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		stopCPU = func() error { pprof.StopCPUProfile(); return f.Close() }
	}
	return func() error { return errors.Join(stopCPU(), o.writeAllocations()) }, nil
}

func (o *benchOptions) writeAllocations() error {
	if o.memProfile == "" {
		return nil
	}
	f, err := os.Create(o.memProfile)
	if err != nil {
		return err
	}
	const readable = 0
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, readable), f.Close())
}
