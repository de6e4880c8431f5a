package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

const doctorHelp = `Check everything that scoring needs: the libraries, the hardware they can use
and every model, which must have the digest and give the answers that its
manifest names. What is broken comes with what to do about it.

Exits with 1 when something essential is broken, else with 0.`

type doctorOptions struct {
	engine engine.Config
	format string
}

func newDoctor(e *env.Env, p engine.Platform) *cobra.Command {
	o := &doctorOptions{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check libraries, hardware and models",
		Long:  doctorHelp,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), e, p) },
	}
	reportFormat(cmd, &o.format)
	modelFlags(cmd.Flags(), &o.engine)
	cmd.Flags().StringVar(&o.engine.Library, "onnxruntime", "", "`file` with ONNX Runtime's shared library (default: look for it)")
	return cmd
}

// diagnosis is doctor's JSON.
type diagnosis struct {
	Schema string         `json:"schema"`
	Tool   score.Tool     `json:"tool"`
	Ready  bool           `json:"ready"` // nothing essential is broken
	Checks []engine.Check `json:"checks"`
}

func (o *doctorOptions) run(ctx context.Context, e *env.Env, p engine.Platform) error {
	d := diagnosis{Schema: "blendscope.doctor/1", Tool: build.Read().Tool(), Ready: true}
	d.Checks = p.Diagnose(ctx, o.engine)
	broken := 0
	for _, c := range d.Checks {
		if c.Essential && c.State != engine.OK {
			broken++
		}
	}
	d.Ready = broken == 0
	if err := report(e.Out, o.format, d, func() error { return d.text(e.Out) }); err != nil || d.Ready {
		return err
	}
	return exit.With(exit.CouldNotRun, fmt.Errorf("scoring cannot work: %d of %d checks failed", broken, len(d.Checks)))
}

func (d diagnosis) text(w io.Writer) error {
	var b strings.Builder
	width := 0
	for _, c := range d.Checks {
		width = max(width, len(output.Printable(c.Name)))
	}
	for _, c := range d.Checks {
		fmt.Fprintf(&b, "%-8s %-*s  %s\n", c.State, width, output.Printable(c.Name), output.Printable(c.Detail))
		if c.Mend != "" {
			fmt.Fprintf(&b, "%-8s %-*s  to mend: %s\n", "", width, "", output.Printable(c.Mend))
		}
	}
	if d.Ready {
		b.WriteString("\neverything that scoring needs is in place\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
