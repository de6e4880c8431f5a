package evidence

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
)

// pictures writes the moments at full resolution, and a sheet with all of them.
func (w *work) pictures(ctx context.Context, clip engine.Preview, moments []exhibit.Moment) error {
	var all sheet
	var now moment
	for p, err := range exhibit.Take(ctx, clip, moments, limits()) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.note(Acquisition, "no picture of face %d at %s: %v", p.Track, clock(p.Best.TMS), err)
			continue
		}
		if p.Frame != now.frame {
			if err := w.finish(&now, &all); err != nil {
				return err
			}
			now = moment{at: p.Best.TMS, frame: p.Frame}
			if err := w.png(now.name(".png"), "the frame at "+clock(now.at), now.frame); err != nil {
				return err
			}
		}
		if err := w.face(p, &now); err != nil {
			return err
		}
	}
	if err := w.finish(&now, &all); err != nil || len(all.rows) == 0 {
		return err
	}
	w.note(Acquisition, "frames decoded again and kept as pictures, without loss and at full resolution; faces shown: %d", len(all.rows))
	return w.add(sheetFile, "all faces at a glance", all.write)
}

// moment is a frame with one or more faces to show. Marks are drawn into the frame itself once it is written without: a
// photo may have 200 MB.
type moment struct {
	at    int64 // ms
	frame *image.RGBA
	faces []sheetRow
}

func (m *moment) name(end string) string { return fmt.Sprintf("frames/%09dms%s", m.at, end) }

// finish writes the frame with its marks.
func (w *work) finish(m *moment, all *sheet) error {
	if len(m.faces) == 0 {
		return nil
	}
	all.add(m.frame, m.faces)
	return w.png(m.name("-marked.png"), "the same with a box around each face that is shown", m.frame)
}

// face writes what the classifier saw of one face, and the map over it, and marks the face.
func (w *work) face(p *exhibit.Picture, m *moment) error {
	name := fmt.Sprintf("faces/face%03d-%d-%09dms", p.Track, p.Rank+1, p.Best.TMS)
	row := sheetRow{caption: fmt.Sprintf("face %d at %s, score %.2f", p.Track, clock(p.Best.TMS), p.Best.Score)}
	if err := w.png(name+"-crop.png", "what the classifier saw: "+row.caption, p.Crop); err != nil {
		return err
	}
	row.crop = fit(p.Crop, cellHeight, cellHeight)
	if overlay := p.Overlay(); overlay != nil {
		if err := w.png(name+"-map.png", "where it saw compositing: "+row.caption, overlay); err != nil {
			return err
		}
		row.overlay = fit(overlay, cellHeight, cellHeight)
	}
	p.Mark(m.frame)
	m.faces = append(m.faces, row)
	return nil
}

func (w *work) png(name, what string, m image.Image) error {
	return w.add(name, what, func(f io.Writer) error {
		return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, m)
	})
}

// clock is a time for people: 1:02:03.456.
func clock(ms int64) string {
	if ms >= 3600_000 {
		return fmt.Sprintf("%d:%02d:%02d.%03d", ms/3600_000, ms/60_000%60, ms/1000%60, ms%1000)
	}
	return fmt.Sprintf("%d:%02d.%03d", ms/60_000, ms/1000%60, ms%1000)
}
