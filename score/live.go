package score

import (
	"math"
	"time"
)

// live scores faces while the clip runs, from the past alone: an average per track that forgets with time.
type live struct {
	tracks map[int32]*trend
}

// trend is the running average of one track, in logits.
type trend struct {
	logit float64
	seen  time.Duration
}

const (
	// memory is the time constant of the average.
	memory = 500 * time.Millisecond
	// manyTrends is the number of tracks from which on those long gone are forgotten.
	manyTrends = 256
)

func (v *live) moment(l *look, o Options) Moment {
	c := calibration{o.Calibration}
	m := Moment{TMS: l.pts.Milliseconds(), Frame: l.index, Faces: make([]MomentFace, 0, len(l.faces))}
	for i, f := range l.faces {
		if !f.scored() {
			continue
		}
		face := f.shown(int(f.track), c.score(v.follow(f.track, l.pts, float64(f.logit))))
		if i < len(l.maps) {
			face.Map = l.maps[i]
		}
		m.Faces = append(m.Faces, face)
	}
	return m
}

func (v *live) follow(track int32, now time.Duration, logit float64) float64 {
	if v.tracks == nil {
		v.tracks = make(map[int32]*trend)
	}
	t, ok := v.tracks[track]
	if !ok {
		v.forget(now)
		v.tracks[track] = &trend{logit, now}
		return logit
	}
	t.logit += (1 - math.Exp(-max(time.Millisecond, now-t.seen).Seconds()/memory.Seconds())) * (logit - t.logit)
	t.seen = now
	return t.logit
}

func (v *live) forget(now time.Duration) {
	if len(v.tracks) < manyTrends {
		return
	}
	for id, t := range v.tracks {
		if now-t.seen > 10*memory {
			delete(v.tracks, id)
		}
	}
}
