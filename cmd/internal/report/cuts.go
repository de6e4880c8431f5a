package report

import (
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// mostCuts are drawn; more would be a grey bar.
const mostCuts = 250

// samePlace is the overlap from which two boxes are one face that was lost and found again.
const samePlace = 0.3

// cuts are the times, in milliseconds, at which every face that is followed changes at once from one scored frame to the
// next: tracks never go on past a cut between shots. Results do not name cuts, and without faces on both sides there is
// none to be seen.
func (m maker) cuts() []int64 {
	var cuts []int64
	longest := m.gap()
	for i := 1; i < len(m.r.Timeline); i++ {
		before, now := m.r.Timeline[i-1], m.r.Timeline[i]
		if len(before.Faces) > 0 && len(now.Faces) > 0 && float64(now.TMS-before.TMS) <= longest && !goesOn(before.Faces, now.Faces) {
			cuts = append(cuts, now.TMS)
		}
	}
	return cuts
}

func goesOn(before, now []score.MomentFace) bool {
	return slices.ContainsFunc(before, func(a score.MomentFace) bool {
		return slices.ContainsFunc(now, func(b score.MomentFace) bool {
			return a.Track == b.Track || box(a).IoU(box(b)) > samePlace
		})
	})
}

func box(f score.MomentFace) frames.Box {
	return frames.Box{X: float32(f.Box[0]), Y: float32(f.Box[1]), W: float32(f.Box[2]), H: float32(f.Box[3])}
}

func (m maker) drawCuts(t *timeline, a axis) {
	cuts := m.cuts()
	if len(cuts) > mostCuts {
		return
	}
	for _, ms := range cuts {
		if ms >= a.from && ms <= a.to {
			t.Cuts = append(t.Cuts, chart.Percent(a.share(ms)))
		}
	}
}
