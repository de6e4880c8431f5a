package model

import (
	"cmp"
	"slices"

	"github.com/blendscope/blendscope/frames"
)

// maxCandidates bounds the quadratic work of suppress per picture; far more than a crowd gives.
const maxCandidates = 2000

// candidatesOf reads one picture's boxes (x1, y1, x2, y2) with scores of at least threshold. Faces whose numbers are
// not finite or whose box is empty are dropped; a NaN score fails the comparison. points may be nil.
func candidatesOf(scores, boxes, points []float32, threshold float32) []frames.Face {
	var faces []frames.Face
	for i, score := range scores {
		if !(score >= threshold) {
			continue
		}
		b := boxes[4*i : 4*i+4]
		f := frames.Face{Box: frames.Box{X: b[0], Y: b[1], W: b[2] - b[0], H: b[3] - b[1]}, Score: min(score, 1)}
		if !finite(float64(b[0])) || !finite(float64(b[1])) || !finite(float64(f.Box.W)) || !finite(float64(f.Box.H)) || f.Box.Area() <= 0 {
			continue
		}
		if points != nil {
			for p := range f.Landmarks {
				f.Landmarks[p] = frames.Point{X: points[10*i+2*p], Y: points[10*i+2*p+1]}
			}
			if slices.ContainsFunc(points[10*i:10*i+10], func(v float32) bool { return !finite(float64(v)) }) {
				continue
			}
		}
		faces = append(faces, f)
	}
	return faces
}

// suppress is greedy non-maximum suppression: best score first, ties in the network's order, and everything goes that
// overlaps a kept box by more than iou.
func suppress(faces []frames.Face, iou float32) []frames.Face {
	slices.SortStableFunc(faces, func(a, b frames.Face) int { return cmp.Compare(b.Score, a.Score) })
	var kept []frames.Face
	for _, f := range faces[:min(len(faces), maxCandidates)] {
		if !slices.ContainsFunc(kept, func(k frames.Face) bool { return k.Box.IoU(f.Box) > iou }) {
			kept = append(kept, f)
		}
	}
	return kept
}
