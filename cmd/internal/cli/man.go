package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/blendscope/blendscope/cmd/internal/build"
)

func newMan(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages",
		Long:    "Write a manual page for every command into DIR, which is made if need be.",
		Example: "  blendscope man ~/.local/share/man/man1 && man blendscope-scan",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return writeMan(root, args[0]) },
	}
}

func writeMan(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	info := build.Read()
	date := time.Unix(0, 0).UTC() // the same pages from the same commit, whenever they are written
	if t, err := time.Parse(time.RFC3339, info.Time); err == nil {
		date = t
	}
	root.DisableAutoGenTag = true
	header := &doc.GenManHeader{Section: "1", Source: fmt.Sprintf("%s %s", info.Name, info.Version), Manual: "Blendscope", Date: &date}
	return doc.GenManTree(root, header, dir)
}
