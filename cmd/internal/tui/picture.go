package tui

import (
	"fmt"
	"image"
	"math"

	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/frames"
)

// defaultCropScale is the side of the square that a map covers, in sides of the box, where the result does not say.
const defaultCropScale = 1.4

// scene is a picture with all that is drawn onto it.
type scene struct {
	image  frames.Image    // scaled; changed by drawing
	part   image.Rectangle // of the frame, that it shows
	faces  []record.Face
	chosen int  // track
	heat   bool // draw the maps
}

// place is where a point of the frame lies in the picture.
func (s scene) place(x, y float32) (float64, float64) {
	return (float64(x) - float64(s.part.Min.X)) * float64(s.image.Width) / float64(max(1, s.part.Dx())),
		(float64(y) - float64(s.part.Min.Y)) * float64(s.image.Height) / float64(max(1, s.part.Dy()))
}

// rectangle is where a box lies in the picture, in whole pixels.
func (s scene) rectangle(b frames.Box) image.Rectangle {
	x0, y0 := s.place(b.X, b.Y)
	x1, y1 := s.place(b.X+b.W, b.Y+b.H)
	at := func(v float64) int { return int(math.Round(min(max(v, -1e6), 1e6))) }
	return image.Rect(at(x0), at(y0), at(x1), at(y1))
}

// draw puts maps and boxes onto the picture.
func (s scene) draw(t theme, boxes bool) {
	for _, f := range s.faces {
		if s.heat {
			s.drawHeat(f)
		}
	}
	if !boxes {
		return
	}
	line := max(1, s.image.Width/240)
	for _, f := range s.faces {
		r := s.rectangle(f.Box)
		for i := range line {
			outline(s.image, r.Inset(-i), t.track(f.Track))
		}
	}
}

// drawHeat lays the map of a face over the square it covers.
func (s scene) drawHeat(f record.Face) {
	if f.Heat.Side <= 0 {
		return
	}
	scale := f.Heat.Scale
	if scale <= 0 {
		scale = defaultCropScale
	}
	x0, y0, side := frames.SquareCrop(f.Box, scale)
	r := s.rectangle(frames.Box{X: float32(x0), Y: float32(y0), W: float32(side), H: float32(side)})
	inside := r.Intersect(image.Rect(0, 0, s.image.Width, s.image.Height))
	for y := inside.Min.Y; y < inside.Max.Y; y++ {
		for x := inside.Min.X; x < inside.Max.X; x++ {
			across := (float64(x-r.Min.X) + 0.5) / float64(r.Dx())
			down := (float64(y-r.Min.Y) + 0.5) / float64(r.Dy())
			c := exhibit.Color(f.Heat.At(across, down))
			termimg.Blend(s.image, x, y, termimg.Color{R: c.R, G: c.G, B: c.B}, float32(c.A)/255)
		}
	}
}

func outline(m frames.Image, r image.Rectangle, c termimg.Color) {
	for x := r.Min.X; x < r.Max.X; x++ {
		termimg.Put(m, x, r.Min.Y, c)
		termimg.Put(m, x, r.Max.Y-1, c)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		termimg.Put(m, r.Min.X, y, c)
		termimg.Put(m, r.Max.X-1, y, c)
	}
}

// cells is the scene as characters: half-blocks, or shades with boxes made of lines where colours are missing.
func (s scene) cells(t theme, columns, rows int) *termimg.Grid {
	g := termimg.NewGrid(columns, rows, t.depth)
	s.image = termimg.Clone(s.image)
	s.draw(t, t.depth > termimg.Plain)
	g.Draw(0, 0, s.image)
	for _, f := range s.faces {
		if t.depth == termimg.Plain {
			frame(g, s.rectangle(f.Box))
		}
		s.label(g, t, f, 2)
	}
	return g
}

// label writes the track and its score above a face, or into its top where there is no room above. tall is how many rows
// of the picture a cell shows.
func (s scene) label(g *termimg.Grid, t theme, f record.Face, tall int) {
	r := s.rectangle(f.Box)
	if !r.Overlaps(image.Rect(0, 0, s.image.Width, s.image.Height)) {
		return
	}
	text := fmt.Sprintf(" #%d%s ", f.Track, percent(f.Score))
	switch {
	case f.Track == 0:
		text = " face "
	case s.chosen == f.Track:
		text = " ▸" + text[1:]
	}
	wide := max(1, s.image.Width/max(1, g.Width))
	g.Text(r.Min.X/wide, (r.Min.Y-1)/tall-1, text, termimg.Color{}, t.track(f.Track))
}

// frame draws a box of lines around cells.
func frame(g *termimg.Grid, r image.Rectangle) {
	x0, y0, x1, y1 := r.Min.X, r.Min.Y/2, r.Max.X-1, (r.Max.Y-1)/2
	put := func(x, y int, glyph string) { g.Set(x, y, termimg.Cell{Glyph: glyph, Default: true, Bold: true}) }
	for x := x0 + 1; x < x1; x++ {
		put(x, y0, "─")
		put(x, y1, "─")
	}
	for y := y0 + 1; y < y1; y++ {
		put(x0, y, "│")
		put(x1, y, "│")
	}
	put(x0, y0, "┌")
	put(x1, y0, "┐")
	put(x0, y1, "└")
	put(x1, y1, "┘")
}
