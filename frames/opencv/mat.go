package opencv

import (
	"fmt"
	"image"
	"runtime"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/container"
	"gocv.io/x/gocv"
)

// view lends a picture's memory to OpenCV without copying. The caller closes the Mat before the picture goes away.
// Memory of the Go heap is pinned for as long as C holds the pointer; memory of C is left alone by the pinner.
func view(m frames.Image, pin *runtime.Pinner) (gocv.Mat, error) {
	if !sound(m) {
		return gocv.Mat{}, fmt.Errorf("%w: picture of %dx%d, stride %d, %d bytes",
			frames.ErrBadGeometry, m.Width, m.Height, m.Stride, len(m.Pix))
	}
	pin.Pin(&m.Pix[0])
	if m.Stride == 3*m.Width {
		return gocv.NewMatFromBytes(m.Height, m.Width, gocv.MatTypeCV8UC3, m.Pix)
	}
	// gocv has no constructor with a stride: take whole strides as single bytes, cut the width out, pair up the channels.
	rows, err := gocv.NewMatFromBytes(m.Height, m.Stride, gocv.MatTypeCV8UC1, m.Pix)
	if err != nil {
		return gocv.Mat{}, err
	}
	defer rows.Close()
	bytes := rows.Region(image.Rect(0, 0, 3*m.Width, m.Height))
	defer bytes.Close()
	return bytes.Reshape(3, m.Height), nil
}

// sound reports whether a picture has the bytes that its size promises.
func sound(m frames.Image) bool {
	return !m.Empty() && m.Stride >= 3*m.Width && len(m.Pix) >= (m.Height-1)*m.Stride+3*m.Width
}

// picture is the other direction: a continuous 8-bit BGR Mat seen as an Image, valid as long as the Mat.
func picture(mat *gocv.Mat) (frames.Image, error) {
	pix, err := mat.DataPtrUint8()
	if err != nil {
		return frames.Image{}, err
	}
	width, height := mat.Cols(), mat.Rows()
	return frames.Image{Pix: pix[:3*width*height], Width: width, Height: height, Stride: 3 * width}, nil
}

// normalise turns whatever a decoder gave into continuous 8-bit BGR, in place.
func normalise(mat *gocv.Mat, scratch *pool) error {
	if mat.Type() == gocv.MatTypeCV8UC3 && mat.IsContinuous() {
		return nil
	}
	if depth := mat.Type() & 7; depth == gocv.MatTypeCV16U&7 {
		// the top eight bits
		if err := replace(mat, scratch, func(out *gocv.Mat) error {
			return mat.ConvertToWithParams(out, gocv.MatTypeCV8U, 1.0/257, 0)
		}); err != nil {
			return err
		}
	} else if depth != gocv.MatTypeCV8U&7 {
		return fmt.Errorf("%w: pixels of OpenCV type %v", frames.ErrBadGeometry, mat.Type())
	}
	switch mat.Channels() {
	case 1:
		return replace(mat, scratch, func(out *gocv.Mat) error { return gocv.CvtColor(*mat, out, gocv.ColorGrayToBGR) })
	case 3:
		if mat.IsContinuous() {
			return nil
		}
		return replace(mat, scratch, mat.CopyTo)
	case 4:
		return replace(mat, scratch, func(out *gocv.Mat) error { return gocv.CvtColor(*mat, out, gocv.ColorBGRAToBGR) })
	}
	return fmt.Errorf("%w: %d channels", frames.ErrBadGeometry, mat.Channels())
}

// upright turns a decoded Mat into the picture people see: 8-bit BGR, flipped and turned as its orientation says. The Mat
// may be exchanged for another one of the pool.
func upright(mat *gocv.Mat, orientation container.Orientation, scratch *pool) (frames.Image, error) {
	if err := normalise(mat, scratch); err != nil {
		return frames.Image{}, err
	}
	if orientation.Mirrored() {
		const leftToRight = 1
		if err := replace(mat, scratch, func(out *gocv.Mat) error { return gocv.Flip(*mat, out, leftToRight) }); err != nil {
			return frames.Image{}, err
		}
	}
	turns := map[int]gocv.RotateFlag{90: gocv.Rotate90Clockwise, 180: gocv.Rotate180Clockwise, 270: gocv.Rotate90CounterClockwise}
	if turn, ok := turns[orientation.Rotation()]; ok {
		if err := replace(mat, scratch, func(out *gocv.Mat) error { return gocv.Rotate(*mat, out, turn) }); err != nil {
			return frames.Image{}, err
		}
	}
	return picture(mat)
}

// replace computes a new content for mat in another Mat of the pool and swaps the two.
func replace(mat *gocv.Mat, scratch *pool, compute func(*gocv.Mat) error) error {
	out := scratch.get()
	if err := compute(&out); err != nil {
		scratch.put(out)
		return err
	}
	scratch.put(*mat)
	*mat = out
	return nil
}
