package termimg

import "strconv"

// Depth is how many colours a terminal shows.
type Depth int

// The depths, fewest first.
const (
	Plain     Depth = iota // none: shades made of characters
	Sixteen                // the terminal's own sixteen
	Palette                // 256: a cube of colours and a ramp of greys
	TrueColor              // 24 bits
)

// ink writes a colour as the parameters of an SGR sequence. Colours are brought to the terminal's depth here rather than by
// the screen's renderer, which remembers each colour it has ever converted: a video has millions.
func (d Depth) ink(b []byte, c Color, background bool) []byte {
	lead := byte('3')
	if background {
		lead = '4'
	}
	switch d {
	case TrueColor:
		b = append(b, lead, '8', ';', '2', ';')
		b = strconv.AppendUint(b, uint64(c.R), 10)
		b = strconv.AppendUint(append(b, ';'), uint64(c.G), 10)
		return strconv.AppendUint(append(b, ';'), uint64(c.B), 10)
	case Palette:
		b = append(b, lead, '8', ';', '5', ';')
		return strconv.AppendUint(b, uint64(cube(c)), 10)
	}
	n := sixteen(c)
	base := uint64(30)
	if n >= 8 {
		base = 90 - 8
	}
	if background {
		base += 10
	}
	return strconv.AppendUint(b, base+uint64(n), 10)
}

// cube is the nearest of the 240 fixed colours of a 256-colour terminal.
func cube(c Color) int {
	r, g, b := level(c.R), level(c.G), level(c.B)
	grey := min(23, max(0, (c.Luma()-3)/10))
	exact := Color{shade(r), shade(g), shade(b)}
	v := uint8(8 + 10*grey)
	if distance(c, Color{v, v, v}) < distance(c, exact) {
		return 232 + grey
	}
	return 16 + 36*r + 6*g + b
}

// level is the nearest of the cube's six steps 0, 95, 135, 175, 215, 255.
func level(v uint8) int {
	if v < 48 {
		return 0
	}
	return max(1, (int(v)-35)/40)
}

func shade(level int) uint8 {
	if level == 0 {
		return 0
	}
	return uint8(55 + 40*level)
}

func distance(a, b Color) int {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return 3*r*r + 6*g*g + bl*bl
}

// sixteen is the nearest of the sixteen colours, as xterm shows them.
func sixteen(c Color) int {
	colours := [16]Color{
		{0, 0, 0},
		{205, 0, 0},
		{0, 205, 0},
		{205, 205, 0},
		{0, 0, 238},
		{205, 0, 205},
		{0, 205, 205},
		{229, 229, 229},
		{127, 127, 127},
		{255, 0, 0},
		{0, 255, 0},
		{255, 255, 0},
		{92, 92, 255},
		{255, 0, 255},
		{0, 255, 255},
		{255, 255, 255},
	}
	best := 0
	for i := range colours {
		if distance(c, colours[i]) < distance(c, colours[best]) {
			best = i
		}
	}
	return best
}

// dither spreads the error of few colours over a pattern of 4 x 4 pixels.
func dither(c Color, x, y int) Color {
	pattern := [16]int{0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5}
	shift := (pattern[4*(y&3)+x&3] - 8) * 3
	move := func(v uint8) uint8 { return uint8(min(255, max(0, int(v)+shift))) }
	return Color{move(c.R), move(c.G), move(c.B)}
}
