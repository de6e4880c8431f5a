package tui

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/frames"
)

// annotated is a frame in its full size with boxes, labels and maps.
func annotated(frame frames.Image, faces []record.Face, heat bool, t theme) *image.RGBA {
	s := scene{image: frame, part: image.Rect(0, 0, frame.Width, frame.Height), faces: faces, heat: heat}
	s.draw(t, true)
	m := image.NewRGBA(s.part)
	for y := range frame.Height {
		for x := range frame.Width {
			c := termimg.At(frame, x, y)
			m.SetRGBA(x, y, color.RGBA{c.R, c.G, c.B, 255})
		}
	}
	size := max(12, min(frame.Width, frame.Height)/28)
	for _, f := range faces {
		text := fmt.Sprintf("#%d %s", f.Track, strings.TrimSpace(percent(f.Score)))
		if f.Track == 0 {
			text = "face"
		}
		label(m, s.rectangle(f.Box).Min, text, size, t.track(f.Track))
	}
	return m
}

// label writes a text on a plate above a corner, or below it at the picture's upper edge.
func label(m *image.RGBA, corner image.Point, text string, size int, plate termimg.Color) {
	parsed, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return // the font is part of the program
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return
	}
	defer face.Close()
	width, height := font.MeasureString(face, text).Ceil()+size/2, size*3/2
	x := max(0, min(corner.X, m.Rect.Dx()-width))
	y := max(0, corner.Y-height)
	box := image.Rect(x, y, x+width, y+height)
	draw.Draw(m, box, image.NewUniform(color.RGBA{plate.R, plate.G, plate.B, 255}), image.Point{}, draw.Src)
	d := font.Drawer{Dst: m, Src: image.Black, Face: face, Dot: fixed.P(x+size/4, y+size*11/10)}
	d.DrawString(text)
}
