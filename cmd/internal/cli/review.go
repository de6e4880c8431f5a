package cli

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/tui"
	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/score"
)

const reviewHelp = `Look at videos and photos while they are scored: the clip plays in the terminal
with the faces marked and their scores beside it, and a timeline shows where to
look. With several files, or a folder, it begins with their list; folders of
evidence are passed over unless they are named. A file with results (.jsonl or
.json, of scan or an earlier review) opens at once, without scoring anything
again.

? shows the keys. What you export - pictures, results with your marks, pages to
read - goes to the folder given by --to; nothing is written unless you ask.

--plain prints the same facts as lines, for screen readers and pipes.`

type reviewOptions struct {
	engine   engine.Config
	paths    []string
	sampling sampling
	folder   string
	pages    *pages
	plain    bool
	noPixels bool
}

func newReview(e *env.Env, p engine.Platform) *cobra.Command {
	o := &reviewOptions{}
	o.pages = newPages(e, p, &o.engine.Models)
	cmd := &cobra.Command{
		Use:   "review [PATH...]",
		Short: "Play clips in the terminal while they are scored",
		Long:  reviewHelp,
		Example: "  blendscope review interview.mp4\n" +
			"  blendscope review --all-frames interview.mp4\n" +
			"  blendscope review results.jsonl           what scan has found",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			return o.run(cmd.Context(), e, p)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *reviewOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.folder, "to", ".", "`folder` for what is exported")
	o.pages.langFlag(f)
	f.Lookup("lang").Usage = strings.Replace(f.Lookup("lang").Usage, "of pages", "of verdicts, summaries and pages", 1)
	o.sampling.flags(f, &o.engine)
	f.BoolVar(&o.plain, "plain", false, "print lines instead of drawing a screen")
	f.BoolVar(&o.noPixels, "no-pixels", false, "draw pictures with characters, whatever the terminal can do")
	engineFlags(cmd, &o.engine)
	f.SortFlags = false
	o.pages.completeLang(cmd)
}

func (o *reviewOptions) check(e *env.Env) error {
	name, _ := e.LookupEnv("TERM")
	switch {
	case o.plain && len(o.paths) == 0:
		return exit.Hint(exit.Usagef("no file or folder given"), "for example: %s review --plain clip.mp4", build.Name)
	case !o.plain && (!e.InTTY || !e.OutTTY || name == "dumb"):
		return exit.Hint(exit.Usagef("review needs a terminal that it can draw on"), "for lines of text: %s review --plain; for a table: %s scan", build.Name, build.Name)
	}
	if err := o.sampling.check(&o.engine); err != nil {
		return err
	}
	o.engine.Timeline = true
	if err := o.pages.check(); err != nil {
		return err
	}
	if err := checkSupervision(&o.engine, 1, o.paths); err != nil {
		return err
	}
	return checkLibraryFlags(o.engine)
}

func (o *reviewOptions) run(ctx context.Context, e *env.Env, p engine.Platform) error {
	if err := o.check(e); err != nil {
		return err
	}
	shown := make(chan struct{})
	start := func(ctx context.Context) (engine.Engine, error) {
		if !o.plain {
			await(ctx, shown)
		}
		return p.Start(ctx, o.engine)
	}
	d := desk.New(ctx, desk.Options{Start: start, Tool: build.Read().Tool(), Timeout: o.sampling.timeout})
	defer d.Close()
	options := tui.Options{
		Paths: o.paths, Preview: p.Preview, Desk: d, Folder: o.folder, Language: o.pages.words.Language(),
		Shown: sync.OnceFunc(func() { close(shown) }), Pixels: !o.noPixels && understandsQuestions(e),
		Report: o.report,
	}
	if o.plain {
		return tui.Lines(ctx, e.Out, e.Err, options)
	}
	if err := tui.Run(ctx, e, options); err != nil {
		return startError(err)
	}
	return nil
}

// report writes the page of a result in the language that the screen speaks.
func (o *reviewOptions) report(ctx context.Context, w io.Writer, path string, r *score.Result, l score.Language) error {
	spoken, err := words.For(string(l))
	if err != nil {
		return err
	}
	p := *o.pages
	p.words = spoken
	_, err = p.open(ctx, w, r, path, nil)
	return err
}

// understandsQuestions reports whether the terminal can be asked what it draws. The Linux console would print the question.
func understandsQuestions(e *env.Env) bool {
	name, _ := e.LookupEnv("TERM")
	return !strings.HasPrefix(name, "linux")
}

// await lets the first picture come before the models take the processor. It does not wait for long.
func await(ctx context.Context, shown <-chan struct{}) {
	select {
	case <-shown:
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}
