package termimg

import (
	"image"

	"github.com/blendscope/blendscope/frames"
)

// mostSamples is how many pixels per axis are averaged for one pixel of the scaled picture. A screen's picture is so much
// smaller than a frame that reading all of it would cost more than everything else done to it.
const mostSamples = 4

// Scale draws part of a picture at the size width x height. Each pixel is the average of up to 4 x 4 samples, evenly
// spread over what it stands for. Parts outside the picture are black.
func Scale(from frames.Image, part image.Rectangle, width, height int) frames.Image {
	to := frames.NewImage(max(0, width), max(0, height))
	if part.Empty() || from.Empty() || width <= 0 || height <= 0 {
		return to
	}
	columns := spread(part.Min.X, part.Dx(), width)
	rows := spread(part.Min.Y, part.Dy(), height)
	for y, samplesY := range rows {
		out := to.Pix[y*to.Stride : (y+1)*to.Stride]
		for x, samplesX := range columns {
			average(from, samplesX, samplesY, out[3*x:3*x+3])
		}
	}
	return to
}

// spread gives, for each of n pixels in a row or column, the positions that are averaged for it.
func spread(start, length, n int) [][]int {
	all := make([][]int, n)
	for i := range all {
		low, high := start+i*length/n, start+(i+1)*length/n
		count := min(max(high-low, 1), mostSamples)
		for k := range count {
			all[i] = append(all[i], low+(2*k+1)*max(high-low, 1)/(2*count))
		}
	}
	return all
}

func average(from frames.Image, xs, ys []int, out []byte) {
	var b, g, r, n int
	for _, y := range ys {
		if y < 0 || y >= from.Height {
			continue
		}
		row := from.Pix[y*from.Stride:]
		for _, x := range xs {
			if x < 0 || x >= from.Width {
				continue
			}
			p := row[3*x : 3*x+3 : 3*x+3]
			b, g, r, n = b+int(p[0]), g+int(p[1]), r+int(p[2]), n+1
		}
	}
	if all := len(xs) * len(ys); n > 0 {
		out[0], out[1], out[2] = byte((b+all/2)/all), byte((g+all/2)/all), byte((r+all/2)/all)
	}
}

// Fit is the largest size with the aspect ratio of width x height that fits into a box. pixel is how much taller than wide
// a pixel of the box is shown: 1 for half-blocks in cells twice as high as wide.
func Fit(width, height int, pixel float64, box image.Point) image.Point {
	if width <= 0 || height <= 0 || box.X <= 0 || box.Y <= 0 || !(pixel > 0) {
		return image.Point{}
	}
	aspect := float64(width) / float64(height) * pixel // columns per row of the box
	if w := float64(box.Y) * aspect; w <= float64(box.X) {
		return image.Pt(max(1, int(w+0.5)), box.Y)
	}
	return image.Pt(box.X, max(1, int(float64(box.X)/aspect+0.5)))
}
