package termimg

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"

	"github.com/blendscope/blendscope/frames"
)

// probeID is the image that the probe asks about. The answer names it.
const probeID = 31

// askCellSize is xterm's window operation that reports a cell's size in pixels.
const askCellSize = 16

// Probe asks the terminal whether it draws pictures by Kitty's protocol, and how many pixels a cell has. Terminals that do
// not know the questions ignore them.
func Probe() string {
	query := kitty.Options{ID: probeID, Action: kitty.Query, Transmission: kitty.Direct, Format: kitty.RGB, ImageWidth: 1, ImageHeight: 1}
	return ansi.KittyGraphics([]byte("AAAA"), query.Options()...) + ansi.WindowOp(askCellSize)
}

// Answered reports whether an answer of the terminal is a yes to the probe.
func Answered(o kitty.Options, payload []byte) bool {
	return o.ID == probeID && string(payload) == "OK"
}

// Places reports whether a terminal, by what it calls itself when asked, knows placeholders: characters that stand for parts
// of a picture. Others that draw pictures by Kitty's protocol would show them as unknown characters.
func Places(terminal string) bool {
	if strings.HasPrefix(terminal, "ghostty ") {
		return true
	}
	var major, minor int
	_, err := fmt.Sscanf(terminal, "kitty(%d.%d", &major, &minor)
	return err == nil && (major > 0 || minor >= 28)
}

// Transmit is the sequence that hands a picture to the terminal under a number from 1 to 255 and makes it fill a grid of
// cells, wherever placeholders for it stand. The terminal answers nothing.
func Transmit(id uint8, m frames.Image, columns, rows int) string {
	o := kitty.Options{
		ID: int(id), Action: kitty.TransmitAndPut, Transmission: kitty.Direct, Format: kitty.RGB, Compression: kitty.Zlib,
		ImageWidth: m.Width, ImageHeight: m.Height, VirtualPlacement: true, Columns: columns, Rows: rows, Quite: 2,
	}
	return chunked(o.Options(), packed(m))
}

// Forget is the sequence that takes pictures out of the terminal's memory.
func Forget(ids ...uint8) string {
	var b bytes.Buffer
	for _, id := range ids {
		o := kitty.Options{Action: kitty.Delete, Delete: kitty.DeleteID, DeleteResources: true, ID: int(id), Quite: 2}
		b.WriteString(ansi.KittyGraphics(nil, o.Options()...))
	}
	return b.String()
}

// packed is the picture as RGB, compressed and in base64.
func packed(m frames.Image) []byte {
	var raw bytes.Buffer
	z, _ := zlib.NewWriterLevel(&raw, zlib.BestSpeed) // fails for unknown levels only
	row := make([]byte, 3*m.Width)
	for y := range m.Height {
		for x := range m.Width {
			c := At(m, x, y)
			row[3*x], row[3*x+1], row[3*x+2] = c.R, c.G, c.B
		}
		_, _ = z.Write(row) // a buffer takes everything
	}
	_ = z.Close()
	return base64.StdEncoding.AppendEncode(nil, raw.Bytes())
}

// chunked cuts the data into pieces of the size that terminals must take.
func chunked(options []string, data []byte) string {
	var b bytes.Buffer
	for first := true; first || len(data) > 0; first = false {
		n := min(len(data), kitty.MaxChunkSize)
		more := "m=0"
		if n < len(data) {
			more = "m=1"
		}
		o := []string{more}
		if first {
			o = append(options, more)
		}
		b.WriteString(ansi.KittyGraphics(data[:n], o...))
		data = data[n:]
	}
	return b.String()
}

// Place fills a part of the grid with placeholders for a transmitted picture. Labels written over them hide its pixels.
func (g *Grid) Place(x0, y0, columns, rows int, id uint8) {
	for y := range rows {
		for x := range columns {
			glyph := fmt.Sprintf("%c%c%c", kitty.Placeholder, kitty.Diacritic(y), kitty.Diacritic(x))
			g.Set(x0+x, y0+y, Cell{Glyph: glyph, Default: true, image: id})
		}
	}
}

// imageInk names a picture by the foreground colour of its placeholders. A colour of the palette survives where the
// renderer does not know of 24-bit colours.
func imageInk(b []byte, id uint8) []byte {
	return strconv.AppendUint(append(b, "38;5;"...), uint64(id), 10)
}
