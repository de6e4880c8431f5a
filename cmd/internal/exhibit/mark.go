package exhibit

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The marks are yellow inside black: visible on any picture.
var (
	ink   = color.RGBA{0xff, 0xd6, 0x0a, 0xff}
	paper = color.RGBA{0, 0, 0, 0xff}
)

// Marked is the frame with a box around the face and the face's number.
func (p *Picture) Marked() *image.RGBA {
	out := image.NewRGBA(p.Frame.Rect)
	copy(out.Pix, p.Frame.Pix)
	p.Mark(out)
	return out
}

// Mark draws the same onto the frame or a copy of it.
func (p *Picture) Mark(out *image.RGBA) {
	b := p.Best.Box
	at := func(v float64) int { return int(math.Round(v * p.scale)) }
	box := image.Rect(at(b[0]), at(b[1]), at(b[0]+b[2]), at(b[1]+b[3]))
	line := max(2, max(out.Rect.Dx(), out.Rect.Dy())/320)
	outline(out, box.Inset(-line), 3*line, paper)
	outline(out, box, line, ink)
	label(out, box, 8*line, strconv.Itoa(p.Track))
}

// outline draws a rectangle whose line of n pixels lies inside it.
func outline(m *image.RGBA, r image.Rectangle, n int, c color.Color) {
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+n)},
		{image.Pt(r.Min.X, r.Max.Y-n), r.Max},
		{r.Min, image.Pt(r.Min.X+n, r.Max.Y)},
		{image.Pt(r.Max.X-n, r.Min.Y), r.Max},
	} {
		draw.Draw(m, side.Canon(), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// label writes a text of the given height into the box's top left corner, as much of it as lies in the picture.
func label(m *image.RGBA, box image.Rectangle, height int, text string) {
	face, err := newFace(height)
	if err != nil {
		return // the font is part of the program
	}
	defer face.Close()
	seen := box.Intersect(m.Rect)
	width := font.MeasureString(face, text).Ceil()
	plate := image.Rect(0, 0, width+height*2/3, height*4/3).Add(seen.Min)
	draw.Draw(m, plate, image.NewUniform(ink), image.Point{}, draw.Src)
	d := font.Drawer{Dst: m, Src: image.NewUniform(paper), Face: face}
	d.Dot = fixed.P(plate.Min.X+height/3, plate.Min.Y+height*67/60)
	d.DrawString(text)
}

// newFace is a font whose capitals and figures are about height pixels tall.
func newFace(height int) (font.Face, error) {
	f, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: float64(height) * 1.35, DPI: 72, Hinting: font.HintingFull})
}
