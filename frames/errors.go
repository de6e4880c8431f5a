package frames

import (
	"errors"
	"fmt"
)

// The ways in which an input can turn out not to be a picture or a video. Openers wrap them with the details.
var (
	ErrNotMedia    = errors.New("not a readable video or photo") // text renamed to .mp4, an empty file
	ErrNoVideo     = errors.New("no video stream")               // audio only
	ErrBadGeometry = errors.New("frame size is zero or too large")
	ErrUnsupported = errors.New("format not supported") // a photo or video, but of a kind that is not read
)

// TruncatedError says that a stream ended before its container promised, or that parts of it could not be decoded. The
// frames that came before it are those that could.
type TruncatedError struct {
	Decoded  int // frames decoded, sampled or not
	Expected int // frames promised, 0 when unknown
}

func (e *TruncatedError) Error() string {
	if e.Decoded >= e.Expected {
		return fmt.Sprintf("stream is damaged: %d frames decoded", e.Decoded)
	}
	return fmt.Sprintf("stream ends early: %d of %d frames decoded", e.Decoded, e.Expected)
}
