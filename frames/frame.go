// Package frames holds what the rest of Blendscope knows about pictures in time: frames with their timestamps, faces
// found in them, the geometry of crops, and the policies that choose which frames are looked at.
//
// It is pure Go. Decoding and pixel work live in frames/opencv, the only package that imports gocv.
package frames

import "time"

// Image is a packed 8-bit BGR picture. Row y starts at Pix[y*Stride]; a row holds 3*Width bytes. The pixels may lie in
// native memory that somebody else owns: they are valid only as long as the owner says so.
type Image struct {
	Pix           []byte
	Width, Height int // pixels
	Stride        int // bytes from one row to the next, at least 3*Width
}

// NewImage returns a black picture with its own, gapless memory.
func NewImage(width, height int) Image {
	return Image{Pix: make([]byte, 3*width*height), Width: width, Height: height, Stride: 3 * width}
}

// Empty reports whether the picture has no pixels.
func (m Image) Empty() bool { return m.Width <= 0 || m.Height <= 0 || len(m.Pix) == 0 }

// Frame is one picture of a clip. Whoever receives a frame owns it and must call Release exactly once when done with its
// pixels; sending it on hands the ownership over.
type Frame struct {
	Index int           // position in the stream in presentation order, from 0, counting frames that were not sampled
	PTS   time.Duration // presentation time since the start of the stream, never decreasing
	Image Image         // upright: rotation metadata is already applied

	release func()
}

// NewFrame returns a frame whose pixels go back to their owner through release, which may be nil.
func NewFrame(index int, pts time.Duration, image Image, release func()) *Frame {
	return &Frame{Index: index, PTS: pts, Image: image, release: release}
}

// Release gives the pixels back. Image must not be used afterwards. A second call does nothing.
func (f *Frame) Release() {
	if f == nil || f.release == nil {
		return
	}
	release := f.release
	f.release, f.Image = nil, Image{}
	release()
}
