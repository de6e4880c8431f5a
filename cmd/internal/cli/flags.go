package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/model"
)

// libraryFlags are those of every command that loads the native libraries.
func libraryFlags(flags *pflag.FlagSet, c *engine.Config) {
	flags.StringVar(&c.Library, "onnxruntime", "", "`file` with ONNX Runtime's shared library (default: look for it)")
	flags.StringVar(&c.Device, "device", "auto", "`device` the models run on: auto, cpu, cuda or cuda:N[,M...] for one or more GPUs; auto takes CUDA where it works")
	flags.IntVar(&c.Threads, "threads", 0, "threads of one inference on the CPU (default: one for two cores)")
}

// modelFlags are those of every command that reads models.
func modelFlags(flags *pflag.FlagSet, c *engine.Config) {
	flags.StringVar(&c.Models, "models", "", "`folder` with further models, NAME/manifest.json each")
}

// choiceFlags name the models that are used.
func choiceFlags(flags *pflag.FlagSet, c *engine.Config) {
	flags.StringVar(&c.Detector, "detector", "", "`model` that finds the faces (default: the built-in one)")
	flags.StringVar(&c.Classifier, "classifier", "", "`model` that judges them (default: the built-in one)")
}

// detectFlag says how often faces are looked for.
func detectFlag(flags *pflag.FlagSet, c *engine.Config) {
	flags.BoolVar(&c.DetectAll, "detect-all", false, "look for faces in every scored frame (default: where frames follow closely and no face moves much, in every third)")
}

// checkLibraryFlags finds values that cannot be meant.
func checkLibraryFlags(c engine.Config) error {
	if _, err := model.ParseProviders(c.Device); err != nil {
		return exit.Usagef("--device: %w", err)
	}
	if c.Threads < 0 {
		return exit.Usagef("--threads: %d is negative", c.Threads)
	}
	return nil
}

// choose offers the values of a flag to the shell's completion.
func choose(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown names only
}

// chooseDevice offers the kinds of device; which GPUs there are is doctor's to say.
func chooseDevice(cmd *cobra.Command) { choose(cmd, "device", "auto", "cpu", "cuda", "cuda:0,1") }

// probability is a flag in (0, 1], written as 0.9 or 90%. The zero value means not set.
type probability float64

var _ pflag.Value = (*probability)(nil)

// Set reads a number or a percentage.
func (p *probability) Set(s string) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v = math.Round(v*1e10) / 1e12 // 41.7% is 0.417; 41.7/100 is a little more, and would let a score of 0.417 pass
	}
	if err != nil || math.IsNaN(v) || v <= 0 || v > 1 {
		return fmt.Errorf("want a probability above 0 and up to 1, such as 0.9 or 90%%")
	}
	*p = probability(v)
	return nil
}

// String is empty when not set.
func (p *probability) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*p), 'g', -1, 64)
}

// Type is the placeholder in the help.
func (p *probability) Type() string { return "P" }
