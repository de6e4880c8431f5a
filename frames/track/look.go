package track

import "github.com/blendscope/blendscope/frames"

// A face's look is a coarse picture of it and of what is just below, where clothes are: means of brightness and colour over
// a grid. It tells who is who where paths cross; it is no identity, and is kept no longer than the track may go on.
const (
	lookColumns, lookRows = 3, 5
	lookSamples           = 3   // per cell and axis: 135 pixels a face
	lookBelow             = 1.4 // of the box's height
)

type look [lookColumns * lookRows * 3]uint8

// lookOf reads the look of a box; ok is false when it does not lie in the picture.
func lookOf(picture frames.Image, b frames.Box) (l look, ok bool) {
	if picture.Empty() {
		return l, false
	}
	const columns, rows = lookColumns * lookSamples, lookRows * lookSamples
	var sums [len(l)]int
	for j := range rows {
		y := int(b.Y + (float32(j)+0.5)*b.H*lookBelow/rows)
		y = max(0, min(picture.Height-1, y))
		row := picture.Pix[y*picture.Stride:]
		for i := range columns {
			x := int(b.X + (float32(i)+0.5)*b.W/columns)
			x = max(0, min(picture.Width-1, x))
			cell := 3 * (j/lookSamples*lookColumns + i/lookSamples)
			for c := range 3 {
				sums[cell+c] += int(row[3*x+c])
			}
		}
	}
	for i, sum := range sums {
		l[i] = uint8(sum / (lookSamples * lookSamples))
	}
	return l, true
}

// unlike is how much two looks differ, as a share of their light: 0 (same) .. 1. In a dark hall everybody is nearly black, and
// it is the share that tells.
func (l *look) unlike(o *look) float64 {
	const noise = 16 // levels of two cells together below which a difference means nothing
	var sum, light int
	for i := range l {
		d := int(l[i]) - int(o[i])
		sum += max(d, -d)
		light += int(l[i]) + int(o[i])
	}
	return float64(sum) / float64(light+noise*len(l))
}
