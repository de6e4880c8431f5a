package supervise

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/frames"
)

// The kinds of frames of a child that shows a file. It answers each kindNext and kindSeek with one frame.
const (
	kindShow    kind = 'W' // to the child: show, its first frame; kindOpened or kindFailed answers
	kindNext    kind = 'N' // to the child: the next picture; kindPicture or kindEnd answers
	kindSeek    kind = 'K' // to the child: time.Duration; kindSought or kindEnd answers
	kindPicture kind = 'P' // from the child: picture
	kindSought  kind = 'D' // from the child: done; no body
	kindEnd     kind = 'E' // from the child: end
)

// show is a file to look at.
type show struct {
	Path []byte // bytes, since a file's name need not be text
}

// end is why there is no picture.
type end struct {
	Truncated *frames.TruncatedError `json:",omitempty"`
	Failure   *failure               `json:",omitempty"`
}

func endOf(err error) end {
	var truncated *frames.TruncatedError
	switch {
	case errors.Is(err, io.EOF):
		return end{}
	case errors.As(err, &truncated):
		return end{Truncated: truncated}
	}
	f := failureOf(err)
	return end{Failure: &f}
}

func (e end) err() error {
	switch {
	case e.Truncated != nil:
		return e.Truncated
	case e.Failure != nil:
		return e.Failure.err()
	}
	return io.EOF
}

// A picture's body is index and time in eight bytes each, width and height in four, big-endian, then rows without gaps.
const (
	pictureHeader = 24
	mostPicture   = pictureHeader + 3*(100<<20) // what decoders accept
)

// packPicture copies a frame, with room for a header before it, into the memory of to where that suffices.
func packPicture(to []byte, f *frames.Frame) []byte {
	m := f.Image
	row := 3 * m.Width
	data := append(slices.Grow(to[:0], headerSize+pictureHeader+row*m.Height), make([]byte, headerSize)...)
	data = binary.BigEndian.AppendUint64(data, uint64(f.Index))
	data = binary.BigEndian.AppendUint64(data, uint64(f.PTS))
	data = binary.BigEndian.AppendUint32(data, uint32(m.Width))
	data = binary.BigEndian.AppendUint32(data, uint32(m.Height))
	for y := range m.Height {
		data = append(data, m.Pix[y*m.Stride:][:row]...)
	}
	return data
}

func unpackPicture(body []byte) (*frames.Frame, error) {
	if len(body) < pictureHeader {
		return nil, fmt.Errorf("%w: a picture of %d bytes", errProtocol, len(body))
	}
	index, pts := binary.BigEndian.Uint64(body), binary.BigEndian.Uint64(body[8:])
	width, height := int64(binary.BigEndian.Uint32(body[16:])), int64(binary.BigEndian.Uint32(body[20:]))
	pixels := body[pictureHeader:]
	if width == 0 || height == 0 || width > mostPicture || height > mostPicture || 3*width*height != int64(len(pixels)) {
		return nil, fmt.Errorf("%w: %d bytes for a picture of %dx%d", errProtocol, len(pixels), width, height)
	}
	image := frames.Image{Pix: pixels, Width: int(width), Height: int(height), Stride: 3 * int(width)}
	return frames.NewFrame(int(index), time.Duration(pts), image, nil), nil
}

// show opens a file and shows what is asked for.
func (s *server) show(ctx context.Context, p engine.Platform, first frame) error {
	what, err := decode[show](first)
	if err != nil {
		return err
	}
	if err := s.settle(false); err != nil {
		return err
	}
	preview, err := p.Preview(ctx, string(what.Path))
	if err != nil {
		return s.send(kindFailed, failureOf(err))
	}
	if err := s.send(kindOpened, preview.Info()); err != nil {
		return err
	}
	for {
		f, err := s.next(ctx, kindNext, kindSeek)
		if err != nil {
			return err // the preview is not closed: the process ends
		}
		var answer func() error
		err = s.during(ctx, 0, func(ctx context.Context) { answer = s.look(ctx, preview, f) })
		if err != nil {
			return err
		}
		if err := answer(); err != nil {
			return err
		}
	}
}

// look does what is asked, and gives what sends the answer.
func (s *server) look(ctx context.Context, p engine.Preview, f frame) func() error {
	fail := func(err error) func() error { return func() error { return s.send(kindEnd, endOf(err)) } }
	if f.kind == kindSeek {
		t, err := decode[time.Duration](f)
		if err == nil {
			err = p.Seek(ctx, t)
		}
		if err != nil {
			return fail(err)
		}
		return func() error { return s.send(kindSought, nil) }
	}
	picture, err := p.Next(ctx)
	if err != nil {
		return fail(err)
	}
	defer picture.Release()
	s.picture = packPicture(s.picture, picture)
	return func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return writeRaw(s.out, kindPicture, s.picture)
	}
}
