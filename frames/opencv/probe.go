package opencv

import (
	"math"
	"strings"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/container"
	"gocv.io/x/gocv"
)

// Bounds beyond which a container's word is not believed.
const (
	mostFPS    = 1000
	mostFrames = 1 << 31
)

// probe reads what the container says of an opened capture.
func probe(capture *gocv.VideoCapture, facts container.Facts) frames.Info {
	info := frames.Info{
		Kind:       frames.Video,
		Container:  facts.Family,
		Codec:      codecName(uint32(int64(capture.Get(gocv.VideoCaptureFOURCC)))),
		Width:      int(within(capture.Get(gocv.VideoCaptureFrameWidth), math.MaxInt32)),
		Height:     int(within(capture.Get(gocv.VideoCaptureFrameHeight), math.MaxInt32)),
		Rotation:   facts.Orientation.Rotation(),
		FPS:        within(capture.Get(gocv.VideoCaptureFPS), mostFPS),
		FrameCount: int(within(capture.Get(gocv.VideoCaptureFrameCount), mostFrames)),
	}
	if facts.Codec != "" {
		info.Codec = facts.Codec
	}
	if info.Rotation%180 != 0 {
		info.Width, info.Height = info.Height, info.Width
	}
	if info.Duration = facts.Duration; info.Duration == 0 && info.FPS > 0 {
		seconds := within(float64(info.FrameCount)/info.FPS, mostHours.Seconds())
		info.Duration = time.Duration(seconds * float64(time.Second))
	}
	return info
}

// within gives 0 for what is not a number in (0, most].
func within(v, most float64) float64 {
	if v > 0 && v <= most {
		return v
	}
	return 0
}

// codecName translates a FourCC, little-endian as OpenCV gives it, to the name that FFmpeg uses; an unknown one is given
// in lower case without its blanks.
func codecName(fourCC uint32) string {
	tag := string([]byte{byte(fourCC), byte(fourCC >> 8), byte(fourCC >> 16), byte(fourCC >> 24)})
	name := strings.ToLower(strings.Trim(tag, " \x00"))
	if known, ok := codecs()[name]; ok {
		return known
	}
	for _, c := range name {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return name
}

// codecs lists the FourCCs in use for the codecs that matter (FFmpeg's riff and isom tables).
func codecs() map[string]string {
	return map[string]string{
		"avc1": "h264", "avc3": "h264", "h264": "h264", "x264": "h264", "davc": "h264",
		"hvc1": "hevc", "hev1": "hevc", "hevc": "hevc", "h265": "hevc", "x265": "hevc", "dvh1": "hevc", "dvhe": "hevc",
		"vp80": "vp8", "vp08": "vp8", "vp90": "vp9", "vp09": "vp9", "av01": "av1", "av1": "av1",
		"mp4v": "mpeg4", "fmp4": "mpeg4", "xvid": "mpeg4", "divx": "mpeg4", "dx50": "mpeg4",
		"mjpg": "mjpeg", "jpeg": "mjpeg", "mjpa": "mjpeg", "mjpb": "mjpeg", "mpg2": "mpeg2video", "mpg1": "mpeg1video",
		"apch": "prores", "apcn": "prores", "apcs": "prores", "apco": "prores", "ap4h": "prores",
		"\x01": "mpeg1video", "\x02": "mpeg2video", "\x10": "mpeg4", "\x1b": "h264", "\x24": "hevc", // MPEG-TS stream types
		"wmv3": "wmv3", "wvc1": "vc1", "theo": "theora", "gif": "gif",
		"mpeg": "", // OpenCV 4.6 on a program stream: the family, not the codec
	}
}
