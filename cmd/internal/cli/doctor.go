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
	choiceFlags(cmd.Flags(), &o.engine)
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
	failed, skipped := 0, 0
	for _, c := range d.Checks {
		switch {
		case c.State == engine.Skipped:
			skipped++
		case c.Essential && c.State != engine.OK:
			failed++
		}
		d.Ready = d.Ready && (!c.Essential || c.State == engine.OK)
	}
	if err := report(e.Out, o.format, d, func() error { return d.text(e.Out) }); err != nil || d.Ready {
		return err
	}
	err := fmt.Errorf("scoring cannot work: %d of %d checks failed", failed, len(d.Checks))
	if skipped > 0 {
		err = fmt.Errorf("%w, and %d could not be made for that", err, skipped)
	}
	return exit.With(exit.CouldNotRun, err)
}

// The text's layout, in columns of a terminal.
const (
	stateColumns = 9
	nameColumns  = 22 // longer names, of models, push the rest to the right
	textColumns  = 80
)

func (d diagnosis) text(w io.Writer) error {
	var b strings.Builder
	for _, c := range d.Checks {
		head := fmt.Sprintf("%-*s%-*s", stateColumns, c.State, nameColumns, output.Printable(c.Name)+"  ")
		indent := strings.Repeat(" ", stateColumns+nameColumns)
		lines := output.Wrap(output.Printable(c.Detail), textColumns-len(indent))
		if c.Mend != "" {
			lines = append(lines, output.Wrap("to mend: "+output.Printable(c.Mend), textColumns-len(indent))...)
		}
		for i, line := range lines {
			lead := indent
			if i == 0 {
				lead = head
			}
			b.WriteString(lead + line + "\n")
		}
	}
	if d.Ready {
		b.WriteString("\neverything that scoring needs is in place\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
