package evidence

import (
	"image"
	"image/color"
	"image/jpeg"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The sheet's measures in pixels.
const (
	cellHeight = 240
	frameWidth = 480
	captionGap = 34
	margin     = 16
	sheetWidth = margin + frameWidth + margin + cellHeight + margin + cellHeight + margin
)

// sheet is a page of all faces that are shown: a row for each, with the frame, the crop and the map, in small copies.
type sheet struct{ rows []sheetRow }

type sheetRow struct {
	caption              string
	frame, crop, overlay *image.RGBA // overlay is nil where there is no map
}

// add takes the faces of one frame.
func (s *sheet) add(frame *image.RGBA, faces []sheetRow) {
	small := fit(frame, frameWidth, cellHeight)
	for _, row := range faces {
		row.frame = small
		s.rows = append(s.rows, row)
	}
}

// fit scales a picture to lie in width x height.
func fit(m *image.RGBA, width, height int) *image.RGBA {
	size := m.Rect.Size()
	scale := min(float64(width)/float64(size.X), float64(height)/float64(size.Y))
	out := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(size.X)*scale)), max(1, int(float64(size.Y)*scale))))
	draw.ApproxBiLinear.Scale(out, out.Rect, m, m.Rect, draw.Src, nil)
	return out
}

func (s *sheet) write(w io.Writer) error {
	const rowHeight = cellHeight + captionGap + margin
	page := image.NewRGBA(image.Rect(0, 0, sheetWidth, margin+len(s.rows)*rowHeight))
	draw.Draw(page, page.Rect, image.White, image.Point{}, draw.Src)
	face, err := captionFace()
	if err != nil {
		return err
	}
	defer face.Close()
	for i, row := range s.rows {
		x, y := margin, margin+i*rowHeight
		for j, cell := range []*image.RGBA{row.frame, row.crop, row.overlay} {
			if cell != nil {
				draw.Draw(page, cell.Rect.Add(image.Pt(x, y)), cell, image.Point{}, draw.Src)
			}
			x += margin + []int{frameWidth, cellHeight, cellHeight}[j]
		}
		text := font.Drawer{Dst: page, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(margin, y+cellHeight+24)}
		text.DrawString(row.caption)
	}
	return jpeg.Encode(w, page, &jpeg.Options{Quality: 90})
}

func captionFace() (font.Face, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: 18, DPI: 72, Hinting: font.HintingFull})
}
