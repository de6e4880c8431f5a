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
	var s sheet
	var last *image.RGBA // faces of one moment share their frame
	for p, err := range exhibit.Take(ctx, clip, moments, limits()) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.note(Acquisition, "no picture of face %d at %s: %v", p.Track, clock(p.Best.TMS), err)
			continue
		}
		if p.Frame != last {
			if err := w.png(fmt.Sprintf("frames/%09dms.png", p.Best.TMS), fmt.Sprintf("the frame at %s", clock(p.Best.TMS)), p.Frame); err != nil {
				return err
			}
			last = p.Frame
		}
		if err := w.moment(p, &s); err != nil {
			return err
		}
	}
	if len(s.rows) == 0 {
		return nil
	}
	w.note(Acquisition, "frames decoded again and kept as pictures, without loss and at full resolution; moments shown: %d", len(s.rows))
	return w.add(sheetFile, "all moments at a glance", s.write)
}

// moment writes the pictures of one face: the frame with its mark, what the classifier saw, and the map over that.
func (w *work) moment(p *exhibit.Picture, s *sheet) error {
	name := fmt.Sprintf("faces/face%03d-%d-%09dms", p.Track, p.Rank+1, p.Best.TMS)
	of := fmt.Sprintf("face %d at %s, score %.2f", p.Track, clock(p.Best.TMS), p.Best.Score)
	marked := p.Marked()
	if err := w.png(name+"-marked.png", "the frame with a box around "+of, marked); err != nil {
		return err
	}
	if err := w.png(name+"-crop.png", "what the classifier saw: "+of, p.Crop); err != nil {
		return err
	}
	overlay := p.Overlay()
	if overlay != nil {
		if err := w.png(name+"-map.png", "where it saw compositing: "+of, overlay); err != nil {
			return err
		}
	}
	s.row(of, marked, p.Crop, overlay)
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
