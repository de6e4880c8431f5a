package opencv

import (
	"testing"

	"github.com/blendscope/blendscope/frames"
)

// BenchmarkDecode decodes a generated 1080p clip, converting every frame, or five a second.
func BenchmarkDecode(b *testing.B) {
	path := ffmpeg(b, "1080p.mp4", append(pattern("1920x1080", "4"), "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")...)
	for name, sampling := range map[string]frames.Sampling{"every": {}, "five": {PerSecond: 5}} {
		b.Run(name, func(b *testing.B) {
			decoded := 0
			for b.Loop() {
				source := mustOpen(b, path, sampling)
				_, _ = drain(b, source)
				decoded += source.Decoded()
				_ = source.Close()
			}
			b.ReportMetric(float64(decoded)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

// BenchmarkCrop cuts a classifier's input out of a 1080p frame: inside, and across the border.
func BenchmarkCrop(b *testing.B) {
	src, dst := noise(1920, 1080, 0), frames.NewImage(224, 224)
	for name, x0 := range map[string]int{"inside": 700, "border": -100} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := (Resampler{}).Crop(dst, src, x0, 300, 420); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFit scales a 1080p frame to a detector's input.
func BenchmarkFit(b *testing.B) {
	src, dst := noise(1920, 1080, 0), frames.NewImage(640, 384)
	b.ReportAllocs()
	for b.Loop() {
		if err := (Resampler{}).Fit(dst, src, 640, 360); err != nil {
			b.Fatal(err)
		}
	}
}
