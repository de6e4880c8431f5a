package termimg

import (
	"unicode/utf8"

	"github.com/blendscope/blendscope/frames"
)

// Cell is one character of a picture, with its colours.
type Cell struct {
	Glyph   string // one column wide
	Fg, Bg  Color
	Bold    bool
	Default bool // the terminal's own colours
	image   uint8
}

// Grid is a picture made of characters, on which labels can be written.
type Grid struct {
	Width, Height int
	Depth         Depth
	cells         []Cell
}

// NewGrid is a grid of spaces in the terminal's own colours.
func NewGrid(width, height int, depth Depth) *Grid {
	g := &Grid{Width: max(0, width), Height: max(0, height), Depth: depth}
	g.cells = make([]Cell, g.Width*g.Height)
	for i := range g.cells {
		g.cells[i] = Cell{Glyph: " ", Default: true}
	}
	return g
}

// Set writes a cell; outside the grid it does nothing.
func (g *Grid) Set(x, y int, c Cell) {
	if x >= 0 && y >= 0 && x < g.Width && y < g.Height {
		g.cells[y*g.Width+x] = c
	}
}

// Cell is the cell at a position within the grid.
func (g *Grid) Cell(x, y int) Cell { return g.cells[y*g.Width+x] }

// Text writes a label, kept within the grid as far as it fits. All its characters are one column wide.
func (g *Grid) Text(x, y int, text string, fg, bg Color) {
	n := utf8.RuneCountInString(text)
	x = max(0, min(x, g.Width-n))
	y = max(0, min(y, g.Height-1))
	for _, r := range text {
		g.Set(x, y, Cell{Glyph: string(r), Fg: fg, Bg: bg, Bold: true})
		x++
	}
}

// Draw paints a picture as half-blocks, or as shades where there are no colours. Each cell shows two of its rows.
func (g *Grid) Draw(x0, y0 int, m frames.Image) {
	for y := 0; y < m.Height; y += 2 {
		for x := range m.Width {
			top := At(m, x, y)
			bottom := top
			if y+1 < m.Height {
				bottom = At(m, x, y+1)
			}
			g.Set(x0+x, y0+y/2, g.halves(x, y, top, bottom))
		}
	}
}

func (g *Grid) halves(x, y int, top, bottom Color) Cell {
	switch g.Depth {
	case Plain:
		return Cell{Glyph: character((top.Luma() + bottom.Luma()) / 2), Default: true}
	case Sixteen:
		top, bottom = dither(top, x, y), dither(bottom, x, y+1)
	}
	return Cell{Glyph: "▀", Fg: top, Bg: bottom}
}

// character is a shade from dark to bright, on a dark background.
func character(luma int) string {
	const ramp = " .:-=+*#%@"
	i := luma * len(ramp) / 256
	return ramp[i : i+1]
}

// Lines are the grid's rows with their escape sequences. Each ends in the terminal's own colours.
func (g *Grid) Lines() []string {
	lines := make([]string, g.Height)
	b := make([]byte, 0, 40*g.Width)
	for y := range lines {
		b = b[:0]
		last := Cell{Default: true}
		for _, c := range g.cells[y*g.Width : (y+1)*g.Width] {
			b = append(g.change(b, last, c), c.Glyph...)
			last = c
		}
		if !last.plain() {
			b = append(b, "\x1b[m"...)
		}
		lines[y] = string(b)
	}
	return lines
}

// plain reports whether the cell is in the terminal's own colours.
func (c Cell) plain() bool { return c.Default && !c.Bold && c.image == 0 }

// change is the sequence that leads from one cell's colours to the next one's.
func (g *Grid) change(b []byte, from, to Cell) []byte {
	from.Glyph, to.Glyph = "", ""
	if from == to {
		return b
	}
	b = append(b, "\x1b["...)
	if !from.plain() && (from.Bold != to.Bold || to.Default || from.image != to.image) {
		b = append(b, '0', ';')
		from = Cell{Default: true}
	}
	if to.Bold {
		b = append(b, '1', ';')
	}
	switch {
	case to.image != 0:
		b = append(imageInk(b, to.image), ';')
	case to.Default:
	case g.Depth == Plain:
		b = append(b, '7', ';') // a label without colours is reversed
	default:
		if from.Default || from.Fg != to.Fg {
			b = append(g.Depth.ink(b, to.Fg, false), ';')
		}
		if from.Default || from.Bg != to.Bg {
			b = append(g.Depth.ink(b, to.Bg, true), ';')
		}
	}
	b[len(b)-1] = 'm'
	return b
}
