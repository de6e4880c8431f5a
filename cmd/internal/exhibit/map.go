package exhibit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/blendscope/blendscope/score"
)

// ErrBadMap is the error of a map that says one size and has another.
var ErrBadMap = errors.New("the map is damaged")

// mostSide bounds the maps of results read from a file.
const mostSide = 512

// Map is where a face looks composited: Side x Side probabilities in [0, 1], row-major from the top left of the crop.
type Map struct {
	Side   int
	Values []float64
}

// ReadMap decodes a result's map; nil for nil.
func ReadMap(m *score.HeatMap) (*Map, error) {
	if m == nil {
		return nil, nil
	}
	data, err := base64.StdEncoding.DecodeString(m.Values)
	if err != nil || m.Side < 1 || m.Side > mostSide || len(data) != m.Side*m.Side {
		return nil, fmt.Errorf("%w: %d bytes for side %d", ErrBadMap, len(data), m.Side)
	}
	values := make([]float64, len(data))
	for i, v := range data {
		values[i] = float64(v) / 255
	}
	return &Map{m.Side, values}, nil
}

// Most is the highest value.
func (m *Map) Most() float64 {
	most := 0.0
	for _, v := range m.Values {
		most = max(most, v)
	}
	return most
}

// Mean is the average value.
func (m *Map) Mean() float64 {
	sum := 0.0
	for _, v := range m.Values {
		sum += v
	}
	return sum / float64(len(m.Values))
}

// at interpolates between the centres of the cells; x and y in [0, 1] span the crop.
func (m *Map) at(x, y float64) float64 {
	x, y = x*float64(m.Side)-0.5, y*float64(m.Side)-0.5
	left, top := int(math.Floor(x)), int(math.Floor(y))
	fx, fy := x-float64(left), y-float64(top)
	cell := func(cx, cy int) float64 { return m.Values[clamp(cy, m.Side)*m.Side+clamp(cx, m.Side)] }
	above := (1-fx)*cell(left, top) + fx*cell(left+1, top)
	below := (1-fx)*cell(left, top+1) + fx*cell(left+1, top+1)
	return (1-fy)*above + fy*below
}

// stops are the colours of the scale at equal distances from 0 to 1, after matplotlib's plasma (CC0): lightness rises
// evenly, so that it also reads in print and for those who confuse red and green.
var stops = [...]color.NRGBA{
	{0x0d, 0x08, 0x87, 0xff},
	{0x5c, 0x01, 0xa6, 0xff},
	{0x9c, 0x17, 0x9e, 0xff},
	{0xcc, 0x47, 0x78, 0xff},
	{0xed, 0x79, 0x53, 0xff},
	{0xfd, 0xb4, 0x2f, 0xff},
	{0xf0, 0xf9, 0x21, 0xff},
}

// Cover is how much of the picture below a full colour hides.
const Cover = 0.8

// quiet is the value up to which nothing is drawn: what a map has everywhere says nothing.
const quiet = 0.06

// Color is the colour of a value in [0, 1] on the map's scale. It is the same in every picture of every clip: nothing is
// stretched to look stronger than it is. Low values fade out, so that a quiet map leaves the picture as it is.
func Color(v float64) color.NRGBA {
	v = min(1, max(0, v))
	place := v * float64(len(stops)-1)
	i := min(int(place), len(stops)-2)
	f := place - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round((1-f)*float64(a) + f*float64(b))) }
	a, b := stops[i], stops[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), uint8(math.Round(255 * Cover * min(1, max(0, v-quiet)/(0.5-quiet))))}
}

// Overlay is the crop in shades of grey with the map over it, nil without a map.
func (p *Picture) Overlay() *image.RGBA {
	if p.Map == nil || p.Crop == nil {
		return nil
	}
	out := image.NewRGBA(p.Crop.Rect)
	width, height := out.Rect.Dx(), out.Rect.Dy()
	for y := range height {
		for x := range width {
			v := p.Map.at((float64(x)+0.5)/float64(width), (float64(y)+0.5)/float64(height))
			out.SetRGBA(x, y, over(grey(p.Crop.RGBAAt(x, y)), Color(v)))
		}
	}
	return out
}

func grey(c color.RGBA) uint8 { return color.GrayModel.Convert(c).(color.Gray).Y }

// over lays a colour over grey.
func over(base uint8, c color.NRGBA) color.RGBA {
	a := float64(c.A) / 255
	mix := func(v uint8) uint8 { return uint8(math.Round((1-a)*float64(base) + a*float64(v))) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255}
}

// Legend is the scale from 0 (left) to 1 (right) over middle grey.
func Legend(width, height int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		c := over(128, Color((float64(x)+0.5)/float64(width)))
		for y := range height {
			out.SetRGBA(x, y, c)
		}
	}
	return out
}
