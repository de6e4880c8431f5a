package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

const evidenceHelp = `Make folders of evidence of results that scan has written (.json or .jsonl),
without scoring anything again: the result, pictures of the strongest moments at
full resolution, a timeline if the result has one, a page to read, and a manifest
with the SHA-256 of every file and a log of every step.

The file that was scored must be at hand. It is looked for under the path in the
result, beside the result, and in --clips, and it is known by its SHA-256. To
score a clip and keep the evidence at once: scan --evidence DIR CLIP.`

// evidenceOptions are what the user asked for.
type evidenceOptions struct {
	extra  *evidenceExtra
	pages  *pages
	config engine.Config
	clips  string
	env    *env.Env
}

func newEvidence(e *env.Env, p engine.Platform) *cobra.Command {
	p = unattended(p)
	o := &evidenceOptions{extra: newEvidenceExtra(e, p), env: e}
	o.pages = newPages(e, p, &o.config.Models)
	o.extra.maker.Page = o.pages.page
	cmd := &cobra.Command{
		Use:   "evidence RESULT.json|RESULTS.jsonl...",
		Short: "Make folders of evidence of results",
		Long:  evidenceHelp,
		Example: "  blendscope evidence -o evidence result.json\n" +
			"  blendscope evidence -o evidence --sign-key desk.pem --clips ~/archive night.jsonl",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.extra.maker.Folder, "output", "o", "", "`folder` for the folders")
	f.StringVar(&o.clips, "clips", "", "`folder` that the files of results are looked for in")
	f.BoolVar(&o.extra.maker.Original, "original", false, "put a copy of the file itself into its folder")
	f.StringVar(&o.extra.keyFile, "sign-key", "", "sign the manifests with the Ed25519 key in `file` (PEM)")
	o.pages.langFlag(f)
	modelFlags(f, &o.config)
	f.SortFlags = false
	o.pages.completeLang(cmd)
	return cmd
}

func (o *evidenceOptions) check(files []string) error {
	if o.extra.maker.Folder == "" {
		return exit.Hint(exit.Usagef("nowhere to put the evidence"), "for example: -o evidence")
	}
	for _, name := range files {
		if !isResults(name) {
			return exit.Hint(exit.Usagef("%s is no file of results (.json or .jsonl)", name), "to score it: %s scan --evidence %s %s", build.Name, o.extra.maker.Folder, name)
		}
	}
	if err := o.pages.check(); err != nil {
		return err
	}
	return o.extra.check()
}

func (o *evidenceOptions) run(ctx context.Context, files []string) error {
	if err := o.check(files); err != nil {
		return err
	}
	total, failed := 0, 0
	for _, name := range files {
		finder := clipFinder{folders: []string{filepath.Dir(name)}}
		if o.clips != "" {
			finder.folders = append(finder.folders, o.clips)
		}
		err := readResults(name, func(r *score.Result) error {
			total++
			if err := o.one(ctx, finder, r); err != nil {
				failed++
				fmt.Fprintf(o.env.Err, "error: %s\n", output.Printable(fmt.Sprintf("%s: %v", r.Input.Path, err)))
			}
			return ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d results left without evidence", failed, total)
	}
	return nil
}

// one makes the folder of one result and names it; a result without a score has none.
func (o *evidenceOptions) one(ctx context.Context, finder clipFinder, r *score.Result) error {
	switch {
	case r.Schema != score.SchemaID:
		return fmt.Errorf("no result of %s: its schema is %q", build.Name, r.Schema)
	case r.Outcome.Score == nil:
		return nil
	}
	path, err := finder.find(ctx, r)
	if err != nil {
		return fmt.Errorf("the file that was scored: %w", err)
	}
	folder, err := o.extra.maker.Make(ctx, path, r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(o.env.Out, output.Printable(folder))
	return err
}

// isResults reports whether a file's name is that of results.
func isResults(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json", ".jsonl", ".ndjson":
		return true
	}
	return false
}
