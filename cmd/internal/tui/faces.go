package tui

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/cmd/internal/tui/player"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// faces is the view of all tracks: a row each, with thumbnails of its best evidence.
type faces struct {
	row, column int // the chosen one
	top         int
	thumbs      map[thumbKey]player.Picture
	asked       map[thumbKey]bool
	failed      string // why there are no thumbnails
}

// thumbKey is a moment of a track.
type thumbKey struct {
	track int
	tms   int64
	box   [4]float64 // scoring again may number the faces otherwise
}

// faceText is the width of what is said of a track, in columns.
const faceText = 24

// thumbSize is a thumbnail's, in cells: as large as lets all evidence of a track stand in a row, and a few tracks on the
// screen.
func (m *Model) thumbSize() image.Point {
	tracks := 1
	if r := m.clip.record.Result(); r != nil {
		tracks = min(3, max(1, len(r.Tracks)))
	}
	rows := min((m.width-faceText-3)/5/2, (m.height-2)/tracks-2, 20)
	rows = max(rows, 5)
	return image.Pt(2*rows, rows)
}

type thumbMsg struct {
	serial int
	key    thumbKey
	pic    player.Picture
	err    error
}

// ranked are the tracks of a result, those with the highest scores first; none without a result.
func ranked(r *score.Result) []score.Track {
	if r == nil {
		return nil
	}
	return slices.SortedStableFunc(slices.Values(r.Tracks), func(a, b score.Track) int { return cmp.Compare(b.Score, a.Score) })
}

// thumbnails takes the pictures that are wanted and not there yet, one after another.
func (m *Model) thumbnails() tea.Cmd {
	c, f := m.clip, &m.faces
	if c == nil || m.view != facesView || c.record.Result() == nil {
		return nil
	}
	if f.thumbs == nil {
		f.thumbs, f.asked = map[thumbKey]player.Picture{}, map[thumbKey]bool{}
	}
	tracks := ranked(c.record.Result())
	for i := max(0, f.top); i < min(len(tracks), f.top+m.height/(m.thumbSize().Y+2)+1); i++ {
		for _, e := range tracks[i].Evidence {
			k := thumbKey{tracks[i].ID, e.TMS, e.Box}
			if !f.asked[k] {
				f.asked[k] = true
				return m.takeThumb(c, k, e)
			}
		}
	}
	return nil
}

func (m *Model) takeThumb(c *clip, k thumbKey, e score.BestFrame) tea.Cmd {
	box := frames.Box{X: float32(e.Box[0]), Y: float32(e.Box[1]), W: float32(e.Box[2]), H: float32(e.Box[3])}
	x, y, side := frames.SquareCrop(box, 1.6)
	size := m.thumbSize()
	look := player.Look{Part: image.Rect(x, y, x+side, y+side), Width: size.X, Height: 2 * size.Y}
	serial := c.serial
	return func() tea.Msg {
		pic, err := c.stills.Picture(m.ctx, ms(e.TMS), look)
		return thumbMsg{serial: serial, key: k, pic: pic, err: err}
	}
}

func (m *Model) thumbed(msg thumbMsg) tea.Cmd {
	if m.clip == nil || msg.serial != m.clip.serial {
		return nil
	}
	if msg.err != nil {
		m.faces.failed = printable(msg.err.Error())
	} else {
		m.faces.thumbs[msg.key] = msg.pic
	}
	return m.thumbnails()
}

// facesKey takes a key in the view of faces.
func (m *Model) facesKey(k tea.KeyPressMsg) tea.Cmd {
	f, tracks := &m.faces, ranked(m.clip.record.Result())
	if key.Matches(k, m.keys.back) || key.Matches(k, m.keys.facesView) || len(tracks) == 0 {
		return m.back()
	}
	switch {
	case k.String() == "enter":
		t := tracks[f.row]
		m.clip.chosen, m.view = t.ID, clipView
		if f.column < len(t.Evidence) {
			m.clip.seek(ms(t.Evidence[f.column].TMS))
		}
		return m.paint()
	case key.Matches(k, m.keys.up):
		f.row--
	case key.Matches(k, m.keys.down):
		f.row++
	case key.Matches(k, m.keys.left):
		f.column--
	case key.Matches(k, m.keys.right):
		f.column++
	}
	f.row = max(0, min(f.row, len(tracks)-1))
	f.column = max(0, min(f.column, len(tracks[f.row].Evidence)-1))
	rows := max(1, (m.height-2)/(m.thumbSize().Y+2))
	f.top = max(min(f.top, f.row), f.row-rows+1)
	return m.thumbnails()
}

// facesScreen lists the tracks.
func (m *Model) facesScreen() []string {
	c, f := m.clip, &m.faces
	lines := []string{fit(m.theme.title.Render(" FACES")+"  "+c.row.name, m.width)}
	r := c.record.Result()
	switch {
	case r == nil:
		lines = append(lines, fit("  the faces are shown when scoring is done: "+m.scoringState(), m.width))
	case len(r.Tracks) == 0:
		lines = append(lines, fit("  no face was followed in this file", m.width))
	default:
		tracks := ranked(r)
		for i := f.top; i < len(tracks) && len(lines) < m.height-1; i++ {
			lines = append(lines, m.faceRow(tracks[i], i == f.row)...)
		}
	}
	if f.failed != "" {
		lines = append(lines[:min(len(lines), m.height-2)], m.theme.bad.Render(fit(" ✗ "+f.failed, m.width)))
	}
	for len(lines) < m.height-1 {
		lines = append(lines, strings.Repeat(" ", m.width))
	}
	return append(lines[:m.height-1], m.footer())
}

// faceRow is a track: what is known of it, and its thumbnails with score and time.
func (m *Model) faceRow(t score.Track, chosen bool) []string {
	band := bandOf(t.Score, m.thresholds())
	text := []string{
		m.theme.trackText(t.ID).Render(fmt.Sprintf("FACE #%d", t.ID)),
		m.theme.bands[band].Render(fmt.Sprintf("%s %s %s", strings.TrimSpace(percent(t.Score)), sign(band), band)),
		fmt.Sprintf("range %.0f–%.0f%%", score.WholePercent(t.Interval[0]), score.WholePercent(t.Interval[1])),
		fmt.Sprintf("seen %s", seconds(ms(t.LastMS-t.FirstMS))),
		fmt.Sprintf("%s–%s", fine(ms(t.FirstMS)), fine(ms(t.LastMS))),
		plural(t.Faces, "picture") + " scored",
		fmt.Sprintf("%.0f px", t.MedianFacePx),
	}
	size := m.thumbSize()
	n := max(0, min(len(t.Evidence), (m.width-faceText-2)/(size.X+1)))
	columns := make([][]string, n)
	for i := range columns {
		columns[i] = m.thumb(t, i, chosen && i == m.faces.column)
	}
	lines := make([]string, max(len(text), size.Y+2))
	for y := range lines {
		line := "  "
		if chosen && y == 0 {
			line = "▸ "
		}
		if y < len(text) {
			line += fit(text[y], faceText)
		} else {
			line += strings.Repeat(" ", faceText)
		}
		for _, column := range columns {
			if y < len(column) {
				line += column[y] + " "
			}
		}
		lines[y] = fit(line, m.width)
	}
	return lines
}

// thumb is a thumbnail with its caption.
func (m *Model) thumb(t score.Track, i int, chosen bool) []string {
	e, size := t.Evidence[i], m.thumbSize()
	var lines []string
	pic, ok := m.faces.thumbs[thumbKey{t.ID, e.TMS, e.Box}]
	if ok {
		if pic.Image.Width != size.X { // of another window's size
			pic.Image = termimg.Scale(pic.Image, image.Rect(0, 0, pic.Image.Width, pic.Image.Height), size.X, 2*size.Y)
		}
		g := termimg.NewGrid(size.X, size.Y, m.theme.depth)
		g.Draw(0, 0, pic.Image)
		lines = g.Lines()
	} else {
		for range size.Y {
			lines = append(lines, strings.Repeat(" ", size.X))
		}
		lines[0] = fit("  …", size.X)
	}
	caption := fit(fmt.Sprintf(" %s %s", strings.TrimSpace(percent(e.Score)), exact(ms(e.TMS))), size.X)
	if chosen {
		caption = m.theme.chosen.Render(caption)
	}
	return append(lines, caption, strings.Repeat(" ", size.X))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
