package termimg

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"image"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"

	"github.com/blendscope/blendscope/frames"
)

// gradient is dark at the left and bright at the right, with blue rising from top to bottom.
func gradient(width, height int) frames.Image {
	m := frames.NewImage(width, height)
	for y := range height {
		for x := range width {
			v := uint8(255 * x / max(1, width-1))
			Put(m, x, y, Color{v, v, uint8(255 * y / max(1, height-1))})
		}
	}
	return m
}

func near(a, b uint8, by int) bool { return max(int(a)-int(b), int(b)-int(a)) <= by }

func TestScaleAverages(t *testing.T) {
	m := gradient(1920, 1080)
	s := Scale(m, image.Rect(0, 0, 1920, 1080), 96, 54)
	for _, at := range []image.Point{{0, 0}, {95, 53}, {48, 27}} {
		want := At(m, at.X*20+10, at.Y*20+10)
		if got := At(s, at.X, at.Y); !near(got.R, want.R, 3) || !near(got.B, want.B, 6) {
			t.Errorf("at %v: %v, want about %v", at, got, want)
		}
	}
	checks := frames.NewImage(8, 8) // single pixels: their average is grey
	for y := range 8 {
		for x := range 8 {
			if (x+y)%2 == 0 {
				Put(checks, x, y, Color{255, 255, 255})
			}
		}
	}
	if c := At(Scale(checks, image.Rect(0, 0, 8, 8), 2, 2), 0, 0); !near(c.R, 128, 1) {
		t.Errorf("average %v", c)
	}
}

func TestScaleOfAPartBeyondThePicture(t *testing.T) {
	s := Scale(gradient(10, 10), image.Rect(-10, -10, 20, 20), 3, 3)
	if At(s, 0, 0) != (Color{}) || At(s, 1, 1) == (Color{}) || At(s, 2, 2) != (Color{}) {
		t.Errorf("corner %v, middle %v, corner %v", At(s, 0, 0), At(s, 1, 1), At(s, 2, 2))
	}
	for _, empty := range []frames.Image{Scale(frames.Image{}, image.Rect(0, 0, 1, 1), 2, 2), Scale(gradient(2, 2), image.Rectangle{}, 2, 2)} {
		if At(empty, 1, 1) != (Color{}) {
			t.Error("not black")
		}
	}
	if enlarged := Scale(gradient(2, 2), image.Rect(0, 0, 2, 2), 8, 8); At(enlarged, 7, 0).R != 255 || At(enlarged, 0, 0).R != 0 {
		t.Error("enlarging")
	}
}

func TestFitKeepsTheAspect(t *testing.T) {
	tests := []struct {
		width, height int
		pixel         float64
		box, want     image.Point
	}{
		{1280, 720, 1, image.Pt(80, 60), image.Pt(80, 45)},
		{1280, 720, 1, image.Pt(80, 20), image.Pt(36, 20)},
		{720, 1280, 2, image.Pt(80, 32), image.Pt(36, 32)}, // in cells twice as high as wide
		{1, 1000, 1, image.Pt(10, 10), image.Pt(1, 10)},
		{0, 10, 1, image.Pt(10, 10), image.Point{}},
		{10, 10, 1, image.Pt(0, 10), image.Point{}},
	}
	for _, test := range tests {
		if got := Fit(test.width, test.height, test.pixel, test.box); got != test.want {
			t.Errorf("%dx%d into %v: %v, want %v", test.width, test.height, test.box, got, test.want)
		}
	}
}

func TestHalfBlocksShowTwoRowsACell(t *testing.T) {
	m := frames.NewImage(2, 2)
	Put(m, 0, 0, Color{R: 255})
	Put(m, 0, 1, Color{G: 255})
	for depth, want := range map[Depth]string{
		TrueColor: "\x1b[38;2;255;0;0;48;2;0;255;0m▀\x1b[38;2;0;0;0;48;2;0;0;0m▀\x1b[m",
		Palette:   "\x1b[38;5;196;48;5;46m▀\x1b[38;5;16;48;5;16m▀\x1b[m",
		Plain:     "= ",
	} {
		g := NewGrid(2, 1, depth)
		g.Draw(0, 0, m)
		if got := g.Lines()[0]; !strings.HasPrefix(got, want) {
			t.Errorf("depth %d: %q, want %q", depth, got, want)
		}
	}
}

func TestPaletteColoursAreTheNearest(t *testing.T) {
	for c, want := range map[Color]int{
		{}: 16, {255, 255, 255}: 231, {255, 0, 0}: 196, {128, 128, 128}: 244, {95, 135, 175}: 67, {8, 8, 8}: 232,
	} {
		if got := cube(c); got != want {
			t.Errorf("%v: %d, want %d", c, got, want)
		}
	}
	for c, want := range map[Color]int{{}: 0, {250, 250, 250}: 15, {250, 10, 10}: 9, {120, 120, 120}: 8} {
		if got := sixteen(c); got != want {
			t.Errorf("%v: %d, want %d", c, got, want)
		}
	}
}

func TestLabelsStayInsideAndReset(t *testing.T) {
	g := NewGrid(10, 2, TrueColor)
	g.Text(8, -3, "abcd", Color{}, Color{R: 9})
	line := g.Lines()[0]
	if got := ansi.Strip(line); got != "      abcd" {
		t.Errorf("%q", got)
	}
	if !strings.HasSuffix(line, "\x1b[m") || ansi.StringWidth(line) != 10 {
		t.Errorf("%q", line)
	}
	g = NewGrid(6, 1, Plain)
	g.Text(0, 0, "ab", Color{}, Color{R: 9})
	if got := g.Lines()[0]; got != "\x1b[1;7mab\x1b[0m    " {
		t.Errorf("without colours: %q", got)
	}
}

func TestTransmitHandsOverThePixels(t *testing.T) {
	m := gradient(64, 48)
	var data []byte
	sequence := Transmit(7, m, 20, 10)
	for i, part := range strings.Split(strings.TrimSuffix(sequence, "\x1b\\"), "\x1b\\") {
		options, payload, ok := strings.Cut(strings.TrimPrefix(part, "\x1b_G"), ";")
		if !ok || len(payload) > kitty.MaxChunkSize {
			t.Fatalf("part %d: %d bytes", i, len(payload))
		}
		if i == 0 {
			var o kitty.Options
			if err := o.UnmarshalText([]byte(options)); err != nil {
				t.Fatal(err)
			}
			if o.ID != 7 || o.Columns != 20 || o.Rows != 10 || !o.VirtualPlacement || o.ImageWidth != 64 || o.Quite != 2 || strings.Contains(options, "t=") {
				t.Errorf("options %q", options)
			}
		}
		data = append(data, payload...)
	}
	raw, err := base64.StdEncoding.DecodeString(string(data))
	if err != nil {
		t.Fatal(err)
	}
	z, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := io.ReadAll(z)
	if c := At(m, 63, 47); err != nil || len(pixels) != 3*64*48 || !bytes.HasSuffix(pixels, []byte{c.R, c.G, c.B}) {
		t.Errorf("%d bytes, %v", len(pixels), err)
	}
}

func TestPlaceholdersNameThePicture(t *testing.T) {
	g := NewGrid(4, 2, TrueColor)
	g.Place(1, 0, 3, 2, 41)
	g.Text(2, 1, "#1", Color{}, Color{R: 1})
	line := g.Lines()[1]
	if !strings.Contains(line, "\x1b[38;5;41m\U0010EEEE\u030D\u0305") || ansi.StringWidth(line) != 4 {
		t.Errorf("%q", line)
	}
	if !strings.Contains(ansi.Strip(line), "#1") {
		t.Errorf("label is missing in %q", line)
	}
}

func TestAnswers(t *testing.T) {
	if !strings.Contains(Probe(), "i=31") || !strings.Contains(Probe(), "a=q") {
		t.Errorf("probe %q", Probe())
	}
	if !Answered(kitty.Options{ID: probeID}, []byte("OK")) || Answered(kitty.Options{ID: probeID}, []byte("ENOTSUPPORTED")) || Answered(kitty.Options{ID: 1}, []byte("OK")) {
		t.Error("a wrong answer counts, or a right one does not")
	}
	for name, want := range map[string]bool{
		"kitty(0.28.0)": true, "kitty(0.26.5)": false, "kitty(1.0)": true, "ghostty 1.1.3": true, "WezTerm 20240203": false, "tmux 3.3a": false, "": false,
	} {
		if Places(name) != want {
			t.Errorf("%q knows placeholders: %v", name, !want)
		}
	}
	if got := Forget(41); !strings.Contains(got, "d=I") || !strings.Contains(got, "i=41") {
		t.Errorf("forget %q", got)
	}
}

func BenchmarkScale1080p(b *testing.B) {
	m := gradient(1920, 1080)
	for b.Loop() {
		Scale(m, image.Rect(0, 0, 1920, 1080), 88, 50)
	}
}

func BenchmarkHalfBlocks(b *testing.B) {
	m := gradient(88, 50)
	for b.Loop() {
		g := NewGrid(88, 25, TrueColor)
		g.Draw(0, 0, m)
		g.Lines()
	}
}
