package score

import (
	"slices"
	"time"
)

// sighting is one face of a track: when it was seen and where its faceRecord is.
type sighting struct {
	at    time.Duration
	face  int // index in record.faces
	frame int // index in record.frames
}

// series is everything known of one track, in order of time.
type series struct {
	id       int // as shown
	seen     []sighting
	counted  []int // indices in seen of the faces that count: or, when none does, of all with a finite score
	usable   int   // faces that count
	spacing  time.Duration
	weights  []float64 // per counted face: quality times the seconds it stands for
	smoothed []float64 // logit per entry of seen, NaN when nothing near has one
	beats    []step
	found    []rise // by read
}

// step is the evidence of one beat.
type step struct {
	number int // beats since the start of the series
	logit  float64
	weight float64
}

// split sorts the faces of the kept tracks into series, in order of appearance. number tells the shown number of each of
// the tracker's tracks, 0 for those dropped.
func split(r *record) (all []*series, number []int) {
	number = make([]int, len(r.tracks)+1)
	slot := make([]*series, len(r.tracks)+1)
	for _, t := range r.tracks {
		if t.Kept(len(r.frames)) {
			slot[t.ID] = new(series)
		}
	}
	start := 0
	for i, f := range r.frames {
		for k := start; k < f.end; k++ {
			s := slot[r.faces[k].track]
			if s == nil {
				continue
			}
			if s.id == 0 {
				all = append(all, s)
				s.id = len(all)
				number[r.faces[k].track] = s.id
			}
			s.seen = append(s.seen, sighting{f.pts, k, i})
		}
		start = f.end
	}
	return all, number
}

// prepare weighs, smooths and condenses the series.
func (s *series) prepare(r *record) {
	for i, g := range s.seen {
		if r.faces[g.face].counts() {
			s.counted = append(s.counted, i)
		}
	}
	s.usable = len(s.counted)
	if s.usable == 0 {
		for i, g := range s.seen {
			if r.faces[g.face].scored() {
				s.counted = append(s.counted, i)
			}
		}
	}
	if len(s.counted) == 0 {
		return
	}
	s.weigh(r)
	s.smooth(r)
	s.condense(r)
}

func (s *series) at(i int) time.Duration { return s.seen[s.counted[i]].at }

func (s *series) logit(r *record, i int) float64 {
	return float64(r.faces[s.seen[s.counted[i]].face].logit)
}

// grade is the quality of a counted face. Faces below the usable line only count where there is nothing better.
func (s *series) grade(r *record, i int) float64 {
	const faint = 0.01
	return max(faint, float64(r.faces[s.seen[s.counted[i]].face].quality))
}

// weigh gives each counted face its quality times the time it stands for: half the way to its neighbours, but never more
// than twice the usual spacing, so that neither dense nor sparse parts of a clip with a variable frame rate, nor the rim
// of a gap, weigh more than they should.
func (s *series) weigh(r *record) {
	n := len(s.counted)
	gaps := make([]time.Duration, 0, n)
	for i := 1; i < n; i++ {
		gaps = append(gaps, s.at(i)-s.at(i-1))
	}
	if len(gaps) > 0 {
		sorted := slices.Clone(gaps)
		slices.Sort(sorted)
		s.spacing = sorted[len(sorted)/2]
	}
	const least = time.Millisecond // frames that share a timestamp share its time
	most := max(2*s.spacing, least)
	s.weights = make([]float64, n)
	for i := range n {
		left, right := s.spacing, s.spacing
		if i > 0 {
			left = gaps[i-1]
		}
		if i < n-1 {
			right = gaps[i]
		}
		span := max(least, min(most, (left+right)/2))
		s.weights[i] = s.grade(r, i) * span.Seconds()
	}
}

// smooth fills smoothed: a weighted mean over the kernel's window, for the faces that do not count as well.
func (s *series) smooth(r *record) {
	width := max(kernel, s.spacing*3/2)
	s.smoothed = make([]float64, len(s.seen))
	next := 0 // first counted face at or after the current one
	for i, g := range s.seen {
		for next < len(s.counted) && s.counted[next] < i {
			next++
		}
		var sum, weight float64
		take := func(k int) bool {
			d := float64(s.at(k)-g.at) / float64(width)
			near := 1 - d*d
			if near <= 0 {
				return false
			}
			sum += near * s.weights[k] * s.logit(r, k)
			weight += near * s.weights[k]
			return true
		}
		for k := next; k < min(len(s.counted), next+kernelReach) && take(k); k++ {
		}
		for k := next - 1; k >= max(0, next-kernelReach) && take(k); k-- {
		}
		s.smoothed[i] = sum / weight // NaN without neighbours
	}
}

// condense averages the counted faces of each beat. A beat weighs as much as its faces are good, however many they are: time
// is what counts, not frames. The first beat begins half a spacing before the first face, so that regular sampling puts
// the same number of faces into each.
func (s *series) condense(r *record) {
	length := max(beat, s.spacing)
	start := s.at(0) - s.spacing/2
	var total, time float64 // of weight and of span, in the running beat
	for i := range s.counted {
		number := int((s.at(i) - start) / length)
		if len(s.beats) == 0 || s.beats[len(s.beats)-1].number != number {
			s.beats = append(s.beats, step{number: number})
			total, time = 0, 0
		}
		b := &s.beats[len(s.beats)-1]
		total += s.weights[i]
		time += s.weights[i] / s.grade(r, i)
		b.logit += s.weights[i] / total * (s.logit(r, i) - b.logit)
		b.weight = total / time
	}
}
