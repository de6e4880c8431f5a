package frames

import "time"

// Kind tells a moving picture from a still one.
type Kind string

// The kinds of input.
const (
	Video Kind = "video"
	Photo Kind = "image"
)

// Info is what a container says about itself. Containers lie: none of it is trusted for memory or loop bounds.
type Info struct {
	Kind          Kind
	Container     string // file family, such as "mp4", "webm" or "jpeg"; empty when unknown
	Codec         string // FourCC or codec name in lower case, such as "h264"; empty when unknown
	Width, Height int    // pixels, upright (after rotation)
	Rotation      int    // clockwise degrees applied to make it upright: 0, 90, 180 or 270
	FPS           float64
	Duration      time.Duration // 0 when unknown
	FrameCount    int           // as declared; 0 when unknown
	Declared      *Declared     // what the file says of its own making; nil when nobody looked
}
