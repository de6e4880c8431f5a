package score

import (
	"encoding/base64"
	"math"
	"time"
)

// heat keeps what is worth showing of a clip: of each track and second, the usable face with the highest logit, and its
// map. Keeping all maps would cost four times the rest of the record.
type heat map[heatKey]heatSpot

type heatKey struct {
	track  int32 // the tracker's number
	second time.Duration
}

type heatSpot struct {
	face int // index in record.faces
	side int
	map8 string // side x side bytes, row-major: 255 is a probability of 1
}

func keyOf(track int32, at time.Duration) heatKey { return heatKey{track, at / time.Second} }

// note keeps the face, number index of the record, if it is the strongest of its second so far.
func (h heat) note(r *record, index int, at time.Duration, m Map) {
	f := r.faces[index]
	if f.track == 0 || !f.counts() {
		return
	}
	key := keyOf(f.track, at)
	if old, ok := h[key]; ok && r.faces[old.face].logit >= f.logit {
		return
	}
	h[key] = heatSpot{index, m.Side, bytesOf(m)}
}

func bytesOf(m Map) string {
	b := make([]byte, len(m.Values))
	for i, v := range m.Values {
		b[i] = byte(math.Round(255 * min(1, max(0, finite(float64(v))))))
	}
	return string(b)
}

// shown is the map as results carry it, nil when the model draws none.
func (s heatSpot) shown(cropScale float64) *HeatMap {
	if s.side <= 0 || len(s.map8) != s.side*s.side {
		return nil
	}
	return &HeatMap{Side: s.side, CropScale: cropScale, Values: base64.StdEncoding.EncodeToString([]byte(s.map8))}
}
