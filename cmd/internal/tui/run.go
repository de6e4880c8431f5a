package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
)

// fps is how often a second what has changed is drawn: a key waits for half of the time between, on average. It is the
// most that the library grants.
const fps = 120

// Run shows the screen on the terminal until the user ends it. Whatever ends it, the terminal is as it was before.
func Run(ctx context.Context, e *env.Env, o Options) error {
	out := e.Out
	if f, ok := out.(*os.File); ok {
		link := NewLink(f)
		out, o.Pace = link, link.Pace
	}
	m := New(ctx, o)
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(e.In), tea.WithOutput(out), tea.WithoutSignalHandler(), tea.WithFPS(fps)}
	if no, _ := e.LookupEnv("NO_COLOR"); no != "" { // whatever it says; see no-color.org
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	p := tea.NewProgram(m, options...)
	_, err := p.Run()
	m.Close()
	forget(m, out)
	switch {
	case m.stopped || ctx.Err() != nil:
		return exit.With(exit.Interrupted, nil)
	case errors.Is(err, tea.ErrProgramPanic):
		return fmt.Errorf("internal error: the screen's program panicked: %w", err)
	}
	return err
}

// forget takes the pictures out of the terminal's memory.
func forget(m *Model, out io.Writer) {
	if m.graphics.last > 0 {
		_, _ = io.WriteString(out, forgotten()) // the terminal may be gone
	}
}
