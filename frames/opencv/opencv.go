// Package opencv decodes videos and photos and resamples pictures with OpenCV. It is the only package that imports gocv.
//
// Three facts of the libraries shape it. gocv's Grab does not say whether it succeeded, so progress is read from the frame
// counter. OpenCV's FFmpeg back end takes its options from environment variables and from nowhere else. And an OpenCV
// exception may end the process, so everything that could throw is checked before the call.
package opencv

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/container"
	"gocv.io/x/gocv"
)

// Bounds on what is decoded. A 16-bit height and width alone would allow pictures of 12 GB.
const (
	mostVideoPixels = 64 << 20
	mostPhotoPixels = 100 << 20
	mostPhotoBytes  = 256 << 20
)

// Opener opens videos and photos. It is safe for concurrent use.
type Opener struct{}

// NewOpener returns an Opener. It sets environment variables of this process (see harden): call it before other native
// libraries start threads.
func NewOpener() *Opener {
	harden()
	return &Opener{}
}

// Open opens the regular file at path for decoding. The content decides what it is, never the name, and only the media
// families known to package container reach the native decoders. Errors wrap frames.ErrNotMedia, frames.ErrUnsupported,
// frames.ErrNoVideo, frames.ErrBadGeometry or the error of the file system.
func (o *Opener) Open(ctx context.Context, path string, sampling frames.Sampling) (*Source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	harden()
	file, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	source, err := open(file, size, sampling)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return source, nil
}

// open takes the file over when it succeeds.
func open(file *os.File, size int64, sampling frames.Sampling) (*Source, error) {
	facts, err := container.Inspect(file, size)
	if err != nil {
		return nil, err
	}
	source, err := decode(file, size, facts, sampling)
	if err != nil {
		return nil, err
	}
	declared := container.Declare(file, size)
	source.info.Declared = &declared
	return source, nil
}

func decode(file *os.File, size int64, facts container.Facts, sampling frames.Sampling) (*Source, error) {
	if facts.Kind == frames.Photo {
		return openPhoto(file, size, facts)
	}
	return openVideo(file, facts, sampling)
}

// openRegular opens a file without waiting for the writer of a named pipe, and refuses what is not a regular file.
func openRegular(path string) (*os.File, int64, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "open", Path: path, Err: fmt.Errorf("%w: not a regular file", frames.ErrNotMedia)}
		if info.IsDir() {
			err = &os.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// Version is the version of the OpenCV library in use, such as "4.6.0".
func Version() string { return gocv.OpenCVVersion() }

// HasFFmpeg reports whether OpenCV was built with the FFmpeg back end, without which no video can be decoded.
func HasFFmpeg() bool {
	return slices.Contains(gocv.VideoRegistry.GetBackends(), gocv.VideoCaptureFFmpeg)
}
