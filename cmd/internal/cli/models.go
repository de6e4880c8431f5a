package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/model"
)

// modelsOptions are shared by the commands about models. None of them needs the native libraries.
type modelsOptions struct {
	engine   engine.Config
	format   string
	env      *env.Env
	platform engine.Platform
}

func newModels(e *env.Env, p engine.Platform) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List, show and verify the models",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	sub := func(use, short string, args cobra.PositionalArgs, run func(*modelsOptions, []string) error) {
		o := &modelsOptions{env: e, platform: p}
		c := &cobra.Command{Use: use, Short: short, Args: args, RunE: func(_ *cobra.Command, args []string) error { return run(o, args) }}
		reportFormat(c, &o.format)
		modelFlags(c.Flags(), &o.engine)
		cmd.AddCommand(c)
	}
	sub("list", "List the models; * marks the one used by default", cobra.NoArgs, (*modelsOptions).list)
	sub("show NAME", "Show a model's card and what its manifest says", cobra.ExactArgs(1), (*modelsOptions).show)
	sub("verify [NAME...]", "Compare the models' weights with their manifests", cobra.ArbitraryArgs, (*modelsOptions).verify)
	return cmd
}

// modelRow is one model in JSON.
type modelRow struct {
	Name     string          `json:"name"`
	Origin   string          `json:"origin"`
	Default  bool            `json:"default"`
	Manifest *model.Manifest `json:"manifest,omitempty"`
	Error    string          `json:"error,omitempty"`
}

func (o *modelsOptions) rows() []modelRow {
	rows := []modelRow{}
	for _, e := range o.platform.Models(o.engine.Models).List() {
		rows = append(rows, rowOf(e, e.Err))
	}
	return rows
}

func rowOf(e model.Entry, err error) modelRow {
	row := modelRow{Name: e.Name, Origin: e.Origin, Default: e.Default}
	if e.Err == nil {
		row.Manifest = &e.Manifest
	}
	if err != nil {
		row.Error = err.Error()
	}
	return row
}

func (o *modelsOptions) list([]string) error {
	rows := o.rows()
	return report(o.env.Out, o.format, rows, func() error {
		w := tabwriter.NewWriter(o.env.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "  NAME\tVERSION\tTASK\tLICENCE\tORIGIN")
		for _, r := range rows {
			mark := " "
			if r.Default {
				mark = "*"
			}
			if r.Manifest == nil {
				fmt.Fprintf(w, "x %s\t\tunusable\t\t%s\n", output.Printable(r.Name), output.Printable(r.Origin))
				continue
			}
			m := r.Manifest
			fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%s\n", mark, m.Name, output.Printable(m.Version), m.Task,
				output.Printable(m.Licence), output.Printable(r.Origin))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		return o.unusable(rows)
	})
}

// unusable tells why some models cannot be used. It is no error: the others can.
func (o *modelsOptions) unusable(rows []modelRow) error {
	for _, r := range rows {
		if r.Error != "" {
			if _, err := fmt.Fprintf(o.env.Out, "\n%s: %s\n", output.Printable(r.Name), output.Printable(r.Error)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *modelsOptions) show(args []string) error {
	e, err := o.find(args[0])
	if err != nil {
		return err
	}
	if e.Err != nil {
		return e.Err
	}
	return report(o.env.Out, o.format, rowOf(e, nil), func() error { return showText(o.env.Out, e) })
}

func (o *modelsOptions) find(name string) (model.Entry, error) {
	for _, e := range o.platform.Models(o.engine.Models).List() {
		if e.Name == name {
			return e, nil
		}
	}
	return model.Entry{}, exit.Hint(fmt.Errorf("%w: %q", model.ErrNotFound, name), "to see them all: %s models list", build.Name)
}

func showText(w io.Writer, e model.Entry) error {
	card, err := e.Card()
	if err != nil {
		return err
	}
	m := e.Manifest
	var b strings.Builder
	for _, line := range [][2]string{
		{"model", m.String()},
		{"task", string(m.Task)},
		{"origin", e.Origin},
		{"licence", m.Licence},
		{"sha256", m.SHA256},
		{"input", inputText(m.Input)},
	} {
		fmt.Fprintf(&b, "%-9s%s\n", line[0], output.Printable(line[1]))
	}
	for _, s := range m.TrainedOn {
		fmt.Fprintf(&b, "%-9s%s\n", "trained", output.Printable(s.Name+" ("+s.Licence+")"))
	}
	for _, p := range m.OperatingPoints {
		fmt.Fprintf(&b, "%-9s%s\n", "point", output.Printable(fmt.Sprintf("%s: at %.2f and above, %.1f%% false alarms, %.1f%% found, on %s",
			p.Name, p.Threshold, 100*p.FPR, 100*p.TPR, p.MeasuredOn)))
	}
	if card != "" {
		b.WriteByte('\n')
		for line := range strings.Lines(card) {
			b.WriteString(output.Printable(strings.TrimRight(line, "\r\n")) + "\n")
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func inputText(in model.Input) string {
	size := fmt.Sprintf("%dx%d", in.Width, in.Height)
	if in.Dynamic() {
		size = fmt.Sprintf("any size up to %d", in.LongSide)
	}
	return fmt.Sprintf("%s, %s %s %s", size, in.Color, in.DType, in.Layout)
}

// verify checks digests and shapes; whether a model still gives its reference answers is for doctor to find out.
func (o *modelsOptions) verify(names []string) error {
	entries := o.platform.Models(o.engine.Models).List()
	if len(names) > 0 {
		entries = nil
		for _, name := range names {
			e, err := o.find(name)
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
	}
	rows, bad := make([]modelRow, len(entries)), 0
	for i, e := range entries {
		_, err := e.Open()
		if rows[i] = rowOf(e, err); err != nil {
			bad++
		}
	}
	err := report(o.env.Out, o.format, rows, func() error { return verifyText(o.env.Out, rows) })
	if err != nil || bad == 0 {
		return err
	}
	return exit.Hint(fmt.Errorf("%d of %d models must not be used", bad, len(rows)), "put back the files they came with")
}

func verifyText(w io.Writer, rows []modelRow) error {
	for _, r := range rows {
		state, detail := "ok", ""
		if r.Manifest != nil {
			detail = r.Manifest.SHA256
		}
		if r.Error != "" {
			state, detail = "failed", r.Error
		}
		if _, err := fmt.Fprintf(w, "%-7s%s  %s\n", state, output.Printable(r.Name), output.Printable(detail)); err != nil {
			return err
		}
	}
	return nil
}
