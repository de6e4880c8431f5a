package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
)

const rootHelp = `Blendscope scores videos and photos of faces for signs of manipulation, on this
machine: nothing is uploaded, nothing is kept.

A score is the estimated chance, in percent, that a face was manipulated, with
the range in which it lies 95 times in 100. It rests on traces that blending a
face into a picture leaves behind. Read it as one hint among others:

  - a high score is a reason to look closer, at the seconds that are named
  - a low score means that no such trace was found. It does not prove that a
    file is authentic: wholly generated pictures, cut or re-enacted speech,
    changed sound and a false caption leave no such trace
  - "inconclusive" means that there was too little to judge, and "not
    applicable" that there was nothing: no face, or no picture

Exit codes:
%s

Nearly every flag can also be set by an environment variable: --max-faces 4 is
the same as BLENDSCOPE_MAX_FACES=4, and as max-faces = 4 in the configuration
file, ~/.config/blendscope/config.toml or what BLENDSCOPE_CONFIG names. There, a
table such as [scan] holds for one command. Flags win over variables, variables
over the file.`

// NewRoot makes the whole command tree.
func NewRoot(e *env.Env, p engine.Platform) *cobra.Command {
	root := &cobra.Command{
		Use:   build.Name,
		Short: "Score face videos and photos for signs of manipulation",
		Long:  fmt.Sprintf(rootHelp, exit.Table()),
		Example: "  blendscope scan clip.mp4                  one video\n" +
			"  blendscope scan --format csv -o out.csv ~/archive\n" +
			"  blendscope doctor                         is everything in place?",
		Version:       build.Version,
		SilenceErrors: true,
		// Two letters exchanged, or one wrong, still get the right suggestion.
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       func(cmd *cobra.Command, args []string) error { return unknownCommand(cmd, args) },
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return settle(cmd, e.LookupEnv)
		},
	}
	root.SetArgs(e.Args)
	root.SetIn(e.In)
	root.SetOut(e.Out)
	root.SetErr(e.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit.Hint(exit.With(exit.Usage, err), "see: %s --help", cmd.CommandPath())
	})
	// 80 columns, whatever the terminal: the help is also read in mails and manuals.
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages ", ".FlagUsagesWrapped 80 "))
	root.AddCommand(newScan(e, p), newReview(e, p), newReport(e, p), newConvert(e), newEval(e, p), newDoctor(e, p), newBench(e, p), newModels(e, p), newEvidence(e, p), newVerify(e), newVersion(e), newMan(root), newChild(e, p))
	usageErrors(root)
	return root
}

// unknownCommand is the error for a first word that is no command. A file's name is a likely mistake.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := exit.Usagef("unknown command %q", args[0])
	if _, statErr := os.Stat(args[0]); statErr == nil {
		return exit.Hint(err, "to score it: %s scan %s", build.Name, args[0])
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return exit.Hint(err, "did you mean: %s?", strings.Join(near, " or "))
	}
	return exit.Hint(err, "see: %s --help", build.Name)
}

// miscounted says in words of people that there are too few or too many arguments.
func miscounted(c *cobra.Command, args []string) error {
	_, wanted, _ := strings.Cut(c.Use, " ")
	switch {
	case len(args) == 0:
		return fmt.Errorf("nothing given for %s", wanted)
	case wanted == "":
		return fmt.Errorf("%s takes no arguments, so not %q", c.Name(), args[0])
	}
	return fmt.Errorf("too many arguments: %s takes %s", c.Name(), wanted)
}

// usageErrors gives wrong arguments of every command the exit code of a usage error.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			if err == nil || exit.Of(err) != exit.CouldNotRun {
				return err
			}
			if !c.HasSubCommands() {
				err = miscounted(c, args)
			}
			return exit.Hint(exit.With(exit.Usage, err), "see: %s --help", c.CommandPath())
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}
