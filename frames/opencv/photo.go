package opencv

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/container"
	"gocv.io/x/gocv"
)

// photo is a source of one frame.
type photo struct {
	file  *os.File // nil when closed
	size  int64
	facts container.Facts
	mats  pool
	count int
	ended error
}

// openPhoto takes the file over. The picture's size was read from its header: nothing is decoded here.
func openPhoto(file *os.File, size int64, facts container.Facts) (*Source, error) {
	if facts.Width > mostPhotoPixels/facts.Height || size > mostPhotoBytes {
		return nil, fmt.Errorf("%w: photo of %dx%d pixels in %d bytes", frames.ErrBadGeometry, facts.Width, facts.Height, size)
	}
	p := &photo{file: file, size: size, facts: facts}
	p.mats.closed = true // there is one frame: what turning it leaves behind is freed at once
	return &Source{info: photoInfo(facts), decoder: p}, nil
}

func photoInfo(facts container.Facts) frames.Info {
	info := frames.Info{
		Kind: frames.Photo, Container: facts.Family, Codec: facts.Family, FrameCount: 1,
		Width: facts.Width, Height: facts.Height, Rotation: facts.Orientation.Rotation(),
	}
	if info.Rotation%180 != 0 {
		info.Width, info.Height = info.Height, info.Width
	}
	return info
}

func (p *photo) next(context.Context) (*frames.Frame, error) {
	if p.ended != nil {
		return nil, p.ended
	}
	frame, err := p.decode()
	if err != nil {
		p.ended = err
		return nil, err
	}
	p.count, p.ended = 1, p.ending()
	return frame, nil
}

func (p *photo) ending() error {
	if p.facts.Ending == container.Cut {
		return &frames.TruncatedError{Decoded: 1, Expected: 1}
	}
	return io.EOF
}

// seek goes back to the only frame, or behind it.
func (p *photo) seek(_ context.Context, t time.Duration) error {
	if p.file == nil {
		return os.ErrClosed
	}
	if p.ended = nil; t > 0 {
		p.ended = p.ending()
	}
	return nil
}

// decode gives the upright picture. The file is read whole, which the bound on its size allows. The orientation is applied
// here and not by OpenCV, whose versions differ in the formats for which they honour it.
func (p *photo) decode() (*frames.Frame, error) {
	data := make([]byte, p.size)
	if _, err := io.ReadFull(io.NewSectionReader(p.file, 0, p.size), data); err != nil {
		return nil, err
	}
	if p.facts.Family == "png" && !container.PNGIntact(data) {
		return nil, &frames.TruncatedError{Decoded: 0, Expected: 1}
	}
	mat, err := gocv.IMDecode(data, gocv.IMReadColor|gocv.IMReadIgnoreOrientation)
	if err != nil || mat.Empty() {
		_ = mat.Close()
		return nil, &frames.TruncatedError{Decoded: 0, Expected: 1}
	}
	image, err := upright(&mat, p.facts.Orientation, &p.mats)
	if err != nil {
		_ = mat.Close()
		return nil, err
	}
	return frames.NewFrame(0, 0, image, func() { p.mats.put(mat) }), nil
}

func (p *photo) decoded() int { return p.count }

func (p *photo) close() error {
	if p.file == nil {
		return nil
	}
	err := p.file.Close()
	p.file, p.ended = nil, os.ErrClosed
	return err
}
