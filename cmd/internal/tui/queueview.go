package tui

import (
	"fmt"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// queueScreen is the list of files.
func (m *Model) queueScreen() []string {
	q := &m.queue
	lines := []string{m.queueTitle(), m.theme.faint.Render(fit(m.columns(), m.width))}
	height := m.height - len(lines) - 2
	q.scroll(height)
	for i := q.top; i < min(len(q.shown), q.top+height); i++ {
		lines = append(lines, m.queueRow(q.shown[i], i == q.cursor))
	}
	if len(q.shown) == 0 {
		lines = append(lines, "", fit("  "+m.emptyQueue(), m.width))
	}
	for len(lines) < m.height-2 {
		lines = append(lines, strings.Repeat(" ", m.width))
	}
	lines = append(lines[:m.height-2], m.caveat(), m.footer())
	return lines
}

func (m *Model) emptyQueue() string {
	switch {
	case m.finding > 0:
		return "looking for files …"
	case len(m.queue.rows) == 0:
		return "nothing to review yet: press a to add a file or a folder"
	}
	return "no file matches: esc shows all"
}

func (m *Model) queueTitle() string {
	q := &m.queue
	parts := []string{plural(len(q.rows), "file")}
	for _, s := range []score.Status{score.Scored, score.Inconclusive, score.NotApplicable, score.Failed} {
		if n := q.counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(s), "not_applicable", "n/a")))
		}
	}
	if n := q.counts[""]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d to go", n))
	}
	right := "sort: " + q.order.String()
	if q.back {
		right += " ↑"
	}
	if q.filter != everything {
		right += "  only: " + q.filter.String()
	}
	if q.search != "" {
		right += "  /" + output.Printable(q.search)
	}
	left := " " + strings.Join(parts, " · ")
	if m.width >= 100 {
		left = " " + m.theme.title.Render("blendscope review") + " " + left
	}
	if q.folder != "" {
		left += m.theme.faint.Render("  in " + output.Shorten(q.folder, max(8, m.width/3)))
	}
	return sides(left, m.theme.faint.Render(right+" "), m.width)
}

func (m *Model) columns() string {
	if m.width < 70 {
		return "     SCORE  BAND           FILE"
	}
	return "     SCORE  RANGE   BAND            LENGTH  FACES  FILE"
}

func (m *Model) queueRow(r *row, chosen bool) string {
	q := &m.queue
	head, style := m.rowHead(r)
	name := output.Shorten(strings.TrimPrefix(r.name, q.folder), max(8, m.width-len([]rune(head))-3))
	line := fit(" "+head+" "+name, m.width)
	if chosen {
		return m.theme.chosen.Render(fit("▸"+line[1:], m.width))
	}
	return style(line)
}

// rowHead is all columns but the file's.
func (m *Model) rowHead(r *row) (head string, style func(...string) string) {
	plain := func(s ...string) string { return s[0] }
	mark, number, interval, word := " ", "", "", ""
	style = plain
	switch {
	case r.state == scoring:
		mark, word = "…", "scoring"
		if d := r.length(); d > 0 {
			word = fmt.Sprintf("scoring %3.0f%%", min(100, 100*float64(r.reached)/float64(d)))
		}
	case r.result == nil:
		mark, word, style = "·", "waiting", m.theme.faint.Render
	default:
		mark, number, interval, word = verdictColumns(r.result)
		switch {
		case r.status() == score.Scored:
			style = m.theme.bands[r.result.Outcome.Band].Render
		case r.status() == score.Failed:
			style = m.theme.bad.Render
		}
	}
	if m.width < 70 {
		return fmt.Sprintf("%-3s %5s  %-14s", mark, number, word), style
	}
	length, faces := "", ""
	if d := r.length(); d > 0 {
		length = short(d)
	}
	if r.result != nil && len(r.result.Tracks) > 0 {
		faces = fmt.Sprint(len(r.result.Tracks))
	}
	return fmt.Sprintf("%-3s %5s  %-7s %-14s %7s  %5s ", mark, number, interval, word, length, faces), style
}

func verdictColumns(r *score.Result) (mark, number, interval, word string) {
	o := r.Outcome
	if o.Score != nil {
		number = percent(*o.Score)
	}
	if o.Interval != nil {
		interval = fmt.Sprintf("%.0f–%.0f%%", score.WholePercent(o.Interval[0]), score.WholePercent(o.Interval[1]))
	}
	switch o.Status {
	case score.Scored:
		return sign(o.Band), number, interval, string(o.Band)
	case score.Inconclusive:
		return "?", number, interval, "inconclusive"
	case score.NotApplicable:
		return "-", "", "", "not applicable"
	}
	return "x", "", "", "error"
}

// caveat is the line above the footer: what is the matter with the file under the cursor, or what scores mean.
func (m *Model) caveat() string {
	if r := m.queue.current(); r != nil && r.result != nil && r.status() != score.Scored {
		o := r.result.Outcome
		text := o.Words(m.language)
		if o.Detail != "" && o.Status == score.Failed {
			text = o.Detail
		}
		return fit(" "+output.Printable(text), m.width)
	}
	return m.theme.faint.Render(fit(" score: estimated chance that a face was manipulated; a low one proves nothing", m.width))
}
