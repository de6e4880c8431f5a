package record

import (
	"math"
	"slices"
	"time"
)

// point is a track's score at a time.
type point struct {
	at    time.Duration
	score float64
}

// series is a track's scores in order of time, with what was last made of them for the screen.
type series struct {
	points []point
	peak   point // the highest, zero while there is none above zero
	strip  strip
}

func (s *series) add(p point) {
	s.points = append(s.points, p)
	if p.score > s.peak.score {
		s.peak = p
	}
}

// strip is the highest score in each column of a timeline; NaN where there is none. It grows with the points.
type strip struct {
	columns  []float64
	duration time.Duration
	used     int
}

// Unknown stands in a strip where a face was seen, and no more is known of it.
const Unknown = -1.0

// Strip is the highest score of a track in each of width equal parts of the clip; NaN where there is no face. Track 0 is
// that of all tracks together. The caller does not change it.
func (r *Record) Strip(track, width int, duration time.Duration) []float64 {
	if len(r.series) == 0 && r.result != nil && width > 0 && duration > 0 {
		return r.outlines(track, width, duration)
	}
	if track == 0 {
		return r.all(width, duration)
	}
	if s := r.series[track]; s != nil && width > 0 && duration > 0 {
		return s.columns(width, duration, r.Step())
	}
	return empty(width)
}

func (r *Record) all(width int, duration time.Duration) []float64 {
	whole := empty(width)
	if duration <= 0 {
		return whole
	}
	for _, s := range r.series {
		for x, v := range s.columns(width, duration, r.Step()) {
			if !math.IsNaN(v) && !(whole[x] >= v) {
				whole[x] = v
			}
		}
	}
	return whole
}

// outlines are of a result without its timeline: where tracks were seen, and the scores of their evidence.
func (r *Record) outlines(track, width int, duration time.Duration) []float64 {
	columns := empty(width)
	raise := func(from, to int64, p float64) {
		for x := column(ms(from), width, duration); x <= column(ms(to), width, duration); x++ {
			if !(columns[x] >= p) {
				columns[x] = p
			}
		}
	}
	for _, t := range r.result.Tracks {
		if track != 0 && t.ID != track {
			continue
		}
		raise(t.FirstMS, t.LastMS, Unknown)
		for _, e := range t.Evidence {
			raise(e.TMS, e.TMS, finite(e.Score))
		}
	}
	return columns
}

// column is the one of width that a time lies in.
func column(t time.Duration, width int, duration time.Duration) int {
	return min(width-1, max(0, int(int64(t)*int64(width)/max(1, int64(duration)))))
}

func (s *series) columns(width int, duration, step time.Duration) []float64 {
	c := &s.strip
	if len(c.columns) != width || c.duration != duration {
		*c = strip{columns: empty(width), duration: duration}
	}
	for ; c.used < len(s.points); c.used++ {
		p := s.points[c.used]
		from, to := column(p.at, width, duration), column(p.at, width, duration)
		if c.used > 0 && p.at-s.points[c.used-1].at <= 2*step { // no gap: the columns between belong to both
			from = min(from, column(s.points[c.used-1].at, width, duration)+1)
		}
		for x := from; x <= to; x++ {
			if !(c.columns[x] >= p.score) {
				c.columns[x] = finite(p.score)
			}
		}
	}
	return c.columns
}

func empty(width int) []float64 {
	return slices.Repeat([]float64{math.NaN()}, max(0, width))
}
