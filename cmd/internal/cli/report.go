package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/evidence"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	htmlreport "github.com/blendscope/blendscope/cmd/internal/report"
	"github.com/blendscope/blendscope/cmd/internal/store"
	"github.com/blendscope/blendscope/score"
)

const reportHelp = `Make a page to read: what was examined, what was found and when, pictures of the
strongest moments, how far it can be trusted, and how to repeat it. A page is one
HTML file that loads nothing from anywhere; it can be mailed, printed and kept.

Each argument is a result that scan or eval has written (.json or .jsonl), or a
video or photo, which is scored first. Of one result the page shows all. Of many,
-o FILE is an overview; -o DIR/ makes a page of each, with index.html as overview.

Pictures are taken from the file that was scored, which is known by its SHA-256.
It is looked for under the path in the result, beside the result, and in --clips.
Without it the page says so, and shows everything else.`

// reportOptions are what the user asked for. Flags that scan has too are kept as scan keeps them.
type reportOptions struct {
	scanOptions
	pages *pages
	clips clipFinder
	dir   string // folder with the files
}

func newReport(e *env.Env, p engine.Platform) *cobra.Command {
	o := &reportOptions{}
	o.pages = newPages(e, unattended(p), &o.engine.Models)
	cmd := &cobra.Command{
		Use:   "report RESULT.json|RESULTS.jsonl|CLIP...",
		Short: "Make a page of results to read, print and keep",
		Long:  reportHelp,
		Example: "  blendscope report -o interview.html interview.mp4\n" +
			"  blendscope report --lang fr -o interview.html result.json\n" +
			"  blendscope report -o night/ night.jsonl",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Hint(exit.Usagef("no result and no clip given"), "for example: %s report -o clip.html clip.mp4", build.Name)
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

func (o *reportOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "write to `file`, or with a / at its end a page for each result into a folder; - is standard output")
	o.pages.langFlag(f)
	f.StringVar(&o.dir, "clips", "", "`folder` that the files of results are looked for in")
	f.BoolVar(&o.clips.none, "no-pictures", false, "no pictures: a page that gives nobody's face away")
	o.sampling.flags(f, &o.engine)
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress and no notes on standard error")
	engineFlags(cmd, &o.engine)
	f.SortFlags = false
	o.pages.completeLang(cmd)
}

func (o *reportOptions) check() error {
	if o.output == "" {
		return exit.Hint(exit.Usagef("nowhere to write the page to"), "for example: -o %s.html", strings.TrimSuffix(filepath.Base(o.paths[0]), filepath.Ext(o.paths[0])))
	}
	if err := o.pages.check(); err != nil {
		return err
	}
	if o.dir != "" {
		o.clips.folders = append(o.clips.folders, o.dir)
	}
	o.jobs, o.engine.Timeline = 1, true
	o.format = string(output.JSON)
	return o.scanOptions.check()
}

// intoFolder reports whether -o names a folder.
func (o *reportOptions) intoFolder() bool {
	info, err := os.Stat(o.output)
	return strings.HasSuffix(o.output, "/") || strings.HasSuffix(o.output, string(filepath.Separator)) || err == nil && info.IsDir()
}

// found is a result, and the path of its clip where that was scored just now.
type found struct {
	result *score.Result
	path   string
}

// clip is the path of the file to take pictures from, or why there are none.
func (r *reportRun) clip(ctx context.Context, f found) (path string, why error) {
	if f.path != "" && !r.clips.none {
		return f.path, nil // it was identified a moment ago
	}
	return r.clips.find(ctx, f.result)
}

// reportRun is one run.
type reportRun struct {
	*reportOptions
	env      *env.Env
	platform engine.Platform
	first    found // the only one, so far
	entries  []htmlreport.Entry
	folder   *folder // nil without one
	unscored int
}

func (o *reportOptions) run(ctx context.Context, e *env.Env, p engine.Platform) error {
	if err := o.check(); err != nil {
		return err
	}
	r := &reportRun{reportOptions: o, env: e, platform: p}
	write := r.toFile
	if o.intoFolder() {
		write = r.toFolder
	}
	err := write(ctx)
	if err != nil && errors.Is(context.Cause(ctx), env.ErrInterrupted) {
		return exit.With(exit.Interrupted, errors.New("interrupted"))
	}
	return err
}

// toFolder writes a page for each result.
func (r *reportRun) toFolder(ctx context.Context) error {
	if err := os.MkdirAll(r.output, 0o777); err != nil {
		return err
	}
	r.folder = &folder{pages: r.pages, name: r.output}
	if err := r.results(ctx); err != nil {
		return err
	}
	if err := r.folder.end(ctx); err != nil {
		return fmt.Errorf("the overview: %w", err)
	}
	return r.verdict()
}

// toFile writes one page: of the only result, or of all.
func (r *reportRun) toFile(ctx context.Context) error {
	items := r.namedItems(ctx)
	out, err := openSink(r.env, r.output, items)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := r.results(ctx); err != nil {
		return err
	}
	switch {
	case len(r.entries) == 0:
		return exit.Usagef("there is no result in %s", strings.Join(r.paths, ", "))
	case len(r.entries) == 1:
		path, why := r.clip(ctx, r.first)
		_, err = r.pages.open(ctx, out.w, r.first.result, path, why)
	default:
		err = r.pages.overview(ctx, out.w, r.entries)
	}
	if err == nil {
		err = out.commit()
	}
	if err != nil {
		return fmt.Errorf("the page could not be written: %w", err)
	}
	return r.verdict()
}

func (r *reportRun) verdict() error {
	if r.unscored == 0 {
		return nil
	}
	return exit.With(exit.NotScored, fmt.Errorf("clips without a score: %d; the pages say why", r.unscored))
}

// take has one more result.
func (r *reportRun) take(ctx context.Context, next found) error {
	result := next.result
	if result.Schema != score.SchemaID {
		return fmt.Errorf("no result of %s: its schema is %q", build.Name, output.Printable(result.Schema))
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.folder != nil {
		path, why := r.clip(ctx, next)
		return r.folder.add(ctx, result, path, why)
	}
	r.entries = append(r.entries, htmlreport.NewEntry(result))
	if r.first = (found{}); len(r.entries) == 1 {
		r.first = next
	}
	return nil
}

// results reads and scores everything that was named, in its order.
func (r *reportRun) results(ctx context.Context) error {
	var clips []string
	for _, path := range r.paths {
		if !isResults(path) {
			clips = append(clips, path)
		} else if err := r.read(ctx, path); err != nil {
			return err
		}
	}
	if len(clips) == 0 {
		return nil
	}
	return r.score(ctx, clips)
}

// read reads a file of results.
func (r *reportRun) read(ctx context.Context, name string) error {
	folders := r.clips.folders
	r.clips.folders = append([]string{filepath.Dir(name)}, folders...)
	defer func() { r.clips.folders = folders }()
	return readResults(name, func(result *score.Result) error { return r.take(ctx, found{result: result}) })
}

// readResults calls take for each result in a file.
func readResults(name string, take func(*score.Result) error) error {
	if strings.ToLower(filepath.Ext(name)) != ".json" {
		return store.Read(name, take)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := htmlreport.Read(f, take); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// score scores clips.
func (r *reportRun) score(ctx context.Context, paths []string) (err error) {
	scorer, err := r.platform.Start(ctx, r.engine)
	if err != nil {
		return startError(err)
	}
	defer func() { err = errors.Join(err, scorer.Close()) }()
	printer := r.printer(r.env)
	defer printer.Close()
	items := r.spec(paths)
	var passed evidence.Passed
	items.Skip = passed.Skip
	defer tellPassed(r.env.Err, &passed)
	return queue.Run(ctx, scorer, input.Walk(ctx, items), queue.Options{
		Jobs: r.jobs, Timeout: r.sampling.timeout, Tool: build.Read().Tool(), Observers: []queue.Observer{printer},
	}, func(row queue.Row) error {
		if row.Result.Outcome.Score == nil {
			r.unscored++
		}
		return r.take(ctx, found{row.Result, row.Item.Path})
	})
}

// spec names the clips.
func (r *reportRun) spec(paths []string) input.Spec {
	spec := input.Spec{Filter: r.filter}
	for _, path := range paths {
		spec.Sources = append(spec.Sources, input.Named(path))
	}
	return spec
}
