package opencv

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
)

func testdata(name string) string { return filepath.Join("..", "..", "testdata", name) }

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// write puts a file of the given name into a fresh folder.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustOpen(t testing.TB, path string, sampling frames.Sampling) *Source {
	t.Helper()
	source, err := NewOpener().Open(context.Background(), path, sampling)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	return source
}

// seen is what remains of a frame after its release.
type seen struct {
	index         int
	ms            int64
	width, height int
}

// drain reads a source to its end, checking what holds for every source.
func drain(t testing.TB, source *Source) ([]seen, error) {
	t.Helper()
	var all []seen
	for {
		frame, err := source.Next(context.Background())
		if err != nil {
			if _, again := source.Next(context.Background()); !errors.Is(again, err) {
				t.Errorf("ended with %v, then with %v", err, again)
			}
			return all, err
		}
		if m := frame.Image; m.Stride != 3*m.Width || len(m.Pix) != m.Height*m.Stride {
			t.Fatalf("frame %d: %dx%d, stride %d, %d bytes", frame.Index, m.Width, m.Height, m.Stride, len(m.Pix))
		}
		all = append(all, seen{frame.Index, frame.PTS.Round(time.Millisecond).Milliseconds(), frame.Image.Width, frame.Image.Height})
		if n := len(all); n > 1 && (all[n-1].index <= all[n-2].index || all[n-1].ms < all[n-2].ms) {
			t.Fatalf("frame %v after %v", all[n-1], all[n-2])
		}
		frame.Release()
	}
}

// ffmpeg makes a file with the ffmpeg command, or skips the test where that can not be done.
func ffmpeg(t testing.TB, name string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg on the PATH to make the file with")
	}
	path := filepath.Join(t.TempDir(), name)
	arguments = append([]string{"-hide_banner", "-loglevel", "error", "-y"}, arguments...)
	if out, err := exec.Command("ffmpeg", append(arguments, path)...).CombinedOutput(); err != nil {
		t.Skipf("this ffmpeg can not make %s: %s", name, strings.TrimSpace(string(out)))
	}
	return path
}

// pattern is ffmpeg's input for a moving test picture.
func pattern(size string, seconds string) []string {
	return []string{"-f", "lavfi", "-i", "testsrc2=rate=30:size=" + size + ":duration=" + seconds}
}

func isTruncated(err error) bool {
	var truncated *frames.TruncatedError
	return errors.As(err, &truncated)
}

func TestVersion(t *testing.T) {
	if !strings.Contains(Version(), ".") {
		t.Errorf("version %q", Version())
	}
	if !HasFFmpeg() {
		t.Error("this OpenCV has no FFmpeg back end")
	}
}

func TestClosedSourceEnds(t *testing.T) {
	for _, name := range []string{"clips/portrait.mp4", "photos/portrait.jpg"} {
		source := mustOpen(t, testdata(name), frames.Sampling{})
		if err := errors.Join(source.Close(), source.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := source.Next(context.Background()); !errors.Is(err, os.ErrClosed) || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{})
	cancel()
	if _, err := source.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := NewOpener().Open(ctx, testdata("clips/portrait.mp4"), frames.Sampling{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if all, err := drain(t, source); len(all) != 100 || err != io.EOF {
		t.Errorf("after a cancelled call: %d frames, %v", len(all), err)
	}
}

// Frames outlive their source: a pipeline may still hold some when the source is closed.
func TestFramesOutliveTheSource(t *testing.T) {
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{})
	var held []*frames.Frame
	var sums []int
	for range 2 * idleMats {
		frame, err := source.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		held, sums = append(held, frame), append(sums, sum(frame.Image))
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	for i, frame := range held {
		if sum(frame.Image) != sums[i] {
			t.Errorf("frame %d changed after Close", i)
		}
		frame.Release()
		frame.Release()
	}
}

func sum(m frames.Image) (total int) {
	for _, v := range m.Pix {
		total += int(v)
	}
	return total
}

func TestFramesAreDistinct(t *testing.T) {
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{})
	first, err := source.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Release()
	second, err := source.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Release()
	if &first.Image.Pix[0] == &second.Image.Pix[0] {
		t.Error("two frames that are out at once share their memory")
	}
}
