package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/supervise"
)

// newChild makes the command that scoring processes run. It is not for people.
func newChild(e *env.Env, p engine.Platform) *cobra.Command {
	return &cobra.Command{
		Use:    supervise.Command,
		Short:  "Score what a parent process asks for",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.InTTY || e.OutTTY {
				return exit.Usagef("this command is for %s itself, to talk to over pipes", cmd.Root().Name())
			}
			return supervise.Serve(cmd.Context(), p, e.In, e.Out)
		},
	}
}

// supervisionFlags are those of every command that scores files unattended.
func supervisionFlags(f *pflag.FlagSet, c *engine.Config) {
	f.Var((*bytesize)(&c.MemoryLimit), "memory-limit", "most `memory` for one file, such as 4GiB; one that takes more is an error")
	f.Lookup("memory-limit").DefValue = "2GiB"
	f.DurationVar(&c.Stall, "stall", supervise.DefaultStall, "longest `time` without progress; a file that takes longer is an error")
	f.Lookup("stall").DefValue = "1m"
	f.BoolVar(&c.InProcess, "in-process", false, "score in this process: a file that crashes it ends the run")
}

// checkSupervision finds values that cannot be meant, and passes on what is known beforehand: how many files will be scored
// at once, and the arguments that are files and folders.
func checkSupervision(c *engine.Config, jobs int, args []string) error {
	if c.Stall <= 0 {
		return exit.Usagef("--stall: %v is not a time to wait", c.Stall)
	}
	c.Jobs = jobs
	for _, arg := range args {
		if arg != "-" && !strings.HasPrefix(arg, "@") {
			c.Inputs = append(c.Inputs, arg)
		}
	}
	return nil
}

// unattended is p for work that nobody watches: what it takes from clips for pages and evidence must not end a run.
func unattended(p engine.Platform) engine.Platform {
	if supervised, ok := p.(supervise.Platform); ok {
		return supervised.Unattended()
	}
	return p
}
