package quality

import "github.com/blendscope/blendscope/frames"

// The middle of a crop is examined, where the face is rather than what surrounds it.
const (
	middle  = 0.5 // share of the side
	longest = 160 // pixels; bounds the cost for models with large crops
)

// look measures sharpness and light over the middle of the crop.
func look(crop frames.Image) (sharpness, light float64) {
	w, h := min(longest, int(float64(crop.Width)*middle)), min(longest, int(float64(crop.Height)*middle))
	if crop.Empty() || w < 3 || h < 3 {
		return 0, 0
	}
	x0, y0 := (crop.Width-w)/2, (crop.Height-h)/2
	var rows [3][longest]int
	above, here, below := rows[0][:w], rows[1][:w], rows[2][:w]
	lumaRow(above, crop, x0, y0)
	lumaRow(here, crop, x0, y0+1)

	var brightness, clipped, count, sum, squares int
	for y := y0 + 1; y < y0+h-1; y++ {
		lumaRow(below, crop, x0, y+1)
		for i := 1; i < w-1; i++ {
			v := here[i]
			brightness += v
			if v <= 4 || v >= 251 {
				clipped++
			}
			laplacian := above[i] + below[i] + here[i-1] + here[i+1] - 4*v
			sum += laplacian
			squares += laplacian * laplacian
		}
		count += w - 2
		above, here, below = here, below, above
	}
	n := float64(count)
	mean := float64(sum) / n
	variance := float64(squares)/n - mean*mean
	bright := float64(brightness) / n
	light = min(ramp(bright, 15, 50), ramp(bright, 245, 215)) * ramp(float64(clipped)/n, 0.6, 0)
	return variance / (variance + 50), light
}

// blockPatch is the longest side, in pixels, of the part of the face that is searched for a grid: the cost per face is
// bounded.
const blockPatch = 64

// blockiness compares brightness steps on the 8 x 8 grid with those three to five pixels away from it.
func blockiness(frame frames.Image, box frames.Box) float64 {
	if frame.Empty() {
		return 0
	}
	x0, x1 := span(box.X, box.W, frame.Width)
	y0, y1 := span(box.Y, box.H, frame.Height)
	if x1-x0 < 16 || y1-y0 < 16 {
		return 0
	}
	var on, off steps
	var rows [2][blockPatch]int
	above, here := rows[0][:x1-x0], rows[1][:x1-x0]
	for y := y0; y < y1; y++ {
		lumaRow(here, frame, x0, y)
		for i := 1; i < len(here); i++ {
			sort(&on, &off, x0+i, here[i]-here[i-1])
		}
		if y > y0 {
			for i := range here {
				sort(&on, &off, y, here[i]-above[i])
			}
		}
		above, here = here, above
	}
	// Half a level is added to both, so that a flat picture has no grid.
	return ramp((on.mean()+0.5)/(off.mean()+0.5), 1.1, 2)
}

// steps averages absolute differences of brightness.
type steps struct{ total, count int }

func (s *steps) mean() float64 { return float64(s.total) / float64(max(1, s.count)) }

// sort files a step by where it lies between two blocks: the step into position p, which starts a block when p is a
// multiple of 8.
func sort(on, off *steps, p, step int) {
	switch p % 8 {
	case 0:
		on.total += max(step, -step)
		on.count++
	case 3, 4, 5:
		off.total += max(step, -step)
		off.count++
	}
}

// span is the part of one axis that is searched: the middle of the box inside the picture, at most blockPatch long.
func span(start, length float32, limit int) (from, to int) {
	from = int(max(0, min(start, float32(limit))))
	to = int(max(0, min(start+length, float32(limit))))
	if extra := to - from - blockPatch; extra > 0 {
		from += extra / 2
		to = from + blockPatch
	}
	return from, to
}

// lumaRow writes the brightness (0..255, ITU-R BT.601) of len(dst) pixels from (x, y) on.
func lumaRow(dst []int, m frames.Image, x, y int) {
	row := m.Pix[y*m.Stride+3*x:]
	for i := range dst {
		dst[i] = (29*int(row[3*i]) + 150*int(row[3*i+1]) + 77*int(row[3*i+2])) >> 8
	}
}
