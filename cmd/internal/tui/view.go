package tui

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// View draws the screen.
func (m *Model) View() tea.View {
	v := tea.View{AltScreen: true, MouseMode: tea.MouseModeCellMotion, WindowTitle: m.title()}
	v.Content = strings.Join(m.screen(), "\n")
	if m.prompt != nil {
		if cursor := m.prompt.input.Cursor(); cursor != nil && m.width >= leastWidth {
			cursor.Y = m.height - 1
			v.Cursor = cursor
		}
	}
	return v
}

func (m *Model) title() string {
	if m.clip != nil {
		return "blendscope: " + m.clip.row.name
	}
	return "blendscope review"
}

func (m *Model) screen() []string {
	switch {
	case m.width == 0:
		return nil // before the terminal has told its size
	case m.width < leastWidth || m.height < leastHeight:
		return []string{ansi.Truncate(fmt.Sprintf("window %dx%d: %dx%d needed", m.width, m.height, leastWidth, leastHeight), m.width, "…")}
	case m.helping:
		return m.helpScreen()
	}
	switch m.view {
	case clipView:
		return m.clipScreen()
	case facesView:
		return m.facesScreen()
	}
	return m.queueScreen()
}

// footer is the last line: a question, a notice, or the keys one needs most.
func (m *Model) footer() string {
	switch {
	case m.prompt != nil:
		return fit(m.prompt.input.View(), m.width)
	case m.menu:
		return fit(m.menuLine(), m.width)
	case m.notice.text != "" && m.notice.bad:
		return m.theme.bad.Render(fit(" "+m.notice.text, m.width))
	case m.notice.text != "":
		return m.theme.strong.Render(fit(" "+m.notice.text, m.width))
	}
	return m.hints()
}

// hints are the keys of the view with a word each, as many as fit; ? always does.
func (m *Model) hints() string {
	k := m.keys
	var list [][2]string
	switch m.view {
	case clipView:
		list = [][2]string{
			{"space", "play"},
			{"←→", "seek"},
			{", .", "frame"},
			{"n", "next stretch"},
			{"w", "worst"},
			{"m", "map"},
			{"z", "zoom"},
			{"c", "compare"},
			{"a", "mark"},
			{"e", "export"},
			{"f", "faces"},
			{"tab", "face"},
			{"q", "back"},
		}
	case facesView:
		list = [][2]string{{"←↑↓→", "choose"}, {"enter", "go there"}, {"q", "back"}}
	default:
		list = [][2]string{
			{"enter", "open"}, {"s", "sort"}, {"f", "filter"}, {"/", "search"}, {"a", "add"}, {"r", "score again"}, {"y", "copy"}, {"q", "quit"},
		}
	}
	line := " " + m.theme.key.Render(k.help.Help().Key) + m.theme.faint.Render(" help")
	used := 7
	for _, hint := range list {
		n := 3 + ansi.StringWidth(hint[0]+hint[1])
		if used+n > m.width {
			continue
		}
		line += "  " + m.theme.key.Render(hint[0]) + " " + m.theme.faint.Render(hint[1])
		used += n
	}
	return line + strings.Repeat(" ", max(0, m.width-used))
}

// helpScreen lists all keys of the view, in as many columns as it takes to fit.
func (m *Model) helpScreen() []string {
	bindings := m.keys.forView(m.view, m.view == facesView || m.view == clipView && m.many())
	rows := m.height - 4
	columns := (len(bindings) + rows - 1) / rows
	width := (m.width - 2) / max(1, columns)
	lines := []string{m.theme.title.Render(fit(" KEYS", m.width)), strings.Repeat(" ", m.width)}
	for y := range min(rows, len(bindings)) {
		line := " "
		for x := range columns {
			if i := x*rows + y; i < len(bindings) {
				line += m.helpItem(bindings[i], width)
			}
		}
		lines = append(lines, fit(line, m.width))
	}
	for len(lines) < m.height-1 {
		lines = append(lines, strings.Repeat(" ", m.width))
	}
	return append(lines, m.theme.faint.Render(fit(" any key goes back", m.width)))
}

func (m *Model) helpItem(b key.Binding, width int) string {
	h := b.Help()
	return m.theme.key.Render(fit(h.Key, 9)) + fit(" "+h.Desc, width-9)
}
