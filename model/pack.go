package model

import (
	"sync"

	"github.com/blendscope/blendscope/frames"
)

// packer builds input tensors. Its buffers are reused from run to run: a Runner keeps nothing of its input.
type packer struct {
	in   Input
	lut  [3][256]float32 // per channel in the order of Color: value 0..255 to what the network wants
	pool sync.Pool       // of *pack
}

// pack is one input tensor in the making.
type pack struct {
	p             *packer
	width, height int
	tensor        Tensor
	scratch       []byte // one packed BGR picture, for networks that want another form
}

func newPacker(in Input) *packer {
	p := &packer{in: in}
	p.pool.New = func() any { return &pack{p: p} }
	for c := range p.lut {
		for v := range p.lut[c] {
			p.lut[c][v] = float32((float64(v) - in.Mean[c]) / in.Std[c])
		}
	}
	return p
}

// direct reports whether the network takes pictures as they lie in memory. Our own do.
func (p *packer) direct() bool {
	return p.in.DType == Uint8 && p.in.Layout == NHWC && p.in.Color == BGR
}

// get returns a tensor for batch pictures of width x height pixels, with undefined contents; put gives it back.
func (p *packer) get(batch, width, height int) *pack {
	k := p.pool.Get().(*pack)
	k.width, k.height = width, height
	n := batch * 3 * width * height
	shape := []int64{int64(batch), int64(height), int64(width), 3}
	if p.in.Layout == NCHW {
		shape = []int64{int64(batch), 3, int64(height), int64(width)}
	}
	if p.in.DType == Uint8 {
		k.tensor = Tensor{Shape: shape, U8: resize(k.tensor.U8, n)}
	} else {
		k.tensor = Tensor{Shape: shape, F32: resize(k.tensor.F32, n)}
	}
	if !p.direct() {
		k.scratch = resize(k.scratch, 3*width*height)
	}
	return k
}

func (p *packer) put(k *pack) { p.pool.Put(k) }

// fill lets draw paint picture i, a packed BGR picture, and brings it into the network's form.
func (k *pack) fill(i int, draw func(dst frames.Image) error) error {
	size := 3 * k.width * k.height
	canvas := frames.Image{Width: k.width, Height: k.height, Stride: 3 * k.width}
	if k.p.direct() {
		canvas.Pix = k.tensor.U8[i*size : (i+1)*size : (i+1)*size]
		return draw(canvas)
	}
	canvas.Pix = k.scratch
	if err := draw(canvas); err != nil {
		return err
	}
	if k.tensor.U8 != nil {
		convert(k.tensor.U8[i*size:(i+1)*size], canvas, k.p.in, func(_ int, v byte) byte { return v })
	} else {
		convert(k.tensor.F32[i*size:(i+1)*size], canvas, k.p.in, func(c int, v byte) float32 { return k.p.lut[c][v] })
	}
	return nil
}

// blank zeroes the pictures from i on, which only pad the batch.
func (k *pack) blank(i int) {
	size := 3 * k.width * k.height
	if k.tensor.U8 != nil {
		clear(k.tensor.U8[i*size:])
	} else {
		clear(k.tensor.F32[i*size:])
	}
}

// convert writes a packed BGR picture in the layout and colour order of in; value maps channel (in the order of
// in.Color) and byte to what the network wants.
func convert[T byte | float32](dst []T, src frames.Image, in Input, value func(channel int, v byte) T) {
	pixel, channel := 3, 1 // distance in dst between neighbouring pixels, and between the channels of a pixel
	if in.Layout == NCHW {
		pixel, channel = 1, src.Width*src.Height
	}
	from := [3]int{0, 1, 2} // channel of dst to byte of the BGR pixel
	if in.Color == RGB {
		from = [3]int{2, 1, 0}
	}
	at := 0
	for y := range src.Height {
		row := src.Pix[y*src.Stride : y*src.Stride+3*src.Width]
		for x := 0; x < len(row); x += 3 {
			for c := range 3 {
				dst[at+c*channel] = value(c, row[x+from[c]])
			}
			at += pixel
		}
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
