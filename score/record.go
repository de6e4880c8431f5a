package score

import (
	"math"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/track"
	"github.com/blendscope/blendscope/score/quality"
)

// record is the compact memory of a clip: some 60 bytes for a frame with one face and some 300 for each second of a
// track, so that two hours of every frame stay below 20 MB.
type record struct {
	frames  []frameRecord
	faces   []faceRecord
	tracks  []track.Summary
	heat    heat
	crop    float64 // Options.CropScale
	leftOut bool    // some frame had more faces than were scored
	mended  bool    // timestamps ran backwards or out of bounds
}

// frameRecord is one scored frame. Its faces are record.faces from the end of the frame before.
type frameRecord struct {
	pts   time.Duration
	index int
	end   int
}

// faceRecord is one scored face.
type faceRecord struct {
	track   int32      // number given by the tracker, 0 for none
	box     [4]float32 // x, y, w, h
	logit   float32    // NaN when the classifier gave no finite number
	quality float32    // quality.Quality.Overall
	sharp   float32
	blocky  float32
}

func newFaceRecord(link track.Link, face frames.Face, q quality.Quality) faceRecord {
	return faceRecord{
		track:   int32(link.ID),
		box:     [4]float32{face.Box.X, face.Box.Y, face.Box.W, face.Box.H},
		logit:   float32(math.NaN()),
		quality: float32(q.Overall),
		sharp:   float32(q.Sharpness),
		blocky:  float32(q.Blockiness),
	}
}

func (r *record) add(l *look) {
	if r.heat == nil {
		r.heat = heat{}
	}
	for i, face := range l.faces {
		r.faces = append(r.faces, face)
		if i < len(l.maps) {
			r.heat.note(r, len(r.faces)-1, l.pts, l.maps[i])
		}
	}
	r.frames = append(r.frames, frameRecord{pts: l.pts, index: l.index, end: len(r.faces)})
}

// scored reports whether the classifier gave a finite number.
func (f faceRecord) scored() bool { return f.logit == f.logit }

// counts reports whether the face takes part in the verdict.
func (f faceRecord) counts() bool { return f.scored() && f.quality >= quality.Usable }

// px is the longer side of the box.
func (f faceRecord) px() float64 { return float64(max(f.box[2], f.box[3])) }

// maxLogit bounds what one face may claim: beyond it probabilities differ by less than a millionth, and a model that
// runs wild must not drown the rest of the clip.
const maxLogit = 15

// tame returns a logit as it is recorded: bounded, NaN when it is not finite.
func tame(logit float64) float32 {
	if math.IsNaN(logit) || math.IsInf(logit, 0) {
		return float32(math.NaN())
	}
	return float32(max(-maxLogit, min(maxLogit, logit)))
}

// latest is the latest presentation time believed; anything beyond comes from a broken container.
const latest = 1000 * time.Hour

// finite replaces what JSON cannot carry by 0.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
