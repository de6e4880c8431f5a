package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
)

// GeneratedSeconds is the length of the clip that Generate makes.
const GeneratedSeconds = 10

// ErrNoFFmpeg says that no clip can be generated.
var ErrNoFFmpeg = errors.New("no clip given, and the program ffmpeg, which would make one, is not installed")

// Generate makes a clip at path with the program ffmpeg: a moving test picture with noise, 1080p, 30 frames/s, H.264 at
// about 6 Mbit/s, as cameras and platforms have. It is as hard to decode as a real one, but there is no face in it.
func Generate(ctx context.Context, path string) error {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return ErrNoFFmpeg
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "-v", "error", "-nostdin", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30,noise=alls=6:allf=t:all_seed=1,format=yuv420p",
		"-t", strconv.Itoa(GeneratedSeconds), "-c:v", "libx264", "-preset", "veryfast",
		"-b:v", "6M", "-maxrate", "9M", "-bufsize", "12M", "-threads", "2", path)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("ffmpeg could not make a clip: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return nil
}
