package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

const scanHelp = `Score videos and photos. Every PATH gets exactly one row in the results,
whatever happens to it; a folder gets one for every photo and video in it and
below it, known by their extensions. Folders of evidence (--evidence) are passed
over unless they are named. "-" reads paths from standard input and "@FILE" from
a file, one a line, unless a file is called @FILE itself. Files with the same
bytes are scored once.

With --resume FILE each row is kept there as soon as it is finished, one JSON
object a line. After Ctrl-C, a crash or a power cut the same command goes on
from there: no row is lost and none is made twice. Files are known by their
bytes: one that was moved is recognised, one that was changed is scored again.
What was interrupted is scored again too, errors are with --retry-errors.
"convert" makes a table, CSV or JSON of FILE at any time.

--shard 2/5 scores the second of five parts, for five machines. Each input is
in exactly one part, by its path below the folder that is named.

Ctrl-C finishes the files in work and begins no others; a second one stops at
once.

The table has a sign for each: "." weak, "!" moderate, "!!" strong and "!!!"
very strong signs of manipulation; "?" inconclusive, "-" not applicable,
"x" error. Programs read --format json (one array), jsonl (one object a line,
in the order in which they finish) or csv.

A score is the estimated chance that a face was manipulated. A low one means
that no trace was found; it does not prove that a file is authentic.

Exit codes:
%s`

// scanOptions are what the user asked for.
type scanOptions struct {
	engine    engine.Config
	paths     []string
	format    string
	output    string
	sampling  sampling
	jobs      int
	failAbove probability
	filter    input.Filter
	shard     input.Shard
	null      bool
	resume    string
	retry     bool
	log       string
	quiet     bool
	extras    extras
	timeline  bool // rows carry their timeline; the engine may make one for the extras alone
}

func newScan(e *env.Env, p engine.Platform) *cobra.Command {
	o := &scanOptions{}
	o.extras.list = scanExtras(e, unattended(p), &o.engine)
	cmd := &cobra.Command{
		Use:   "scan PATH...",
		Short: "Score videos and photos",
		Long:  fmt.Sprintf(scanHelp, exit.Table()),
		Example: "  blendscope scan interview.mp4\n" +
			"  blendscope scan --all-frames --timeline --format json interview.mp4\n" +
			"  blendscope scan -o archive.csv --exclude old ~/archive\n" +
			"  blendscope scan --resume night.jsonl -o night.csv --jobs 4 ~/archive\n" +
			"  find . -name '*.mp4' -print0 | blendscope scan --null --format jsonl -\n" +
			"  blendscope scan --fail-above 90% incoming/ || echo look closer",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Hint(exit.Usagef("no file or folder given"), "for example: %s scan clip.mp4", build.Name)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return o.run(cmd.Context(), e, p)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *scanOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "`format`: text, json, jsonl or csv (default: by the extension of -o, else text)")
	f.StringVarP(&o.output, "output", "o", "", "write to `file`, which appears when it is complete")
	f.StringVar(&o.resume, "resume", "", "keep each row in `file` as it is finished (JSON lines), and go on from those that are there")
	f.BoolVar(&o.retry, "retry-errors", false, "with --resume: score again what ended as an error")
	f.BoolVar(&o.engine.Timeline, "timeline", false, "with json and jsonl: add every scored frame")
	o.sampling.flags(f, &o.engine)
	f.IntVar(&o.jobs, "jobs", 1, "files scored at once")
	f.Var(&o.failAbove, "fail-above", "exit with 4 when a file is scored at `P` or higher: 0.9 or 90%; inconclusive ones do not count")
	f.StringArrayVar(&o.filter.Include, "include", nil, "in folders take files that match `glob`, whatever their extension (may be repeated)")
	f.StringArrayVar(&o.filter.Exclude, "exclude", nil, "in folders pass over files and folders that match `glob` (may be repeated)")
	f.Var(&o.shard, "shard", "score the I-th of N parts only: each input is in exactly one, whatever else there is")
	f.BoolVarP(&o.null, "null", "0", false, "paths in lists end with a NUL byte instead of a newline")
	o.extras.flags(f)
	f.StringVar(&o.log, "log-json", "", "append what happens to `file`, one JSON object a line; - is standard error")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress and no notes on standard error")
	engineFlags(cmd, &o.engine)
	f.SortFlags = false
	choose(cmd, "format", output.Formats()...)
}

// check finds what cannot be meant, before anything is opened, and settles what was left open.
func (o *scanOptions) check() error {
	if o.format == "" {
		o.format = formatFor(o.output)
	}
	_, formatErr := output.ParseFormat(o.format)
	bad := []struct {
		is  bool
		err error
	}{
		{formatErr != nil, exit.Usagef("--format: %v", formatErr)},
		{o.jobs < 1, exit.Usagef("--jobs: %d is less than 1", o.jobs)},
		{o.retry && o.resume == "", exit.Usagef("--retry-errors needs --resume")},
		{sameName(o.resume, o.output), exit.Usagef("-o and --resume are the same file")},
		{sameName(o.log, o.output) || sameName(o.log, o.resume), exit.Usagef("--log-json is the file of -o or --resume")},
	}
	for _, b := range bad {
		if b.is {
			return b.err
		}
	}
	if err := o.filter.Check(); err != nil {
		return exit.With(exit.Usage, err)
	}
	if err := o.sampling.check(&o.engine); err != nil {
		return err
	}
	o.jobs = min(o.jobs, 8*runtime.NumCPU())
	if err := checkLibraryFlags(o.engine); err != nil {
		return err
	}
	if err := checkSupervision(&o.engine, o.jobs, o.paths); err != nil {
		return err
	}
	if err := o.extras.check(); err != nil {
		return err
	}
	o.timeline = o.engine.Timeline
	o.engine.Timeline = o.timeline || o.extras.timeline()
	return nil
}

// formatFor takes the format from a file's extension.
func formatFor(name string) string {
	if f, err := output.ParseFormat(strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")); err == nil {
		return string(f)
	}
	return string(output.Text)
}

func (o *scanOptions) run(ctx context.Context, e *env.Env, p engine.Platform) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	s := &scanRun{scanOptions: o, env: e, platform: p}
	if err := s.openStore(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.closeStore()) }()
	named := o.namedItems(ctx)
	if o.log != "-" && isInput(o.log, named) {
		return exit.Usagef("--log-json %s would write into an input", o.log)
	}
	out, err := openSink(e, o.output, named)
	if err != nil {
		return err
	}
	defer out.discard()
	if s.log, err = openLog(e, o.log); err != nil {
		return err
	}
	defer func() { err = s.beside(err, notLogged(s.log.close())) }()
	s.printer = o.printer(e)
	defer s.printer.Close()
	s.finder = o.find(ctx, e, s.printer)
	defer s.finder.stop()
	s.began = e.Now()
	err = s.all(ctx, out)
	s.log.ended(&s.tally, exit.Of(err))
	return err
}

// sameName reports whether two paths are the same but for their spelling.
func sameName(a, b string) bool {
	return a != "" && b != "" && a != "-" && filepath.Clean(a) == filepath.Clean(b)
}

// startError adds what to do about an engine that does not start.
func startError(err error) error {
	if _, hint := exit.Message(err); hint != "" {
		return err
	}
	return exit.Hint(err, "to find out what is wrong: %s doctor", build.Name)
}
