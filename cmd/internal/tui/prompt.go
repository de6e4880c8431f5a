package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// question is what a prompt asks for.
type question int

const (
	askComment question = iota
	askSearch
	askPath
)

// prompt is a line to type into, in the place of the footer.
type prompt struct {
	question question
	input    textinput.Model
}

// ask opens a prompt.
func (m *Model) ask(q question, label string) tea.Cmd {
	input := textinput.New()
	input.Prompt = " " + label
	input.CharLimit = 500
	input.SetWidth(max(10, m.width-len([]rune(label))-3))
	m.prompt = &prompt{q, input}
	return m.prompt.input.Focus()
}

// prompted takes a key while something is being typed.
func (m *Model) prompted(k tea.KeyPressMsg) tea.Cmd {
	p := m.prompt
	switch k.String() {
	case "esc":
		m.prompt = nil
		if p.question == askSearch {
			m.queue.search = ""
			m.queue.arrange()
		}
		return nil
	case "enter":
		m.prompt = nil
		return m.answered(p.question, strings.TrimSpace(p.input.Value()))
	}
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(k)
	if p.question == askSearch {
		m.queue.search = strings.ToLower(p.input.Value())
		m.queue.arrange()
	}
	return cmd
}

// pasted puts what was pasted into the prompt. Elsewhere it does nothing: a pasted text is no row of keys.
func (m *Model) pasted(msg tea.PasteMsg) tea.Cmd {
	if m.prompt == nil {
		return nil
	}
	var cmd tea.Cmd
	m.prompt.input, cmd = m.prompt.input.Update(msg)
	return cmd
}

func (m *Model) answered(q question, text string) tea.Cmd {
	switch q {
	case askComment:
		c := m.clip
		faces, _ := c.faces()
		c.row.marks = addMark(c.row.marks, Mark{c.pic.PTS.Milliseconds(), c.pic.Index, text, markFaces(faces)})
		c.row.saved, m.warned = 0, false
		return m.say("marked "+exact(c.pic.PTS)+"; e exports it", false)
	case askSearch:
		m.queue.search = strings.ToLower(text)
		m.queue.arrange()
	case askPath:
		if text != "" {
			m.finding++
			return m.find(text)
		}
	}
	return nil
}
