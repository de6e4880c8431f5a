package exhibit

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/blendscope/blendscope/frames/container"
)

func TestAPictureMadeForViewingDeclaresIt(t *testing.T) {
	plain, err := PNG(image.NewGray(image.Rect(0, 0, 300, 200)))
	if err != nil {
		t.Fatal(err)
	}
	if Declared(plain) {
		t.Error("a plain picture declares something")
	}
	for name, from := range map[string]io.Reader{
		"whole": bytes.NewReader(plain), "byte by byte": iotest.OneByteReader(bytes.NewReader(plain)), "in halves": iotest.HalfReader(bytes.NewReader(plain)),
	} {
		var b bytes.Buffer
		if n, err := io.Copy(onlyWriter{Declare(&b)}, struct{ io.Reader }{from}); err != nil || n != int64(len(plain)) {
			t.Fatalf("%s: %d bytes, err = %v", name, n, err)
		}
		if !Declared(b.Bytes()) || !Declared(b.Bytes()[:200]) {
			t.Errorf("%s: not declared", name)
		}
		if _, err := png.Decode(bytes.NewReader(b.Bytes())); err != nil || !container.PNGIntact(b.Bytes()) {
			t.Errorf("%s: no intact picture: %v", name, err)
		}
		if d := container.Declare(bytes.NewReader(b.Bytes()), int64(b.Len())); !slices.Equal(d.Software, []string{"Blendscope, picture made for viewing"}) {
			t.Errorf("%s: other programs read %q", name, d.Software)
		}
	}
}

func TestDeclaredLooksAtTheBeginningOfPNGsOnly(t *testing.T) {
	text, filler := string(declaration()), strings.Repeat("x", DeclaredWithin)
	for name, b := range map[string]string{
		"empty": "", "signature": pngSignature, "no PNG": text, "far behind": pngSignature + filler + text,
		"cut": pngSignature + text[:len(text)-1], "other checksum": pngSignature + text[:len(text)-1] + "\x00",
	} {
		if Declared([]byte(b)) {
			t.Errorf("%s is taken for a picture made for viewing", name)
		}
	}
}

func TestDeclareFailsWithItsWriter(t *testing.T) {
	plain, err := PNG(image.NewGray(image.Rect(0, 0, 8, 8)))
	if err != nil {
		t.Fatal(err)
	}
	for room := range behindHeader + len(declaration()) + 10 {
		if _, err := Declare(&full{room}).Write(plain); !errors.Is(err, io.ErrShortWrite) {
			t.Fatalf("room for %d: err = %v", room, err)
		}
	}
}

// onlyWriter hides the other methods.
type onlyWriter struct{ io.Writer }

// full takes so many bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	n := min(f.room, len(b))
	if f.room -= n; n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}
