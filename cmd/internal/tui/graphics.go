package tui

import (
	"image"
	"slices"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/cmd/internal/tui/player"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
)

// graphics is what the terminal has answered about pictures.
type graphics struct {
	kitty bool        // it draws pictures by Kitty's protocol
	place bool        // and knows placeholders for them
	cell  image.Point // pixels of a cell; zero when unknown
	busy  bool        // a picture is on its way
	again bool        // and another one is wanted
	last  uint8       // number of the latest picture
}

// probe asks the terminal.
func probe() tea.Cmd { return tea.Batch(tea.Raw(termimg.Probe()), tea.RequestTerminalVersion) }

// pixels reports whether pictures go to the terminal as pixels. Cells of an unknown size have no pixels to fill, and
// without colours a placeholder cannot name its picture. Two moments side by side are made of characters.
func (m *Model) pixels() bool {
	one := m.clip != nil && m.clip.pin == nil
	return m.graphics.kitty && m.graphics.place && one && m.graphics.cell.X > 0 && m.theme.depth >= termimg.Palette
}

// sentMsg says that a picture has been handed to the terminal.
type sentMsg struct {
	serial int
	canvas canvas
}

// graphic takes answers of the terminal, and pictures that have been sent.
func (m *Model) graphic(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case uv.KittyGraphicsEvent:
		m.graphics.kitty = m.graphics.kitty || termimg.Answered(msg.Options, msg.Payload)
	case tea.TerminalVersionMsg:
		m.graphics.place = termimg.Places(msg.Name)
	case uv.CellSizeEvent:
		m.graphics.cell = image.Pt(msg.Width, msg.Height)
	case sentMsg:
		m.graphics.busy = false
		if m.clip != nil && msg.serial == m.clip.serial {
			m.clip.canvas = msg.canvas
		}
		if m.graphics.again {
			m.graphics.again = false
			return m.paint()
		}
		return nil
	default:
		return nil
	}
	m.aim()
	return m.paint()
}

// paint makes the canvas anew: of characters at once, of pixels in the background.
func (m *Model) paint() tea.Cmd {
	c := m.clip
	if c == nil || m.width < leastWidth || m.height < leastHeight {
		return nil
	}
	if c.pin != nil && !c.pin.pic.Image.Empty() {
		c.pinned = m.characters(c.scene(c.pin.pic, c.pin.faces), image.Point{})
	}
	if c.pic.Image.Empty() {
		return nil
	}
	faces, _ := c.faces()
	s := c.scene(c.pic, faces)
	if !m.pixels() {
		c.canvas = m.characters(s, image.Pt(c.wish.Width, c.wish.Height))
		return nil
	}
	if m.graphics.busy {
		m.graphics.again = true
		return nil
	}
	m.graphics.busy = true
	m.graphics.last = 1 + m.graphics.last%2 // two pictures in turn: the one on the screen stays until the other is there
	return m.send(s, c.serial, c.cells, firstImage+m.graphics.last)
}

// scene is a picture with what is to be drawn onto it.
func (c *clip) scene(pic player.Picture, faces []record.Face) scene {
	return scene{image: pic.Image, part: pic.Part, faces: faces, chosen: c.chosen, heat: c.heat}
}

// characters paints a scene with characters. A picture that was made for another size of the window is scaled once more,
// until one of the right size comes.
func (m *Model) characters(s scene, size image.Point) canvas {
	if size.X > 0 && (s.image.Width != size.X || s.image.Height != size.Y) {
		s.image = termimg.Scale(s.image, image.Rect(0, 0, s.image.Width, s.image.Height), size.X, size.Y)
	}
	columns, rows := s.image.Width, (s.image.Height+1)/2
	return canvas{lines: s.cells(m.theme, columns, rows).Lines(), size: image.Pt(columns, rows)}
}

// send draws a scene, hands its pixels to the terminal, and then has the placeholders shown.
func (m *Model) send(s scene, serial int, cells image.Point, id uint8) tea.Cmd {
	t := m.theme
	s.image = termimg.Clone(s.image)
	s.faces = slices.Clone(s.faces) // the record may change its own
	var sequence string
	var result canvas
	return tea.Sequence(
		func() tea.Msg {
			s.draw(t, true)
			sequence = termimg.Transmit(id, s.image, cells.X, cells.Y)
			g := termimg.NewGrid(cells.X, cells.Y, t.depth)
			g.Place(0, 0, cells.X, cells.Y, id)
			tall := max(1, s.image.Height/max(1, cells.Y))
			for _, f := range s.faces {
				s.label(g, t, f, tall)
			}
			result = canvas{lines: g.Lines(), image: id, size: cells}
			return tea.RawMsg{Msg: sequence}
		},
		func() tea.Msg { return sentMsg{serial, result} },
	)
}

// firstImage is the number before those of our pictures in the terminal's memory.
const firstImage = 40

func forgotten() string { return termimg.Forget(firstImage+1, firstImage+2) }
