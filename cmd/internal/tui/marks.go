package tui

import (
	"cmp"
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/tui/record"
)

// Mark is a moment that somebody wants to be kept, with what they say about it. Results are exported with theirs.
type Mark struct {
	TMS     int64      `json:"t_ms"`
	Frame   int        `json:"frame"`
	Comment string     `json:"comment"`
	Faces   []MarkFace `json:"faces"`
}

// MarkFace is a face that was in the picture.
type MarkFace struct {
	Track int        `json:"track"`
	Box   [4]float64 `json:"box"` // x, y, w, h in upright frame pixels
	Score float64    `json:"score"`
}

// addMark keeps marks in order of time; a second one of the same moment replaces the first.
func addMark(marks []Mark, m Mark) []Mark {
	i, found := slices.BinarySearchFunc(marks, m.TMS, func(m Mark, t int64) int { return cmp.Compare(m.TMS, t) })
	if found {
		marks[i] = m
		return marks
	}
	return slices.Insert(marks, i, m)
}

func markFaces(faces []record.Face) []MarkFace {
	list := []MarkFace{}
	for _, f := range faces {
		list = append(list, MarkFace{f.Track, [4]float64{float64(f.Box.X), float64(f.Box.Y), float64(f.Box.W), float64(f.Box.H)}, f.Score})
	}
	return list
}
