package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
)

// told takes news of the desk.
func (m *Model) told(msg newsMsg) tea.Cmd {
	if !msg.ok {
		return nil
	}
	n := msg.news
	cmds := []tea.Cmd{m.listen()}
	if n.Ready {
		m.ready = true
		if n.Note != "" {
			cmds = append(cmds, m.say("on the CPU: "+printable(n.Note), false))
		}
	}
	if n.Failed != nil {
		m.engineErr = printable(n.Failed.Error())
		cmds = append(cmds, m.say("nothing can be scored: "+m.engineErr, true))
	}
	changed := false
	for _, r := range m.queue.rows {
		changed = r.told(n) || changed
	}
	if changed {
		m.queue.arrange()
	}
	if len(n.Results) > 0 {
		m.queue.trim(m.openRow(), mostMoments)
	}
	if c := m.clip; c != nil {
		if slices.Contains(n.Started, c.row.number) {
			c.reset()
		}
		if moments := n.Moments[c.row.number]; len(moments) > 0 {
			c.told(moments)
		}
		if r := n.Results[c.row.number]; r != nil {
			c.finished(r)
			m.faces.row, m.faces.column, m.faces.top = 0, 0, 0 // its tracks may be other ones
			cmds = append(cmds, m.thumbnails())
		}
		if len(n.Moments[c.row.number]) > 0 || n.Results[c.row.number] != nil {
			cmds = append(cmds, m.paint())
		}
	}
	return tea.Batch(cmds...)
}

// openRow is the file that is open, nil when there is none.
func (m *Model) openRow() *row {
	if m.clip == nil {
		return nil
	}
	return m.clip.row
}

// told notes what concerns the row, and reports whether the list may look different.
func (r *row) told(n desk.News) (changed bool) {
	if info, ok := n.Opened[r.number]; ok {
		r.info = info
	}
	if at, ok := n.Reached[r.number]; ok {
		r.reached = ms(at)
	}
	for _, started := range n.Started {
		if started == r.number {
			r.state, r.reached, changed = scoring, 0, true
		}
	}
	if result, ok := n.Results[r.number]; ok {
		r.state, r.result, r.stored, changed = done, result, false, true
	}
	return changed
}
