package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/evaluation"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/cmd/internal/store"
)

// leastCoverage is the share of files with a firm score below which figures are not about the whole set.
const leastCoverage = 0.99

const evalHelp = `Measure how well scores tell known fakes from known genuine files.

LABELS is a table with a header, CSV or separated by tabs. Its columns are path
(or file), label (real or fake; also genuine, 0, 1) and, if you like, method,
what made a fake, and group: files that show the same person or come from the
same source tell less than independent ones, and their intervals are wider.
start_ms and end_ms say which part of a fake is manipulated, where only a part
is: the report then tells how well segments find it.
Paths are taken from the folder of LABELS. "-" is standard input.

With --results every result is kept as soon as it is there, one a line as scan
writes them with --format jsonl, and a later run goes on where one ended: a file
is scored again only when it has changed, or had ended in an error. Results of
other models or settings are refused.

Figures count firm scores only; what is inconclusive, not applicable or an error
is counted apart. Each method's fakes are set against all genuine files.

Exit codes: 0 done, 1 could not run, 2 a mistake in the command line or the
labels, 3 less than 99% of the files have a firm score, 130 interrupted.`

// evalOptions are what the user asked for. Flags that scan has too are kept as scan keeps them.
type evalOptions struct {
	scanOptions
	labels     string
	root       string
	results    string
	html       string
	statistics evaluation.Options
	prior      probability
}

func newEval(e *env.Env, p engine.Platform) *cobra.Command {
	o := &evalOptions{statistics: evaluation.Defaults()}
	o.prior = probability(o.statistics.Prior)
	cmd := &cobra.Command{
		Use:   "eval LABELS",
		Short: "Measure accuracy on labelled files",
		Long:  evalHelp,
		Example: "  blendscope eval --results store.jsonl --html report.html labels.csv\n" +
			"  blendscope eval --format json -o report.json --root ~/clips labels.tsv",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.labels = args[0]
			jsonByName(cmd, &o.format, o.output)
			return o.run(cmd.Context(), e, p)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *evalOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.root, "root", "", "`folder` that paths are taken from (default: that of LABELS)")
	f.StringVar(&o.results, "results", "", "keep results in `file` (JSON lines) and go on from those that are there")
	reportFormat(cmd, &o.format)
	f.StringVarP(&o.output, "output", "o", "", "write the report to `file`, which appears when it is complete")
	f.StringVar(&o.html, "html", "", "also write a page with charts to `file`")
	f.BoolVar(&o.statistics.Fit, "fit", false, "suggest a calibration, and tell what it would be worth")
	f.Var(&o.prior, "prior", "share of fakes for which the scores are calibrated, for ECE, Cllr and --fit")
	o.sampling.flags(f, &o.engine)
	f.IntVar(&o.jobs, "jobs", 1, "files scored at once")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress and no notes on standard error")
	engineFlags(cmd, &o.engine)
	f.SortFlags = false
}

func (o *evalOptions) check() error {
	if o.format != string(output.Text) && o.format != string(output.JSON) {
		return exit.Usagef("--format: unknown format %q: use text or json", o.format)
	}
	if o.prior >= 1 {
		return exit.Usagef("--prior: %v is not less than 1", float64(o.prior))
	}
	if o.html == "-" {
		return exit.Usagef("--html: a page needs a file")
	}
	o.statistics.Prior = float64(o.prior)
	seen := map[string]string{}
	for _, file := range [][2]string{{"LABELS", o.labels}, {"--results", o.results}, {"-o", o.output}, {"--html", o.html}} {
		if file[1] == "" || file[1] == "-" {
			continue
		}
		name := filepath.Clean(file[1])
		if other, taken := seen[name]; taken {
			return exit.Usagef("%s and %s are the same file", other, file[0])
		}
		seen[name] = file[0]
	}
	return o.scanOptions.check()
}

// evalRun is one run over the labelled files.
type evalRun struct {
	*evalOptions
	env    *env.Env
	store  *store.Store // nil without --results
	source evaluation.Source
	cases  []evaluation.Case
	items  []input.Item // one for each case
}

func (o *evalOptions) run(ctx context.Context, e *env.Env, p engine.Platform) error {
	if err := o.check(); err != nil {
		return err
	}
	r := &evalRun{evalOptions: o, env: e}
	if err := r.readLabels(); err != nil {
		return err
	}
	text, page, err := r.sinks()
	if err != nil {
		return err
	}
	defer text.discard()
	defer page.discard()
	if err := r.score(ctx, p); err != nil {
		return err
	}
	report := evaluation.Evaluate(r.cases, r.source, r.statistics)
	if err := r.write(report, text, page); err != nil {
		return fmt.Errorf("the report could not be written: %w", err)
	}
	if float64(report.Coverage.Value) < leastCoverage {
		return exit.With(exit.NotScored, fmt.Errorf("%d of %d files without a firm score: the figures are not about the whole set",
			report.Files.Total-report.Files.Scored, report.Files.Total))
	}
	return nil
}

// readLabels fills cases and items. A mistake in the labels is one of usage: nothing has been scored yet.
func (r *evalRun) readLabels() error {
	from, root := r.env.In, r.root
	if r.labels != "-" {
		f, err := os.Open(r.labels)
		if err != nil {
			return exit.With(exit.Usage, err)
		}
		defer f.Close()
		from = f
		if root == "" {
			root = filepath.Dir(r.labels)
		}
	}
	digest := sha256.New()
	labels, err := evaluation.ReadLabels(io.TeeReader(from, digest), root)
	if err != nil {
		return exit.With(exit.Usage, fmt.Errorf("%s: %w", r.labels, err))
	}
	r.source = evaluation.Source{Path: r.labels, SHA256: hex.EncodeToString(digest.Sum(nil)), Repeated: labels.Repeated}
	r.statistics.Tool = build.Read().Tool()
	for _, l := range labels.Rows {
		r.cases = append(r.cases, evaluation.Case{Label: l})
		r.items = append(r.items, itemOf(l.Path))
	}
	return nil
}

// itemOf looks at one file. A folder is no file: its contents have no labels.
func itemOf(path string) input.Item {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return input.Item{Path: path, Err: fmt.Errorf("%w: a folder", input.ErrNotRegular)}
	}
	item := input.Item{Path: path}
	for item = range input.Walk(context.Background(), input.Spec{Sources: []iter.Seq[input.Path]{input.Named(path)}}) {
		break
	}
	return item
}

// sinks opens what the report goes to. Neither may take the place of anything that is read.
func (r *evalRun) sinks() (text, page *sink, err error) {
	read := r.items
	for _, name := range []string{r.labels, r.results} {
		if info, err := os.Stat(name); err == nil {
			read = append(read, input.Item{Path: name, Bytes: info.Size()})
		}
	}
	if text, err = openSink(r.env, r.output, read); err != nil {
		return nil, nil, err
	}
	page = &sink{w: io.Discard}
	if r.html != "" {
		page, err = openSink(r.env, r.html, read)
	}
	if err != nil {
		text.discard()
	}
	return text, page, err
}

// score gives every case its result: from the store, or from the engine.
func (r *evalRun) score(ctx context.Context, p engine.Platform) (err error) {
	if r.results != "" {
		if r.store, err = openStore(r.env, "--results", r.results, store.Options{RetryErrors: true}, r.quiet); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.store.Close()) }()
	}
	for _, item := range r.items {
		r.engine.Inputs = append(r.engine.Inputs, item.Path)
	}
	scorer, err := p.Start(ctx, r.engine)
	switch {
	case err != nil && ctx.Err() != nil:
		return r.interrupted()
	case err != nil:
		return startError(err)
	}
	defer func() { err = errors.Join(err, scorer.Close()) }()
	if note := scorer.About().Note; note != "" && !r.quiet {
		fmt.Fprintf(r.env.Err, "note: running on the CPU: %s\n", output.Printable(note))
	}
	if r.store != nil {
		if err := checkStore(r.store, "--results", scorer.About(), p.Models(r.engine.Models), r.engine.Classifier); err != nil {
			return err
		}
	}
	return r.all(ctx, scorer)
}

// all gives every case its result.
func (r *evalRun) all(ctx context.Context, scorer engine.Engine) error {
	printer := r.printer(r.env)
	defer printer.Close()
	for _, item := range r.items {
		printer.Found(item)
	}
	printer.AllFound()
	o := queue.Options{Jobs: r.jobs, Timeout: r.sampling.timeout, Tool: build.Read().Tool(), Observers: []queue.Observer{printer}}
	if r.store != nil {
		o.Memory = r.store
	}
	known := 0
	err := queue.Run(ctx, scorer, slices.Values(r.items), o, func(row queue.Row) error {
		if row.Known {
			known++
		} else if ctx.Err() != nil {
			return nil // cut short, or about to be: to be scored again
		}
		r.cases[row.Index].Result = evaluation.Slim(row.Result)
		if r.store == nil || r.store.Holds(row.Result) {
			return nil
		}
		return r.store.Add(row.Result)
	})
	printer.Close()
	if known > 0 && r.store != nil && !r.quiet {
		fmt.Fprintf(r.env.Err, "note: %d of %d files needed no scoring: %s has results of their bytes\n", known, len(r.items), output.Printable(r.results))
	}
	switch {
	case err != nil:
		return notWritten(err, r.results)
	case ctx.Err() != nil:
		return r.interrupted()
	}
	return nil
}

// interrupted is the error of a run that was cut short: there is no report of a part.
func (r *evalRun) interrupted() error {
	done := 0
	for _, c := range r.cases {
		if c.Result != nil {
			done++
		}
	}
	err := exit.With(exit.Interrupted, fmt.Errorf("interrupted; %d of %d files are done", done, len(r.cases)))
	if r.store == nil {
		return exit.Hint(err, "with --results FILE a later run could go on from there")
	}
	return exit.Hint(err, "the same command goes on from there")
}

func (r *evalRun) write(report *evaluation.Report, text, page *sink) error {
	if r.html != "" {
		if err := report.HTML(page.w); err != nil {
			return err
		}
		if err := page.commit(); err != nil {
			return err
		}
	}
	if r.format == string(output.JSON) {
		data, err := report.JSON()
		if err != nil {
			return err
		}
		if _, err := text.w.Write(data); err != nil {
			return err
		}
		return text.commit()
	}
	o := evaluation.TextOptions{}
	if !text.toFile() && r.env.OutTTY {
		o.Columns, o.Dim = r.env.Columns(), r.env.Color()
	}
	if err := report.Text(text.w, o); err != nil {
		return err
	}
	return text.commit()
}
