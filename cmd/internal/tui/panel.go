package tui

import (
	"fmt"
	"math"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/score"
)

// panel is the column beside the picture: the verdict, and the faces that are seen now.
func (m *Model) panel(width, height int) []string {
	c := m.clip
	lines := m.verdict(width, height >= 15)
	lines = append(lines, "", m.theme.title.Render("NOW")+m.theme.faint.Render("  "+fine(c.now())))
	lines = append(lines, m.seen(width)...)
	lines = append(lines, m.more(width)...)
	for len(lines) < height {
		lines = append(lines, "")
	}
	lines = lines[:height]
	for i := range lines {
		lines[i] = fit(lines[i], width)
	}
	return lines
}

// verdict is what the result says, or how far scoring has come.
func (m *Model) verdict(width int, roomy bool) []string {
	c := m.clip
	head := m.theme.title.Render("VERDICT")
	r := c.record.Result()
	if r == nil {
		return append([]string{head}, m.unfinished(width)...)
	}
	o := r.Outcome
	lines := []string{head}
	if o.Score != nil {
		band := bandOf(*o.Score, r.Settings.Thresholds)
		word := string(band)
		if o.Status != score.Scored {
			band, word = "", string(o.Status)
		}
		text := fmt.Sprintf("%s%s  %s", strings.TrimSpace(percent(*o.Score)), signed(band), word)
		lines = append(lines, m.theme.bands[band].Bold(true).Render(text))
		lines = append(lines, m.gauge(*o.Score, o.Interval, r.Settings.Thresholds, width, roomy)...)
	} else if o.Status == score.Failed {
		lines = append(lines, m.theme.bad.Render(status(o.Status)))
	} else {
		lines = append(lines, m.theme.strong.Render(status(o.Status)))
	}
	words := output.Wrap(output.Printable(o.Words(m.language)), width)
	if o.Detail != "" && o.Status == score.Failed && roomy {
		words = append(words, output.Wrap(output.Printable(o.Detail), width)...)
	}
	return append(lines, words...)
}

func status(s score.Status) string {
	switch s {
	case score.NotApplicable:
		return "– not applicable"
	case score.Inconclusive:
		return "? inconclusive"
	case score.Failed:
		return "✗ error"
	}
	return string(s)
}

func signed(b score.Band) string {
	if b == "" {
		return " ?"
	}
	return " " + sign(b)
}

// unfinished says how far scoring has come, and what it has seen so far.
func (m *Model) unfinished(width int) []string {
	c := m.clip
	switch {
	case m.engineErr != "":
		return append([]string{m.theme.bad.Render("✗ nothing can be scored")}, output.Wrap(m.engineErr, width)...)
	case !m.ready:
		return []string{"loading the models …"}
	case c.row.state == waiting:
		return []string{"waiting to be scored"}
	}
	scored, whole := c.record.Scored(), c.duration()
	share := 0.0
	if whole > 0 {
		share = min(1, float64(scored)/float64(whole))
	}
	lines := []string{fmt.Sprintf("scoring … %.0f%%", 100*share), progress(share, width)}
	high := -1.0
	for _, t := range c.tracks {
		high = max(high, t.Score)
	}
	if high >= 0 {
		band := bandOf(high, score.Thresholds{})
		lines = append(lines, m.theme.bands[band].Render(fmt.Sprintf("highest so far %s %s", strings.TrimSpace(percent(high)), sign(band))))
	}
	return lines
}

func progress(share float64, width int) string {
	n := int(share * float64(width))
	return strings.Repeat("█", n) + strings.Repeat("░", max(0, width-n))
}

// gauge is the score on a scale from 0 to 100 with its 95 % range and the bands' bounds.
func (m *Model) gauge(p float64, interval *[2]float64, t score.Thresholds, width int, roomy bool) []string {
	if t == (score.Thresholds{}) {
		t = score.DefaultThresholds()
	}
	at := func(v float64) int { return min(width-1, max(0, int(v*float64(width)))) }
	bar := m.theme.bands[bandOf(p, t)].Render(strings.Repeat("█", at(p)+1)) + m.theme.gap.Render(strings.Repeat("░", width-at(p)-1))
	lines := []string{bar}
	if interval != nil {
		low, high := at(interval[0]), at(interval[1])
		line := strings.Repeat(" ", low) + "├" + strings.Repeat("─", max(0, high-low-1))
		if high > low {
			line += "┤"
		}
		text := fmt.Sprintf("%.0f–%.0f%%", score.WholePercent(interval[0]), score.WholePercent(interval[1]))
		if room := width - high - 2; room >= len([]rune(text)) {
			line += " " + text
		} else if low > len([]rune(text)) {
			line = strings.Repeat(" ", low-len([]rune(text))-1) + text + " " + strings.TrimLeft(line, " ")
		}
		lines = append(lines, m.theme.bar.Render(line))
	}
	if roomy {
		lines = append(lines, m.theme.faint.Render(scale(t, width)))
	}
	return lines
}

// scale names the bounds of the bands below the gauge.
func scale(t score.Thresholds, width int) string {
	cells := []rune(strings.Repeat(" ", width))
	copy(cells, []rune("0"))
	for _, v := range []float64{t.Moderate, t.Strong, t.VeryStrong} {
		copy(cells[min(width-1, int(v*float64(width))):], []rune(fmt.Sprintf("╵%.0f", 100*v)))
	}
	return string(cells)
}

// seen are the faces in the picture with their scores.
func (m *Model) seen(width int) []string {
	c := m.clip
	faces, known := c.faces()
	switch {
	case !known && c.record.Result() == nil && c.pic.PTS > c.record.Scored():
		return []string{m.theme.faint.Render("not scored yet")}
	case !known && len(c.tracks) > 0 && c.record.Result() != nil && !c.record.Detailed():
		return output.Wrap("scores are known at the evidence only; R scores it again", width)
	case len(faces) == 0:
		return []string{m.theme.faint.Render("no usable face here")}
	}
	var lines []string
	for _, f := range faces {
		lines = append(lines, m.face(f, width))
	}
	return lines
}

// face is a line: who, how much, a bar, and the band's sign.
func (m *Model) face(f record.Face, width int) string {
	pointer := " "
	if f.Track == m.clip.chosen && f.Track != 0 {
		pointer = "▸"
	}
	name := fmt.Sprintf("#%-2d", f.Track)
	if f.Track == 0 {
		name = " – "
	}
	band := bandOf(f.Score, m.thresholds())
	room := max(0, width-14)
	n := int(math.Round(f.Score * float64(room)))
	return pointer + m.theme.trackText(f.Track).Render(name) + " " +
		m.theme.bands[band].Render(fmt.Sprintf("%s %s%s", percent(f.Score), strings.Repeat("█", n), strings.Repeat(" ", room-n+1))+sign(band))
}

func (m *Model) thresholds() score.Thresholds {
	if r := m.clip.record.Result(); r != nil {
		return r.Settings.Thresholds
	}
	return score.Thresholds{}
}

// more is what else there is to know: stretches, marks, what is switched on, and what the number cannot say.
func (m *Model) more(width int) []string {
	c := m.clip
	lines := []string{""}
	if n := len(c.record.Segments()); n > 0 {
		lines = append(lines, stretches(n)+"  n N")
	}
	if n := len(c.row.marks); n > 0 {
		lines = append(lines, plural(n, "mark")+"  '")
	}
	if c.heat {
		lines = append(lines, "map on: bright is where it", "looks composited")
	}
	if c.other {
		lines = append(lines, m.theme.bad.Render("✗ not the file that was scored"))
	}
	if r := c.record.Result(); r != nil {
		for _, reason := range r.Outcome.Reasons {
			if r.Outcome.Status == score.Scored {
				lines = append(lines, output.Wrap("note: "+output.Explained(reason, r.Input), width)...)
			}
		}
		lines = append(lines, "")
		for _, l := range output.Wrap("A score is one hint among others; a low one proves nothing.", width) {
			lines = append(lines, m.theme.faint.Render(l))
		}
	}
	return lines
}
