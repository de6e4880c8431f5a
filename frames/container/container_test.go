package container

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
)

func inspect(data []byte) (Facts, error) {
	return Inspect(bytes.NewReader(data), int64(len(data)))
}

func clip(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestInspectTestdata(t *testing.T) {
	for name, want := range map[string]Facts{
		"clips/portrait.mp4":      {Kind: frames.Video, Family: "mp4", Ending: Whole, Counted: true, Orientation: 1, Duration: 4 * time.Second},
		"clips/rotated.mp4":       {Kind: frames.Video, Family: "mp4", Ending: Whole, Counted: true, Orientation: 6, Duration: 1480 * time.Millisecond},
		"clips/truncated.mp4":     {Kind: frames.Video, Family: "mp4", Ending: Cut, Counted: true, Orientation: 1, Duration: 4 * time.Second},
		"photos/portrait.jpg":     {Kind: frames.Photo, Family: "jpeg", Ending: Whole, Width: 400, Height: 420, Orientation: 1},
		"photos/orientation6.jpg": {Kind: frames.Photo, Family: "jpeg", Ending: Whole, Width: 420, Height: 400, Orientation: 6},
	} {
		got, err := inspect(clip(t, name))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
	}
}

// What is not on the list of families does not pass, above all nothing that could name other files.
func TestInspectRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"empty":           {"", frames.ErrNotMedia},
		"text":            {"Dear reader,\n", frames.ErrNotMedia},
		"zeros":           {strings.Repeat("\x00", 4096), frames.ErrNotMedia},
		"HLS playlist":    {"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", frames.ErrNotMedia},
		"concat script":   {"ffconcat version 1.0\nfile /etc/passwd\n", frames.ErrNotMedia},
		"SDP":             {"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", frames.ErrNotMedia},
		"DASH":            {"<?xml version=\"1.0\"?><MPD></MPD>", frames.ErrNotMedia},
		"SVG":             {"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", frames.ErrNotMedia},
		"BM and a text":   {"BMW is a maker of cars", frames.ErrNotMedia},
		"BMP, cut":        {"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", frames.ErrBadGeometry},
		"BMP, huge":       {"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x80", frames.ErrBadGeometry},
		"mp4, no index":   {"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x20mdat", frames.ErrNotMedia},
		"HEIC":            {"\x00\x00\x00\x10ftypheic\x00\x00\x00\x00\x00\x00\x00\x08meta", frames.ErrUnsupported},
		"TIFF":            {"II*\x00\x08\x00\x00\x00", frames.ErrUnsupported},
		"raw photo":       {"MM\x00*\x00\x00\x00\x08", frames.ErrUnsupported},
		"JPEG XL":         {"\xff\x0a\x00", frames.ErrUnsupported},
		"PDF":             {"%PDF-1.7\n", frames.ErrUnsupported},
		"animated WebP":   {"RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x3f\x01\x00\xef\x00\x00ANIM\x00\x00\x00\x00", frames.ErrUnsupported},
		"WAV":             {"RIFF\x04\x00\x00\x00WAVE", frames.ErrNoVideo},
		"MP3":             {"ID3\x03", frames.ErrNoVideo},
		"Ogg Vorbis":      {"OggS\x00\x02\x01vorbis", frames.ErrNoVideo},
		"AVI, no video":   {"RIFF\x04\x00\x00\x00AVI strhauds", frames.ErrNoVideo},
		"JPEG, no size":   {"\xff\xd8\xff\xd9", frames.ErrBadGeometry},
		"PNG, zero width": {"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x00\x00\x00\x00\x10", frames.ErrBadGeometry},
	} {
		if facts, err := inspect([]byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v; want %v", name, facts, err, c.want)
		}
	}
	if _, err := inspect(clip(t, "clips/audio-only.m4a")); !errors.Is(err, frames.ErrNoVideo) {
		t.Errorf("audio-only.m4a: %v", err)
	}
}

// Every proper beginning of a whole file is refused or known to be cut.
func TestInspectSeesEveryCut(t *testing.T) {
	for _, name := range []string{"clips/portrait.mp4", "photos/portrait.jpg"} {
		whole := clip(t, name)
		for n := 0; n < len(whole); n += 97 {
			if facts, err := inspect(whole[:n]); err == nil && facts.Ending != Cut {
				t.Fatalf("%s: the first %d of %d bytes pass as %+v", name, n, len(whole), facts)
			}
		}
	}
}

func TestMatroska(t *testing.T) {
	// sizes of four bytes: 0x10 marks the length
	element := func(id string, body ...string) string {
		content := strings.Join(body, "")
		size := binary.BigEndian.AppendUint32(nil, uint32(len(content))|0x10000000)
		return id + string(size) + content
	}
	file := func(docType, trackType, codec string) string {
		tracks := element("\x16\x54\xae\x6b", element("\xae", element("\x83", trackType), element("\x86", codec)))
		cluster := element("\x1f\x43\xb6\x75", strings.Repeat("x", 100))
		return element("\x1a\x45\xdf\xa3", element("\x42\x82", docType)) + element("\x18\x53\x80\x67", tracks, cluster)
	}
	whole := file("webm", "\x01", "V_VP9")
	want := Facts{Kind: frames.Video, Family: "webm", Codec: "vp9", Ending: Whole}
	if got, err := inspect([]byte(whole)); err != nil || got != want {
		t.Errorf("whole: %+v, %v", got, err)
	}
	want.Ending = Cut
	if got, err := inspect([]byte(whole[:len(whole)-1])); err != nil || got != want {
		t.Errorf("cut: %+v, %v", got, err)
	}
	if got, err := inspect([]byte(file("matroska", "\x01", "V_MPEG4/ISO/AVC"))); err != nil || got.Family != "mkv" || got.Codec != "h264" {
		t.Errorf("mkv: %+v, %v", got, err)
	}
	if _, err := inspect([]byte(file("matroska", "\x02", "A_OPUS"))); !errors.Is(err, frames.ErrNoVideo) {
		t.Errorf("audio only: %v", err)
	}
}

func TestWebPSizes(t *testing.T) {
	for kind, body := range map[string]string{
		"VP8 ": "\x00\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00",
		"VP8L": "\x2f\x3f\xc1\x3b\x00\x00\x00\x00\x00\x00",
		"VP8X": "\x00\x00\x00\x00\x3f\x01\x00\xef\x00\x00",
	} {
		data := "RIFF\x16\x00\x00\x00WEBP" + kind + "\x0a\x00\x00\x00" + body
		if got, err := inspect([]byte(data)); err != nil || got.Width != 320 || got.Height != 240 || got.Ending != Whole {
			t.Errorf("%s: %+v, %v", kind, got, err)
		}
	}
}

func TestBMP(t *testing.T) {
	header := func(length int, body string) string {
		return "BM" + le32(length) + "\x00\x00\x00\x00\x36\x00\x00\x00" + body
	}
	for name, c := range map[string]struct {
		data string
		want Facts
	}{
		"from the bottom": {header(26, le32(40)+le32(320)+le32(240)), Facts{Kind: frames.Photo, Family: "bmp", Ending: Whole, Width: 320, Height: 240, Orientation: 1}},
		"from the top":    {header(26, le32(124)+le32(320)+le32(-240)), Facts{Kind: frames.Photo, Family: "bmp", Ending: Whole, Width: 320, Height: 240, Orientation: 1}},
		"OS/2":            {header(26, le32(12)+"\x40\x01\xf0\x00"+le32(0)), Facts{Kind: frames.Photo, Family: "bmp", Ending: Whole, Width: 320, Height: 240, Orientation: 1}},
		"cut":             {header(27, le32(40)+le32(320)+le32(240)), Facts{Kind: frames.Photo, Family: "bmp", Ending: Cut, Width: 320, Height: 240, Orientation: 1}},
	} {
		if got, err := inspect([]byte(c.data)); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestOrientationBothByteOrders(t *testing.T) {
	little := "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"
	big := "MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03\x00\x00\x00\x00\x00\x00"
	for tiff, want := range map[string]Orientation{little: 8, big: 3, "": 1, little[:12]: 1, "II*\x00\xff\xff\xff\xff": 1} {
		if got := orientation([]byte(tiff)); got != want {
			t.Errorf("%q: %d, want %d", tiff, got, want)
		}
	}
}

func TestQuarterTurns(t *testing.T) {
	const one = 1 << 16
	for _, c := range []struct {
		a, b, c, d int32
		want       Orientation
		rotation   int
		mirrored   bool
	}{
		{one, 0, 0, one, 1, 0, false},
		{0, one, -one, 0, 6, 90, false},
		{-one, 0, 0, -one, 3, 180, false},
		{0, -one, one, 0, 8, 270, false},
		{-one, 0, 0, one, 2, 0, true},
		{0, 0, 0, 0, 1, 0, false},
		{one, one, -one, one, 1, 0, false}, // 45 degrees
	} {
		got := quarterTurn(c.a, c.b, c.c, c.d)
		if got != c.want || got.Rotation() != c.rotation || got.Mirrored() != c.mirrored {
			t.Errorf("%d %d %d %d: %d, %d degrees, mirrored %t", c.a, c.b, c.c, c.d, got, got.Rotation(), got.Mirrored())
		}
	}
}

// Hostile files must neither crash nor hang the gate, and its errors are of the kinds it promises.
func FuzzInspect(f *testing.F) {
	for _, name := range []string{"clips/rotated.mp4", "photos/orientation6.jpg", "clips/audio-only.m4a"} {
		data := clip(f, name)
		f.Add(data[:min(len(data), 4096)])
	}
	f.Add([]byte("\x1a\x45\xdf\xa3\x84\x42\x82\x81w\x18\x53\x80\x67\x81\xae"))
	f.Add([]byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x3f\x01\x00\xef\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		facts, err := inspect(data)
		known := errors.Is(err, frames.ErrNotMedia) || errors.Is(err, frames.ErrUnsupported) || errors.Is(err, frames.ErrNoVideo) || errors.Is(err, frames.ErrBadGeometry)
		if err != nil && !known {
			t.Fatal(err)
		}
		if err == nil && facts.Kind == frames.Photo && (facts.Width <= 0 || facts.Height <= 0) {
			t.Fatalf("%+v", facts)
		}
	})
}
