package tui

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
)

// layout is where things are on the screen of a clip, in cells.
type layout struct {
	picture image.Rectangle // where the picture may be; of two when moments are compared
	panel   int             // columns
	tracks  int             // rows of the timeline for tracks
	tall    int             // lines of each of them
	strip   image.Rectangle // the timeline's columns that stand for time, from the ruler down
}

const (
	leastWidth, leastHeight = 60, 16
	panelColumns            = 28
	widePanel               = 36
	tallest                 = 4 // lines of a track on the timeline
)

func (m *Model) layout() layout {
	l := layout{panel: panelColumns}
	if m.width >= 150 {
		l.panel = widePanel
	}
	below := 2 // transport, footer
	if !m.clip.photo() {
		l.tracks = 1
		if n := len(m.clip.tracks); n > 1 {
			l.tracks = min(n+1, max(2, m.height/8))
		}
		l.tall = m.lines(l)
		below += 2 + l.tracks*l.tall // ruler, tracks, stretches
	}
	l.picture = image.Rect(1, 1, m.width-l.panel-2, m.height-below)
	l.strip = image.Rect(stripLabel, m.height-below+1, m.width-stripEnd, m.height-1)
	return l
}

// lines is how tall the timeline's tracks can be without taking room from the picture.
func (m *Model) lines(l layout) int {
	width, height := m.clip.pic.Frame.X, m.clip.pic.Frame.Y
	if width <= 0 || height <= 0 {
		width, height = 16, 9
	}
	needed := (m.width-l.panel-3)*height/(2*width) + 5 // with title, transport, ruler, stretches and footer
	return max(1, min(tallest, (m.height-needed)/l.tracks))
}

// clipScreen is the view of a file.
func (m *Model) clipScreen() []string {
	l := m.layout()
	lines := []string{m.clipTitle()}
	pictures := m.pictureLines(l)
	panel := m.panel(l.panel, l.picture.Dy())
	for i := range l.picture.Dy() {
		lines = append(lines, " "+pictures[i]+" "+panel[i]+" ")
	}
	lines = append(lines, m.transport())
	if !m.clip.photo() {
		lines = append(lines, m.strips(l)...)
	}
	return append(lines, m.footer())
}

func (m *Model) clipTitle() string {
	c := m.clip
	left := " "
	if m.many() {
		left += m.theme.faint.Render(fmt.Sprintf("◂ %d/%d ", m.queue.cursor+1, len(m.queue.shown)))
	}
	info := c.pic.Info
	var facts []string
	if info.Width > 0 {
		facts = append(facts, fmt.Sprintf("%d×%d", info.Width, info.Height))
	}
	if info.Codec != "" {
		facts = append(facts, output.Printable(info.Codec))
	}
	if info.FPS > 0 && !c.photo() {
		facts = append(facts, fmt.Sprintf("%.4g fps", info.FPS))
	}
	right := m.theme.faint.Render(strings.Join(facts, " · ") + " ")
	name := c.row.name
	if m.width < 100 {
		name = filepath.Base(name)
	}
	room := m.width - 2 - len(strings.Join(facts, " · ")) - 10
	return sides(left+m.theme.title.Render(output.Shorten(name, max(8, room))), right, m.width)
}

// pictureLines are the rows beside the panel: the picture in the middle of its place, or two of them.
func (m *Model) pictureLines(l layout) []string {
	c := m.clip
	width, height := l.picture.Dx(), l.picture.Dy()
	if c.pin == nil {
		return m.centred(c.canvas, m.noPicture(), width, height)
	}
	half := (width - 1) / 2
	left := m.centred(c.pinned, pinText(c.pin), half, height-1)
	right := m.centred(c.canvas, m.noPicture(), width-1-half, height-1)
	lines := make([]string, 0, height)
	for i := range left {
		lines = append(lines, left[i]+m.theme.gap.Render("│")+right[i])
	}
	caption := fit(" "+exact(c.pin.at)+"  "+scores(c.pin.faces), half) + "│" + fit(" "+exact(c.now())+"  "+m.scoresNow(), width-1-half)
	return append(lines, m.theme.title.Render(caption))
}

func pinText(p *pin) string {
	if p.err != nil {
		return output.Printable(p.err.Error())
	}
	return "…"
}

// centred puts a canvas, or a text when there is none, in the middle of an area.
func (m *Model) centred(c canvas, text string, width, height int) []string {
	lines, size := c.lines, c.size
	if len(lines) == 0 {
		for _, l := range output.Wrap(text, max(8, width-4)) {
			lines = append(lines, fit(l, min(width, len([]rune(l)))))
			size.X = max(size.X, len([]rune(l)))
		}
		size = image.Pt(min(size.X, width), len(lines))
		for i := range lines {
			lines[i] = fit(lines[i], size.X)
		}
	}
	left, top := max(0, (width-size.X)/2), max(0, (height-size.Y)/2)
	right := max(0, width-size.X-left)
	out := make([]string, height)
	for i := range out {
		if k := i - top; k >= 0 && k < len(lines) {
			out[i] = strings.Repeat(" ", left) + lines[k] + strings.Repeat(" ", right)
		} else {
			out[i] = strings.Repeat(" ", width)
		}
	}
	return out
}

// noPicture says why there is none.
func (m *Model) noPicture() string {
	c := m.clip
	switch {
	case c.pic.Err != nil:
		return "no picture: " + output.Printable(c.pic.Err.Error())
	case !c.shown:
		return "opening …"
	}
	return ""
}

// transport is the line below the picture: where we are, and how playing and scoring go.
func (m *Model) transport() string {
	c := m.clip
	sign := "▮▮"
	if c.playing {
		sign = "▶ "
	}
	left := " " + m.theme.title.Render(sign)
	switch {
	case c.photo():
		left = " photo"
	case c.pic.Err != nil:
		left += m.theme.bad.Render(" ✗ " + output.Printable(c.pic.Err.Error()))
	default:
		left += fmt.Sprintf(" %s / %s  frame %d", exact(c.now()), fine(c.duration()), c.pic.Index)
		if c.speed != 1 {
			left += fmt.Sprintf("  %g×", c.speed)
		}
		if c.pic.Dropped > 0 {
			left += m.theme.faint.Render(fmt.Sprintf("  %d not shown", c.pic.Dropped))
		}
		if c.pic.Late > 0 {
			left += m.theme.bad.Render("  ! decoding is slower than the video")
		}
	}
	return sides(left, m.scoringState()+" ", m.width)
}

// scoringState says how far scoring is, and whether the picture has overtaken it.
func (m *Model) scoringState() string {
	c := m.clip
	switch {
	case c.row.state == done || c.photo():
		return ""
	case m.engineErr != "":
		return m.theme.bad.Render("✗ not scored: see doctor")
	case !m.ready:
		return "loading the models …"
	case c.row.state == waiting:
		return "waiting to be scored"
	}
	scored := c.record.Scored()
	if behind := c.now() - scored; behind > c.record.Step() && c.playing {
		return m.theme.bands["moderate"].Render(fmt.Sprintf("! scoring is %.1f s behind; the picture keeps its time", behind.Seconds()))
	}
	return "scored to " + fine(scored)
}

// strips are the timeline.
func (m *Model) strips(l layout) []string {
	c := m.clip
	t := m.timeline(l)
	lines := []string{t.ruler(c.cuts, c.row.marks)}
	add := func(label string, id int, total float64) {
		lines = append(lines, t.row(label, c.record.Strip(id, t.width, t.duration), total, l.tall)...)
	}
	rows := l.tracks
	if len(c.tracks) != 1 {
		add(fit(" all", stripLabel), 0, nan())
		rows--
	}
	faces, _ := c.faces()
	for _, track := range pickTracks(c.tracks, rows, c.chosen, faces) {
		pointer := " "
		if track.ID == c.chosen {
			pointer = "▸"
		}
		label := pointer + m.theme.trackText(track.ID).Render(fit(fmt.Sprintf("#%d", track.ID), stripLabel-1))
		add(label, track.ID, track.Score)
	}
	for len(lines) < 1+l.tracks*l.tall {
		lines = append(lines, strings.Repeat(" ", m.width))
	}
	return append(lines, t.stretches(c.record.Segments()))
}

func (m *Model) timeline(l layout) timeline {
	return timeline{theme: m.theme, width: max(1, l.strip.Dx()), duration: m.clip.duration(), now: m.clip.now(), limits: m.thresholds()}
}
