package opencv

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
)

func TestPortrait(t *testing.T) {
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{})
	want := frames.Info{
		Kind: frames.Video, Container: "mp4", Codec: "h264", Width: 640, Height: 360,
		FPS: 25, Duration: 4 * time.Second, FrameCount: 100,
	}
	got := source.Info()
	declared := got.Declared
	if got.Declared = nil; got != want {
		t.Errorf("info %+v, want %+v", got, want)
	}
	if declared == nil || declared.C2PA != frames.Absent || len(declared.Software) != 1 || !strings.HasPrefix(declared.Software[0], "Lavc") {
		t.Errorf("declared %+v", declared)
	}
	all, err := drain(t, source)
	if err != io.EOF || len(all) != 100 || source.Decoded() != 100 {
		t.Errorf("%d frames, %d decoded, %v", len(all), source.Decoded(), err)
	}
	if last := all[99]; last != (seen{99, 3960, 640, 360}) {
		t.Errorf("last frame %+v", last)
	}
}

func TestSampledPortrait(t *testing.T) {
	source := mustOpen(t, testdata("clips/portrait.mp4"), frames.Sampling{PerSecond: 5})
	all, err := drain(t, source)
	if err != io.EOF || len(all) != 20 || source.Decoded() != 100 {
		t.Fatalf("%d frames, %d decoded, %v", len(all), source.Decoded(), err)
	}
	for i, frame := range all {
		if frame.index != 5*i || frame.ms != int64(200*i) {
			t.Errorf("frame %d of the sample: %+v", i, frame)
		}
	}
}

// vfr.mp4 shows frames at 25 per second for one second and at 5 per second afterwards.
func TestVariableFrameRate(t *testing.T) {
	all, err := drain(t, mustOpen(t, testdata("clips/vfr.mp4"), frames.Sampling{}))
	if err != io.EOF {
		t.Fatal(err)
	}
	var got, want []int64
	for _, frame := range all {
		got = append(got, frame.ms)
	}
	for ms := int64(0); ms < 2000; ms += 40 {
		if ms < 1000 || ms%200 == 0 {
			want = append(want, ms)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("times %v, want %v", got, want)
	}
}

// Timestamps of an irregular clip are those that ffprobe reads. The few frames that come out of the decoder after the end
// of the file are guessed: OpenCV 4.6 has no timestamps for them.
func TestTimestampsAgreeWithFFprobe(t *testing.T) {
	irregular := []string{"-vf", "settb=1/90000,select='gt(random(1),0.4)',setpts='PTS+random(2)*300'", "-vsync", "vfr", "-enc_time_base", "1/90000"}
	for name, codec := range map[string][]string{
		"reordered.mp4": {"-c:v", "libx264", "-bf", "3"},
		"reordered.mkv": {"-c:v", "libx264", "-bf", "3"},
		"ordered.mp4":   {"-c:v", "libx264", "-bf", "0"},
		"vp9.webm":      {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"},
		"late.mkv":      {"-c:v", "libx264", "-output_ts_offset", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			path := ffmpeg(t, name, slices.Concat(pattern("160x120", "3"), irregular, codec)...)
			want := probeTimes(t, path)
			all, err := drain(t, mustOpen(t, path, frames.Sampling{}))
			if err != io.EOF || len(all) != len(want) {
				t.Fatalf("%d frames of %d, %v", len(all), len(want), err)
			}
			const reordering = 4 // frames in the decoder at the end
			for i, frame := range all[:len(all)-reordering] {
				if math.Abs(float64(frame.ms)-want[i]) > 1.5 {
					t.Errorf("frame %d at %d ms, want %.1f", i, frame.ms, want[i])
				}
			}
		})
	}
}

// probeTimes gives the presentation times of all frames in milliseconds after the first.
func probeTimes(t *testing.T, path string) (times []float64) {
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
		"frame=best_effort_timestamp_time", "-of", "default=noprint_wrappers=1:nokey=1", path).Output()
	if err != nil {
		t.Skip("no ffprobe to compare with")
	}
	for _, line := range strings.Fields(string(out)) {
		seconds, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, 1000*seconds)
	}
	for i := len(times) - 1; i >= 0; i-- {
		times[i] -= times[0]
	}
	return times
}

// rotated.mp4 is stored lying on its side; upright, the grey wall is at the top and the orange suit at the bottom.
func TestRotated(t *testing.T) {
	source := mustOpen(t, testdata("clips/rotated.mp4"), frames.Sampling{PerSecond: 1})
	if info := source.Info(); info.Width != 360 || info.Height != 640 || info.Rotation != 90 {
		t.Errorf("%+v", info)
	}
	frame, err := source.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer frame.Release()
	checkUpright(t, frame.Image)
}

// checkUpright recognises the astronaut: her suit, much more red than blue, is below her.
func checkUpright(t *testing.T, m frames.Image) {
	t.Helper()
	redness := func(y int) (total int) {
		for x := range m.Width {
			p := m.Pix[y*m.Stride+3*x:]
			total += int(p[2]) - int(p[0])
		}
		return total / m.Width
	}
	if top, bottom := redness(m.Height/20), redness(m.Height*7/10); m.Width >= m.Height || bottom < top+30 {
		t.Errorf("%dx%d, redness %d at the top and %d at the bottom: not upright", m.Width, m.Height, top, bottom)
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		name, container, codec string
		options                []string
	}{
		{"h264.mp4", "mp4", "h264", []string{"-c:v", "libx264"}},
		{"fragmented.mp4", "mp4", "h264", []string{"-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"}},
		{"h264.mov", "mov", "h264", []string{"-c:v", "libx264"}},
		{"h264.mkv", "mkv", "h264", []string{"-c:v", "libx264"}},
		{"h264.ts", "mpegts", "h264", []string{"-c:v", "libx264"}},
		{"h264.flv", "flv", "h264", []string{"-c:v", "libx264"}},
		{"ten-bit.mp4", "mp4", "hevc", []string{"-c:v", "libx265", "-pix_fmt", "yuv420p10le"}},
		{"hevc.mp4", "mp4", "hevc", []string{"-c:v", "libx265", "-tag:v", "hvc1"}},
		{"vp8.webm", "webm", "vp8", []string{"-c:v", "libvpx", "-deadline", "realtime"}},
		{"vp9.webm", "webm", "vp9", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"}},
		{"av1.mp4", "mp4", "av1", []string{"-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"}},
		{"av1.mkv", "mkv", "av1", []string{"-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime"}},
		{"mpeg4.avi", "avi", "mpeg4", []string{"-c:v", "mpeg4", "-bf", "2"}},
		{"mpeg4.mp4", "mp4", "mpeg4", []string{"-c:v", "mpeg4", "-bf", "2"}},
		{"mjpeg.avi", "avi", "mjpeg", []string{"-c:v", "mjpeg", "-q:v", "5"}},
		{"mjpeg.mov", "mov", "mjpeg", []string{"-c:v", "mjpeg", "-q:v", "5"}},
		{"grey.mkv", "mkv", "h264", []string{"-c:v", "libx264", "-pix_fmt", "gray"}},
		{"rgb.mkv", "mkv", "h264", []string{"-c:v", "libx264rgb"}},
		{"mpeg2.mpg", "mpeg", "mpeg2video", []string{"-c:v", "mpeg2video"}},
		{"moving.gif", "gif", "gif", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := ffmpeg(t, c.name, append(pattern("98x64", "1"), c.options...)...)
			source := mustOpen(t, path, frames.Sampling{})
			info := source.Info()
			if info.Container == "mpeg" && info.Codec == "" {
				info.Codec = c.codec // OpenCV 4.6 does not tell
			}
			if info.Container != c.container || info.Codec != c.codec || info.Width != 98 || info.Height != 64 {
				t.Errorf("%+v", info)
			}
			all, err := drain(t, source)
			if err != io.EOF || len(all) != 30 {
				t.Fatalf("%d frames, %v", len(all), err)
			}
			if last := all[29]; last.width != 98 || last.height != 64 || last.ms < 960 || last.ms > 975 {
				t.Errorf("last frame %+v", last)
			}
		})
	}
}

func TestTruncatedClip(t *testing.T) {
	source := mustOpen(t, testdata("clips/truncated.mp4"), frames.Sampling{})
	all, err := drain(t, source)
	var truncated *frames.TruncatedError
	if !errors.As(err, &truncated) || truncated.Decoded != len(all) || truncated.Expected != 100 {
		t.Errorf("%d frames, %v", len(all), err)
	}
	if len(all) < 40 || len(all) > 70 {
		t.Errorf("%d frames before the end of two thirds of the file", len(all))
	}
}

// Whatever the format and wherever the cut: never a clean end, and the frames before it are there.
func TestTruncatedFormats(t *testing.T) {
	for name, options := range map[string][]string{
		"h264.mkv":   {"-c:v", "libx264"},
		"vp9.webm":   {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"},
		"mjpeg.avi":  {"-c:v", "mjpeg"},
		"moving.gif": nil,
	} {
		whole := read(t, ffmpeg(t, name, append(pattern("160x120", "2"), options...)...))
		for _, part := range []float64{0.4, 0.7, 0.95} {
			path := write(t, name, whole[:int(part*float64(len(whole)))])
			all, err := drain(t, mustOpen(t, path, frames.Sampling{}))
			if !isTruncated(err) || len(all) == 0 || len(all) > 60 {
				t.Errorf("%.0f %% of %s: %d frames, %v", 100*part, name, len(all), err)
			}
		}
	}
}

// A damaged middle is not a clean end, and decoding goes on behind it.
func TestDamagedMiddle(t *testing.T) {
	data := read(t, testdata("clips/portrait.mp4"))
	random := rand.New(rand.NewPCG(5, 6))
	for i := len(data) / 2; i < len(data)*6/10; i++ {
		data[i] = byte(random.Uint32())
	}
	all, err := drain(t, mustOpen(t, write(t, "damaged.mp4", data), frames.Sampling{}))
	if !isTruncated(err) {
		t.Errorf("%d frames, %v", len(all), err)
	}
	if last := all[len(all)-1]; last.ms < 3000 {
		t.Errorf("gave up at %d ms of 4000", last.ms)
	}
}

// An edit list that hides the beginning is a clean clip, although fewer frames are shown than stored.
func TestTrimmedByEditList(t *testing.T) {
	path := ffmpeg(t, "trimmed.mp4", "-ss", "1.7", "-i", testdata("clips/portrait.mp4"), "-c", "copy")
	all, err := drain(t, mustOpen(t, path, frames.Sampling{}))
	if err != io.EOF || len(all) >= 99 {
		t.Errorf("%d frames, %v", len(all), err)
	}
}
