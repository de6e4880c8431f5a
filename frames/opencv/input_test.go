package opencv

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/blendscope/blendscope/frames"
)

func openError(path string) error {
	source, err := NewOpener().Open(context.Background(), path, frames.Sampling{})
	if err == nil {
		_ = source.Close()
	}
	return err
}

func TestBadInput(t *testing.T) {
	portrait := read(t, testdata("clips/portrait.mp4"))
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"empty.mp4", nil, frames.ErrNotMedia},
		{"text.mp4", []byte("This is a letter, not a film.\n"), frames.ErrNotMedia},
		{"cut before the index.mp4", portrait[:200], frames.ErrNotMedia},
		{"only the first bytes.jpg", read(t, testdata("photos/portrait.jpg"))[:20], frames.ErrBadGeometry},
		{"zero size.avi", rawAVI(0, 0), frames.ErrBadGeometry},
		{"zero height.avi", rawAVI(64, 0), frames.ErrBadGeometry},
		{"huge.avi", rawAVI(60000, 60000), frames.ErrBadGeometry},
		{"huge.png", pngHeader(1<<20, 1<<20), frames.ErrBadGeometry},
	} {
		if err := openError(write(t, c.name, c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if err := openError(testdata("clips/audio-only.m4a")); !errors.Is(err, frames.ErrNoVideo) {
		t.Errorf("audio only: %v", err)
	}
}

func TestFileSystemErrors(t *testing.T) {
	folder := t.TempDir()
	if err := openError(filepath.Join(folder, "missing.mp4")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := openError(folder); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("folder: %v", err)
	}
	pipe := filepath.Join(folder, "pipe.mp4")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openError(pipe); !errors.Is(err, frames.ErrNotMedia) { // and it does not wait for a writer
		t.Errorf("named pipe: %v", err)
	}
	locked := write(t, "locked.mp4", read(t, testdata("clips/portrait.mp4")))
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	if err := openError(locked); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("locked: %v", err)
	}
}

// A name is only a name: nothing in it is a URL, an option, a pattern or a control sequence.
func TestStrangeNames(t *testing.T) {
	data := read(t, testdata("clips/portrait.mp4"))
	t.Chdir(t.TempDir())
	for _, name := range []string{
		"-x.mp4", "http:foo.mp4", "concat:a|b.mp4", "file:x.mp4", "subfile,,start,0,end,9,,:x.mp4", "frame%03d.png", "%d", "pipe:0",
		"a\nb.mp4", "\x1b[31m.mp4", "no extension", "portrait.m3u8", "\xff\xfe.mp4", "data:video,mp4", "crypto:x", "tee.sdp",
	} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := drain(t, mustOpen(t, name, frames.Sampling{}))
		if err != io.EOF || len(all) != 100 {
			t.Errorf("%q: %d frames, %v", name, len(all), err)
		}
	}
}

// Photos and videos are told apart by their content.
func TestWrongExtensions(t *testing.T) {
	photo := mustOpen(t, write(t, "photo.mp4", read(t, testdata("photos/portrait.jpg"))), frames.Sampling{})
	video := mustOpen(t, write(t, "video.jpg", read(t, testdata("clips/portrait.mp4"))), frames.Sampling{})
	if photo.Info().Kind != frames.Photo || video.Info().Kind != frames.Video {
		t.Errorf("%+v, %+v", photo.Info(), video.Info())
	}
}

// rawAVI is an uncompressed AVI file of one black frame that claims a size.
func rawAVI(width, height uint32) []byte {
	chunk := func(kind string, body ...[]byte) []byte {
		var content []byte
		for _, b := range body {
			content = append(content, b...)
		}
		return append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(content))), content...)
	}
	words := func(values ...uint32) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	main := chunk("avih", words(40000, 0, 0, 0, 1, 0, 1, 0, width, height, 0, 0, 0, 0))
	stream := chunk("strh", []byte("vidsDIB "), words(0, 0, 0, 1, 25, 0, 1, 0, 0, 0, 0, 0))
	format := chunk("strf", words(40, width, height, 24<<16|1, 0, 0, 0, 0, 0, 0))
	headers := chunk("LIST", []byte("hdrl"), main, chunk("LIST", []byte("strl"), stream, format))
	movie := chunk("LIST", []byte("movi"), chunk("00db", make([]byte, 3*64*48)))
	return chunk("RIFF", []byte("AVI "), headers, movie)
}

func pngHeader(width, height uint32) []byte {
	b := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), width)
	b = binary.BigEndian.AppendUint32(b, height)
	return append(b, 8, 2, 0, 0, 0, 0, 0, 0, 0)
}

// A clip cannot be longer than a number holds: two billion frames, of which each is shown for seventy years.
func TestEndlessClip(t *testing.T) {
	data := rawAVI(64, 48)
	times := data[bytes.Index(data, []byte("vidsDIB "))+20:] // scale, rate, start, length
	binary.LittleEndian.PutUint32(times, 1<<31-1)
	binary.LittleEndian.PutUint32(times[12:], 1<<31-1)
	info := mustOpen(t, write(t, "endless.avi", data), frames.Sampling{}).Info()
	if info.Duration < 0 || info.Duration > mostHours {
		t.Errorf("%+v", info)
	}
}

// The zero sizes above are what is wrong with those files.
func TestRawAVI(t *testing.T) {
	all, _ := drain(t, mustOpen(t, write(t, "raw.avi", rawAVI(64, 48)), frames.Sampling{}))
	if len(all) != 1 || all[0].width != 64 || all[0].height != 48 {
		t.Errorf("%+v", all)
	}
}
