package report

import (
	"cmp"
	"context"
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/score"
)

// Qualities of the JPEGs: artefacts that a reader could take for traces of manipulation must not come from the page.
const (
	frameQuality = 75
	cropQuality  = 85
)

// thumbSide is the side of the picture in an overview, in pixels.
const thumbSide = 40

// Pictures takes those of a result from the clip, strongest faces first, their moments in order of strength.
func Pictures(ctx context.Context, p engine.Preview, r *score.Result, l exhibit.Limits) ([]Picture, error) {
	moments := exhibit.Choose(r.Tracks, l)
	place := map[exhibit.Place]int{}
	for i, m := range moments {
		place[m.Place()] = i
	}
	var list []Picture
	for taken, err := range exhibit.Take(ctx, p, moments, l) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		list = append(list, Encode(taken, err))
	}
	slices.SortFunc(list, func(a, b Picture) int { return cmp.Compare(place[a.Place()], place[b.Place()]) })
	return list, nil
}

// Encode makes a page's picture of one that was taken, or of the reason why there is none.
func Encode(p *exhibit.Picture, err error) Picture {
	out := Picture{Moment: p.Moment, Err: err}
	if err != nil {
		return out
	}
	size := p.Frame.Rect.Size()
	out.FrameWidth, out.FrameHeight = size.X, size.Y
	if out.Frame, out.Err = exhibit.JPEG(p.Marked(), frameQuality); out.Err != nil {
		return out
	}
	if out.Crop, out.Err = exhibit.JPEG(p.Crop, cropQuality); out.Err != nil {
		return out
	}
	if p.Rank == 0 {
		if out.Thumb, out.Err = exhibit.JPEG(exhibit.Thumb(p.Crop, thumbSide), cropQuality); out.Err != nil {
			return out
		}
	}
	if overlay := p.Overlay(); overlay != nil {
		out.Peak = p.Map.Most()
		out.Map, out.Err = exhibit.JPEG(overlay, cropQuality)
	}
	return out
}

// Thumb is the small picture that stands for all, nil when there is none.
func Thumb(list []Picture) []byte {
	for _, p := range list {
		if p.Thumb != nil {
			return p.Thumb
		}
	}
	return nil
}
