package opencv

import (
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// seekable are clips with what makes seeking hard: variable rate, long groups of pictures with B frames, damage.
func seekable(t *testing.T) []string {
	clips := []string{testdata("clips/portrait.mp4"), testdata("clips/vfr.mp4"), testdata("clips/rotated.mp4")}
	if ffmpeg, err := exec.LookPath("ffmpeg"); err == nil {
		long := filepath.Join(t.TempDir(), "long.mp4")
		command := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=29.97:duration=20",
			"-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "250", "-pix_fmt", "yuv420p", long)
		if out, err := command.CombinedOutput(); err != nil {
			t.Logf("no long clip: %s", out)
		} else {
			clips = append(clips, long)
		}
	}
	return clips
}

// fingerprint tells frames apart by content.
func fingerprint(f *frames.Frame) (sum uint64) {
	for _, b := range f.Image.Pix[:f.Image.Height*f.Image.Stride] {
		sum = sum*1099511628211 + uint64(b)
	}
	return sum
}

// Whatever frame is asked for by its time, in whatever order, is the frame that plain decoding shows at that time.
func TestSeekFindsTheFrameThatDecodingShows(t *testing.T) {
	for _, name := range seekable(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			source := mustOpen(t, name, frames.Sampling{})
			type shown struct {
				pts time.Duration
				sum uint64
			}
			var all []shown
			for {
				frame, err := source.Next(t.Context())
				if err != nil {
					break
				}
				all = append(all, shown{frame.PTS, fingerprint(frame)})
				frame.Release()
			}
			n := len(all)
			for _, i := range []int{n / 2, 3, n - 8, 0, n / 3, n - 12, 1, 2 * n / 3, n/2 + 1} {
				if err := source.Seek(t.Context(), all[i].pts.Truncate(time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				for k := i; k < min(i+3, n); k++ {
					frame, err := source.Next(t.Context())
					if err != nil {
						t.Fatalf("frame %d after a seek to %d: %v", k, i, err)
					}
					if frame.PTS.Milliseconds() != all[k].pts.Milliseconds() || fingerprint(frame) != all[k].sum {
						t.Errorf("frame %d after a seek to %d: at %v, want %v (same picture: %v)",
							k, i, frame.PTS, all[k].pts, fingerprint(frame) == all[k].sum)
					}
					frame.Release()
				}
			}
		})
	}
}

// Sampling begins anew where a seek leads.
func TestSeekBackInASampledClip(t *testing.T) {
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{PerSecond: 5})
	if all, err := drain(t, source); len(all) != 20 {
		t.Fatalf("%d frames, %v", len(all), err)
	}
	if err := source.Seek(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	if rest, err := drain(t, source); len(rest) != 15 || rest[0].ms != 1000 {
		t.Errorf("%d frames after a seek to 1 s, %v", len(rest), err)
	}
}

func TestSeekBeyondTheEnd(t *testing.T) {
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{})
	if err := source.Seek(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if frame, err := source.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("frame %v, err %v", frame, err)
	}
	if err := source.Seek(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	frame, err := source.Next(t.Context())
	if err != nil || frame.PTS != 0 {
		t.Fatalf("frame %v, err %v", frame, err)
	}
	frame.Release()
}
