package cli

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/store"
	"github.com/blendscope/blendscope/score"
)

const convertHelp = `Write results that were kept as JSON lines in another format: those of
scan --resume, also while it runs, of scan --format jsonl and of eval --results.
Several files, such as those of shards, become one. Where a path has several
rows, the last one counts. A file that was moved between two runs has one under
each path: what lies there now is not looked at.`

// convertOptions are what the user asked for.
type convertOptions struct {
	format string
	output string
}

func newConvert(e *env.Env) *cobra.Command {
	o := &convertOptions{}
	cmd := &cobra.Command{
		Use:   "convert RESULTS.jsonl...",
		Short: "Write kept results as a table, CSV or JSON",
		Long:  convertHelp,
		Example: "  blendscope convert night.jsonl\n" +
			"  blendscope convert -o night.csv shard-1.jsonl shard-2.jsonl",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return o.run(e, args) },
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "", "`format`: text, json, jsonl or csv (default: by the extension of -o, else text)")
	f.StringVarP(&o.output, "output", "o", "", "write to `file`, which appears when it is complete")
	choose(cmd, "format", output.Formats()...)
	return cmd
}

func (o *convertOptions) run(e *env.Env, files []string) error {
	if o.format == "" {
		o.format = formatFor(o.output)
	}
	if _, err := output.ParseFormat(o.format); err != nil {
		return exit.Usagef("--format: %v", err)
	}
	var items []input.Item
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		items = append(items, input.Item{Path: name, Bytes: info.Size()})
	}
	out, err := openSink(e, o.output, items)
	if err != nil {
		return err
	}
	defer out.discard()
	names, err := o.names(files)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	doc, err := output.New(out.w, document(e, o.format, out, names))
	if err != nil {
		return err
	}
	err = store.ReadAll(files, doc.Write)
	if err == nil {
		err = doc.Close()
	}
	if err == nil {
		err = out.commit()
	}
	if err != nil {
		return notWritten(err, "")
	}
	return nil
}

var errEnough = errors.New("enough")

// names are those that decide how wide a table is. Reading them finds out whether the file holds results.
func (o *convertOptions) names(files []string) ([]string, error) {
	var names []string
	err := store.ReadAll(files, func(r *score.Result) error {
		names = append(names, r.Input.Path)
		if len(names) == namesAhead {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return names, err
}
