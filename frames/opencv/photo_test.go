package opencv

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// corners is a picture of 24x16 pixels: red at the top left, green at the top right, blue at the bottom left.
func corners() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 24, 16))
	for y := range 16 {
		for x := range 24 {
			switch {
			case x < 8 && y < 8:
				m.Set(x, y, color.RGBA{R: 255, A: 255})
			case x >= 16 && y < 8:
				m.Set(x, y, color.RGBA{G: 255, A: 255})
			case x < 8:
				m.Set(x, y, color.RGBA{B: 255, A: 255})
			default:
				m.Set(x, y, color.RGBA{A: 255})
			}
		}
	}
	return m
}

// layout names the colours of the four corners: top left, top right, bottom left, bottom right.
func layout(m frames.Image) (names string) {
	for _, at := range [][2]int{{2, 2}, {m.Width - 3, 2}, {2, m.Height - 3}, {m.Width - 3, m.Height - 3}} {
		p := m.Pix[at[1]*m.Stride+3*at[0]:]
		switch {
		case p[2] > 150:
			names += "r"
		case p[1] > 150:
			names += "g"
		case p[0] > 150:
			names += "b"
		default:
			names += "-"
		}
	}
	return names
}

func jpegWithOrientation(t *testing.T, m image.Image, orientation uint16) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = append(binary.BigEndian.AppendUint16(tiff, orientation), 0, 0, 0, 0, 0, 0)
	segment := append([]byte("\xff\xe1\x00\x00Exif\x00\x00"), tiff...)
	binary.BigEndian.PutUint16(segment[2:], uint16(len(segment)-2))
	return append(append(append([]byte(nil), file.Bytes()[:2]...), segment...), file.Bytes()[2:]...)
}

func encodePNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func onlyFrame(t *testing.T, path string) (*Source, *frames.Frame) {
	t.Helper()
	source := mustOpen(t, path, frames.Sampling{PerSecond: 5})
	frame, err := source.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(frame.Release)
	info := source.Info()
	if info.Kind != frames.Photo || info.Width != frame.Image.Width || info.Height != frame.Image.Height || info.FrameCount != 1 {
		t.Errorf("info %+v of a picture of %dx%d", info, frame.Image.Width, frame.Image.Height)
	}
	return source, frame
}

func TestOrientations(t *testing.T) {
	for orientation, want := range []string{0: "rgb-", 1: "rgb-", 2: "gr-b", 3: "-bgr", 4: "b-rg", 5: "rbg-", 6: "br-g", 7: "-gbr", 8: "g-rb"} {
		path := write(t, "photo.jpg", jpegWithOrientation(t, corners(), uint16(orientation)))
		_, frame := onlyFrame(t, path)
		if got := layout(frame.Image); got != want {
			t.Errorf("orientation %d: corners %s, want %s", orientation, got, want)
		}
	}
}

func TestPhoto(t *testing.T) {
	source, frame := onlyFrame(t, testdata("photos/portrait.jpg"))
	checkUpright(t, frame.Image)
	if _, err := source.Next(context.Background()); err != io.EOF || source.Decoded() != 1 {
		t.Errorf("%d decoded, %v", source.Decoded(), err)
	}
	_, turned := onlyFrame(t, testdata("photos/orientation6.jpg"))
	checkUpright(t, turned.Image)
}

// Every kind of pixel becomes 8-bit BGR.
func TestPixelFormats(t *testing.T) {
	bounds := image.Rect(0, 0, 24, 16)
	grey, grey16, deep, palette := image.NewGray(bounds), image.NewGray16(bounds), image.NewNRGBA64(bounds), image.NewPaletted(bounds, color.Palette{color.Black, color.White})
	for i := range grey.Pix {
		grey.Pix[i], palette.Pix[i] = 255, 1
	}
	for i := range grey16.Pix {
		grey16.Pix[i] = 255
	}
	for i := range deep.Pix {
		deep.Pix[i] = 255
	}
	for _, m := range []image.Image{grey, grey16, deep, palette} {
		_, frame := onlyFrame(t, write(t, "photo.png", encodePNG(t, m)))
		if got := sum(frame.Image); got != 24*16*3*255 {
			t.Errorf("%T: the white picture sums up to %d", m, got)
		}
	}
}

func TestPNGAndWebP(t *testing.T) {
	path := write(t, "photo.png", encodePNG(t, corners()))
	source, frame := onlyFrame(t, path)
	if got := layout(frame.Image); got != "rgb-" || source.Info().Container != "png" {
		t.Errorf("png: %s, %+v", got, source.Info())
	}
	for _, lossless := range []string{"0", "1"} {
		webp := ffmpeg(t, "photo.webp", "-i", path, "-c:v", "libwebp", "-lossless", lossless, "-quality", "100")
		source, frame = onlyFrame(t, webp)
		if got := layout(frame.Image); got != "rgb-" || source.Info().Container != "webp" {
			t.Errorf("webp: %s, %+v", got, source.Info())
		}
	}
}

// A photo whose lower part is missing is shown as far as it goes, if at all, and said to be truncated.
func TestTruncatedPhotos(t *testing.T) {
	for name, data := range map[string][]byte{
		"photo.jpg": read(t, testdata("photos/portrait.jpg")),
		"photo.png": encodePNG(t, corners()),
	} {
		for _, part := range []int{50, 90, 99} {
			all, err := drain(t, mustOpen(t, write(t, name, data[:len(data)*part/100]), frames.Sampling{}))
			if !isTruncated(err) || len(all) > 1 {
				t.Errorf("%d %% of %s: %d frames, %v", part, name, len(all), err)
			}
		}
	}
}

// A photo can be looked at again, and has nothing behind its only moment.
func TestPhotoSeek(t *testing.T) {
	source, first := onlyFrame(t, testdata("photos/portrait.jpg"))
	for _, c := range []struct {
		at   time.Duration
		want error
	}{{0, nil}, {0, nil}, {time.Second, io.EOF}, {0, nil}} {
		if err := source.Seek(t.Context(), c.at); err != nil {
			t.Fatal(err)
		}
		frame, err := source.Next(t.Context())
		if err != c.want || err == nil && sum(frame.Image) != sum(first.Image) {
			t.Errorf("at %v: %v", c.at, err)
		}
		frame.Release()
	}
	if err := errors.Join(source.Close(), source.Close()); err != nil {
		t.Error(err)
	}
	if err := source.Seek(t.Context(), 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := source.Next(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// A large photo that was turned does not keep the picture that it was turned from.
func TestTurnedPhotoHoldsOnePicture(t *testing.T) {
	source, _ := onlyFrame(t, testdata("photos/orientation6.jpg"))
	if idle := len(source.decoder.(*photo).mats.idle); idle != 0 {
		t.Errorf("%d pictures are kept", idle)
	}
}

// A small file may not ask for much memory, nor may one that is what it says and still too large.
func TestPhotoBombs(t *testing.T) {
	for name, data := range map[string][]byte{
		"bomb.png":  pngHeader(20000, 20000),
		"bomb.bmp":  bmp(20000, 20000, nil),
		"deep.bmp":  bmp(1, 1<<31-1, nil),
		"bomb.webp": []byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff"),
	} {
		if err := openError(write(t, name, data)); !errors.Is(err, frames.ErrBadGeometry) {
			t.Errorf("%s: %v", name, err)
		}
	}
	jpeg := jpegWithOrientation(t, corners(), 1)
	frame := bytes.Index(jpeg, []byte{0xff, 0xc0})
	copy(jpeg[frame+5:], "\xff\xff\xff\xff")
	if err := openError(write(t, "bomb.jpg", jpeg)); !errors.Is(err, frames.ErrBadGeometry) {
		t.Errorf("bomb.jpg: %v", err)
	}
}

// bmp is a bitmap of 24 bits a pixel.
func bmp(width, height int32, pixels []byte) []byte {
	b := []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00")
	b = binary.LittleEndian.AppendUint32(b, uint32(width))
	b = binary.LittleEndian.AppendUint32(b, uint32(height))
	b = append(b, 1, 0, 24, 0)
	return append(append(b, make([]byte, 24)...), pixels...)
}

func TestBMP(t *testing.T) {
	m := corners()
	var pixels []byte
	for y := 15; y >= 0; y-- {
		for x := range 24 {
			c := m.RGBAAt(x, y)
			pixels = append(pixels, c.B, c.G, c.R)
		}
	}
	source, frame := onlyFrame(t, write(t, "photo.bmp", bmp(24, 16, pixels)))
	if got := layout(frame.Image); got != "rgb-" || source.Info().Container != "bmp" {
		t.Errorf("%s, %+v", got, source.Info())
	}
	for _, cut := range []int{0, 10, len(pixels) - 1} {
		all, err := drain(t, mustOpen(t, write(t, "cut.bmp", bmp(24, 16, pixels[:cut])), frames.Sampling{}))
		if len(all) > 1 || err != io.EOF && !isTruncated(err) {
			t.Errorf("%d bytes of pixels: %d frames, %v", cut, len(all), err)
		}
	}
}

// What many people have and is not read says so, and what to do.
func TestUnsupportedPhotos(t *testing.T) {
	for name, data := range map[string]string{
		"photo.heic": "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x08meta",
		"photo.avif": "\x00\x00\x00\x14ftypavif\x00\x00\x00\x00avif\x00\x00\x00\x08meta",
		"photo.tif":  "II*\x00\x08\x00\x00\x00",
	} {
		err := openError(write(t, name, []byte(data)))
		if !errors.Is(err, frames.ErrUnsupported) || !strings.Contains(err.Error(), "saved as JPEG or PNG") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
