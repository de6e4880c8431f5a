package score

import (
	"math"
	"slices"
)

// reading is what a track, or the clip, says: its pooled logit and the beats that carry it.
type reading struct {
	logit   float64
	carried []step
}

// read pools one track. The whole is the weighted mean of its beats. The strongest stretch of at least two seconds takes
// the lead as far as it surely rises above the rest of the track (series.rises).
//
// A constant clip reads as its constant, a clip of even scatter as its mean.
func (s *series) read(neutral float64) reading {
	whole := reading{mean(s.beats), s.beats}
	s.found = s.rises(neutral)
	if len(s.found) == 0 {
		return whole
	}
	first := s.found[0]
	if led := whole.logit + first.sure*(first.value-whole.logit); led > whole.logit {
		return reading{led, s.beats[first.from:first.to]}
	}
	return whole
}

// rise is a stretch that stands out of its track.
type rise struct {
	from, to int     // beats
	level    float64 // logit half way between the stretch and the rest of the track
	sure     float64 // 0 may well be chance .. 1 is none
	value    float64 // the logit it is read as
}

// rises finds the stretches that stand out, the strongest first. The best of many stretches is high even if nothing
// happened, so it is held against what the best of that many stays below most of the time (highestByChance), given how
// much stretches of this track usually differ (surely, apart).
func (s *series) rises(neutral float64) []rise {
	n := len(s.beats)
	if n <= stretchBeats {
		return nil
	}
	runs := s.stretches()
	if len(runs) == 0 {
		return nil
	}
	base, spread := rest(runs)
	chance := spread * highestByChance(float64(n)/2) // overlapping stretches are worth two independent ones each two seconds
	var found []rise
	for len(found) < mostRises {
		best := strongest(runs, found)
		if best < 0 || runs[best].value-base <= chance {
			break
		}
		top := runs[best].value
		r := rise{level: (top + base) / 2, sure: surely(top-base, chance), value: apart(top, base, neutral)}
		r.from, r.to = s.grow(runs[best].first, r.level)
		found = append(found, r)
	}
	return found
}

// run is the value of stretchBeats beats in a row.
type run struct {
	first int // beat
	value float64
}

// stretches lists every run of stretchBeats beats without a hole of more than one beat between two. The value is the mean without
// the highest beat: one spike is not sustained.
func (s *series) stretches() []run {
	var runs []run
	for i := 0; i+stretchBeats <= len(s.beats); i++ {
		of := s.beats[i : i+stretchBeats]
		if !unbroken(of) {
			continue
		}
		var sum, weight float64
		top := 0
		for k, b := range of {
			sum += b.weight * b.logit
			weight += b.weight
			if b.logit > of[top].logit {
				top = k
			}
		}
		sum -= of[top].weight * of[top].logit
		weight -= of[top].weight
		runs = append(runs, run{i, sum / weight})
	}
	return runs
}

// strongest is the index of the highest run that touches none of the stretches found; -1 when all do.
func strongest(runs []run, found []rise) int {
	best := -1
	for i, r := range runs {
		touches := func(f rise) bool { return r.first < f.to && f.from < r.first+stretchBeats }
		if (best < 0 || r.value > runs[best].value) && !slices.ContainsFunc(found, touches) {
			best = i
		}
	}
	return best
}

// rest is what the runs are like where nothing happens, and how much they scatter there.
func rest(runs []run) (base, spread float64) {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = r.value
	}
	spread = spreadOf(values, float64(len(runs))/stretchBeats)
	return median(values), spread
}

// unbroken reports whether no two neighbours are more than one empty beat apart.
func unbroken(run []step) bool {
	for i := 1; i < len(run); i++ {
		if run[i].number-run[i-1].number > 2 {
			return false
		}
	}
	return true
}

// grow widens the stretch that starts at beat first as long as the beats beside it stay above level.
func (s *series) grow(first int, level float64) (from, to int) {
	from, to = first, first+stretchBeats
	for from > 0 && s.beats[from-1].logit > level {
		from--
	}
	for to < len(s.beats) && s.beats[to].logit > level {
		to++
	}
	return from, to
}

// surely says how much a height above the rest counts, next to what chance alone reaches: not at all up to that, in full
// from gain / (gain - 1) times that on. What stands out clearly needs no discount.
func surely(height, chance float64) float64 {
	if height <= chance {
		return 0
	}
	return min(1, gain*(height-chance)/height)
}

// apart reads what stands out of a rest. What the model says of a face depends on the face, the light and the camera as
// much as on any manipulation, and the rest shows how much: half of its distance from the neutral logit, which speaks
// neither way, is taken out. That lifts nothing further than to the neutral logit and half the height: where it would stand
// if it and the rest lay on either side.
func apart(logit, rest, neutral float64) float64 {
	return min(logit-share*(rest-neutral), max(logit, neutral+(logit-rest)/2))
}

func mean(beats []step) float64 {
	var sum, weight float64
	for _, b := range beats {
		sum += b.weight * b.logit
		weight += b.weight
	}
	return sum / weight
}

// spreadOf estimates how much values scatter, robustly (the scaled median absolute deviation, so that the one burst or
// the one fake face that is looked for does not hide itself), drawn towards priorSpread. independent is how many
// independent values they are worth.
func spreadOf(values []float64, independent float64) float64 {
	middle := median(slices.Clone(values))
	deviations := make([]float64, len(values))
	for i, v := range values {
		deviations[i] = math.Abs(v - middle)
	}
	const toDeviation = 1.4826 // of a normal distribution
	mad := toDeviation * median(deviations)
	return math.Sqrt((priorWeight*priorSpread*priorSpread + independent*mad*mad) / (priorWeight + independent))
}

// median sorts v. It is 0 for an empty list.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// highestByChance is what the largest of n independent standard normal numbers stays below 9 times in 10: 1.3 for one,
// 2.7 for thirty.
func highestByChance(n float64) float64 {
	const mostly = 0.9
	return normalQuantile(math.Pow(mostly, 1/max(1, n)))
}

// normalQuantile is what a standard normal number stays below with probability p.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
