package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

type versionOptions struct{ format string }

func newVersion(e *env.Env) *cobra.Command {
	o := &versionOptions{}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version and the commit it was built from",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return o.run(e.Out) },
	}
	reportFormat(cmd, &o.format)
	return cmd
}

func (o *versionOptions) run(w io.Writer) error {
	info := build.Read()
	return report(w, o.format, info, func() error {
		_, err := fmt.Fprintf(w, "%s %s\ncommit   %s\nbuilt by %s for %s\n",
			info.Name, info.Version, info.Tool().Commit, info.Go, info.Platform)
		return err
	})
}

// reportFormat is the --format of commands that report about the program rather than about inputs.
func reportFormat(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", "text", "`format`: text or json")
	// BLENDSCOPE_FORMAT is scan's, which knows more formats.
	_ = cmd.Flags().SetAnnotation("format", lineOnly, []string{"true"}) // fails for unknown names only
	choose(cmd, "format", "text", "json")
}

// jsonByName chooses JSON for a report that goes to a .json file, unless the format was named.
func jsonByName(cmd *cobra.Command, format *string, file string) {
	if !cmd.Flags().Changed("format") && strings.EqualFold(filepath.Ext(file), ".json") {
		*format = string(output.JSON)
	}
}

// report writes value as JSON, or calls text.
func report(w io.Writer, format string, value any, text func() error) error {
	switch format {
	case "text":
		return text()
	case "json":
		enc := json.NewEncoder(output.SafeJSON(w))
		enc.SetIndent("", "  ")
		return enc.Encode(value)
	}
	return exit.Usagef("--format: unknown format %q: use text or json", format)
}
