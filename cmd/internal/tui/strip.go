package tui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/score"
)

// The timeline's layout, in columns.
const (
	stripLabel = 6 // " #12  "
	stripEnd   = 9 // " 93% !!! "
)

// timeline draws the strip: a ruler, a row of scores a track, and the stretches that the result names.
type timeline struct {
	theme    theme
	width    int // columns between label and end
	duration time.Duration
	now      time.Duration
	limits   score.Thresholds
}

// column is where a time lies; when is what a column stands for.
func (l timeline) column(t time.Duration) int {
	if l.duration <= 0 {
		return 0
	}
	return min(l.width-1, max(0, int(int64(t)*int64(l.width)/int64(l.duration))))
}

func (l timeline) when(column int) time.Duration {
	return time.Duration(int64(l.duration) * int64(min(max(column, 0), l.width-1)) / int64(max(1, l.width)))
}

// ruler has times, the cuts between shots, the marks and the place that is shown.
func (l timeline) ruler(cuts []time.Duration, marks []Mark) string {
	cells := []rune(strings.Repeat("─", l.width))
	step := l.tick()
	for t := time.Duration(0); t < l.duration; t += step {
		x := l.column(t)
		text := []rune("╷" + short(t))
		if x+len(text) < l.width {
			copy(cells[x:], text)
		}
	}
	for _, t := range cuts {
		cells[l.column(t)] = '┊'
	}
	for _, m := range marks {
		cells[l.column(ms(m.TMS))] = '◆'
	}
	line := string(cells)
	if l.width > 0 {
		x := l.column(l.now)
		line = l.theme.faint.Render(string(cells[:x])) + l.theme.strong.Render("▼") + l.theme.faint.Render(string(cells[x+1:]))
	}
	return strings.Repeat(" ", stripLabel) + line + strings.Repeat(" ", stripEnd)
}

// tick is a round time with room for its text.
func (l timeline) tick() time.Duration {
	least := time.Duration(int64(l.duration) * 12 / int64(max(1, l.width)))
	for _, s := range []int{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000} {
		if step := time.Duration(s) * time.Second; step >= least {
			return step
		}
	}
	return max(time.Second, least)
}

// row is a track's scores over tall lines: higher and louder with the score, empty where the face is not seen.
func (l timeline) row(label string, scores []float64, total float64, tall int) []string {
	lines := make([]string, tall)
	for y := range lines {
		lead, end := strings.Repeat(" ", stripLabel), strings.Repeat(" ", stripEnd)
		if y == tall-1 {
			lead, end = label, l.total(total)
		}
		lines[y] = lead + l.bars(scores, tall-1-y, tall) + end
	}
	return lines
}

// bars is one line of a row, counted from the bottom. Runs of one colour are styled at once.
func (l timeline) bars(scores []float64, line, tall int) string {
	var b strings.Builder
	at := l.column(l.now)
	for start := 0; start < len(scores); {
		end, style := start, l.style(scores[start])
		var run []rune
		for end < len(scores) && (end == start || end != at && start != at) && l.kind(scores[end]) == l.kind(scores[start]) {
			run = append(run, bar(scores[end], line, tall))
			end++
		}
		if start == at {
			style = style.Reverse(true)
		}
		b.WriteString(style.Render(string(run)))
		start = end
	}
	return b.String()
}

func (l timeline) total(p float64) string {
	if math.IsNaN(p) {
		return strings.Repeat(" ", stripEnd)
	}
	band := bandOf(p, l.limits)
	return l.theme.bands[band].Render(fit(" "+strings.TrimSpace(percent(p))+" "+sign(band), stripEnd))
}

// kind tells apart what is drawn in different colours.
func (l timeline) kind(p float64) score.Band {
	if math.IsNaN(p) || p == record.Unknown {
		return ""
	}
	return bandOf(p, l.limits)
}

func (l timeline) style(p float64) lipgloss.Style {
	if math.IsNaN(p) || p == record.Unknown {
		return l.theme.faint
	}
	return l.theme.bands[bandOf(p, l.limits)]
}

// bar is the part of a column that lies in a line, in eighths of the line. The lowest score still shows that there is one.
func bar(p float64, line, tall int) rune {
	switch {
	case math.IsNaN(p), p == record.Unknown && line > 0:
		return ' '
	case p == record.Unknown:
		return '·'
	}
	eighths := max(1, int(math.Round(p*8*float64(tall)))) - 8*line
	return []rune(" ▁▂▃▄▅▆▇█")[min(8, max(0, eighths))]
}

// stretches is a row with the segments; each begins with its track's number where there is room.
func (l timeline) stretches(segments []score.Segment) string {
	cells := []rune(strings.Repeat(" ", l.width))
	for _, s := range segments {
		from, to := l.column(ms(s.StartMS)), l.column(ms(s.EndMS))
		for x := from; x <= to; x++ {
			cells[x] = '━'
		}
		if name := []rune(fmt.Sprintf("#%d", s.Track)); to-from >= len(name) {
			copy(cells[from:], name)
		}
	}
	return fit(" look", stripLabel) + l.theme.bands[score.Strong].Render(string(cells)) + strings.Repeat(" ", stripEnd)
}

// pickTracks chooses n tracks to draw: the chosen one, those in the picture, then those with the highest scores; in order of
// their numbers.
func pickTracks(all []record.Track, n, chosen int, visible []record.Face) []record.Track {
	if len(all) <= n {
		return all
	}
	rank := func(t record.Track) float64 {
		r := t.Score
		for _, f := range visible {
			if f.Track == t.ID {
				r += 10
			}
		}
		if t.ID == chosen {
			r += 100
		}
		return r
	}
	left := slices.Clone(all)
	slices.SortStableFunc(left, func(a, b record.Track) int { return cmp.Compare(rank(b), rank(a)) })
	left = left[:n]
	slices.SortFunc(left, func(a, b record.Track) int { return cmp.Compare(a.ID, b.ID) })
	return left
}

func ms(v int64) time.Duration { return time.Duration(v) * time.Millisecond }
