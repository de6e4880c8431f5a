// Package termimg shows pictures in a terminal. Half-blocks, two pixels in each cell, work wherever colours do; shades of
// grey made of characters work everywhere; and a terminal that answers the probe gets the pixels themselves through the
// Kitty graphics protocol.
//
// There is no sixel: its pictures lie over the cells and outlive them, so a label on a face or a menu over the picture
// would need the whole picture again, and terminals that know sixel but not Kitty's protocol show half-blocks well.
package termimg

import "github.com/blendscope/blendscope/frames"

// Color is a colour of a picture. The zero value is black.
type Color struct{ R, G, B uint8 }

// At is the colour of a pixel.
func At(m frames.Image, x, y int) Color {
	p := m.Pix[y*m.Stride+3*x:]
	return Color{p[2], p[1], p[0]}
}

// Put sets a pixel; outside the picture it does nothing.
func Put(m frames.Image, x, y int, c Color) {
	if x < 0 || y < 0 || x >= m.Width || y >= m.Height {
		return
	}
	p := m.Pix[y*m.Stride+3*x:]
	p[0], p[1], p[2] = c.B, c.G, c.R
}

// Blend moves a pixel towards a colour: share 0 leaves it, 1 replaces it.
func Blend(m frames.Image, x, y int, c Color, share float32) {
	if x < 0 || y < 0 || x >= m.Width || y >= m.Height {
		return
	}
	p := m.Pix[y*m.Stride+3*x:]
	for i, v := range [3]uint8{c.B, c.G, c.R} {
		p[i] = uint8(float32(p[i]) + share*(float32(v)-float32(p[i])) + 0.5)
	}
}

// Luma is the brightness of a colour, 0 .. 255.
func (c Color) Luma() int { return (299*int(c.R) + 587*int(c.G) + 114*int(c.B) + 500) / 1000 }

// Clone is a copy with its own, gapless memory.
func Clone(m frames.Image) frames.Image {
	c := frames.NewImage(m.Width, m.Height)
	for y := range m.Height {
		copy(c.Pix[y*c.Stride:(y+1)*c.Stride], m.Pix[y*m.Stride:])
	}
	return c
}
