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
// the lead when it stands out by more than chance: the best of many stretches is high even if nothing happened, so it is
// held against what the best of that many would reach, given how much stretches of this track usually differ (standOut).
//
// A constant clip reads as its constant, a clip of even scatter as its mean.
func (s *series) read() reading {
	whole := reading{mean(s.beats), s.beats}
	n := len(s.beats)
	if n <= stretchBeats {
		return whole
	}
	stretches, best := s.stretches()
	if len(stretches) == 0 {
		return whole
	}
	spread := spreadOf(stretches, float64(n)/stretchBeats)
	strongest := slices.Max(stretches)
	// Overlapping stretches are worth about two independent ones each two seconds.
	led := standOut(strongest, whole.logit, spread*expectedMax(float64(n)/2))
	if led <= whole.logit {
		return whole
	}
	return reading{led, s.grow(best, (strongest+whole.logit)/2)}
}

// stretches gives the value of every run of stretchBeats beats without a hole of more than one beat between two, and the index of
// the first beat of the best. The value is the mean without the highest beat: one spike is not sustained.
func (s *series) stretches() (values []float64, best int) {
	highest := math.Inf(-1)
	for i := 0; i+stretchBeats <= len(s.beats); i++ {
		run := s.beats[i : i+stretchBeats]
		if !unbroken(run) {
			continue
		}
		var sum, weight float64
		top := 0
		for k, b := range run {
			sum += b.weight * b.logit
			weight += b.weight
			if b.logit > run[top].logit {
				top = k
			}
		}
		sum -= run[top].weight * run[top].logit
		weight -= run[top].weight
		value := sum / weight
		values = append(values, value)
		if value > highest {
			highest, best = value, i
		}
	}
	return values, best
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
func (s *series) grow(first int, level float64) []step {
	from, to := first, first+stretchBeats
	for from > 0 && s.beats[from-1].logit > level {
		from--
	}
	for to < len(s.beats) && s.beats[to].logit > level {
		to++
	}
	return s.beats[from:to]
}

// evidence is the number of beats of a track, weighed by the quality of its faces.
func (s *series) evidence() float64 {
	var sum float64
	for _, b := range s.beats {
		sum += b.weight
	}
	return sum
}

// lead pools the tracks of a clip. The worst track leads: its reading is drawn towards the mean of all as far as it has
// less evidence than the best-seen track (or than four seconds), and held against what the worst of so many tracks
// reaches by chance (standOut). If no track stands out, the mean of all tracks, weighed by their evidence, is the answer. With a
// single track the answer is that track's.
func lead(tracks []*series, readings []reading) reading {
	var total, most float64
	evidence := make([]float64, len(tracks))
	all := reading{}
	values := make([]float64, len(tracks))
	for i, t := range tracks {
		evidence[i] = t.evidence()
		most = max(most, evidence[i])
		total += evidence[i]
		values[i] = readings[i].logit
	}
	for i := range tracks {
		all.logit += evidence[i] / total * values[i]
		all.carried = append(all.carried, readings[i].carried...)
	}
	discount := spreadOf(values, float64(len(tracks))) * expectedMax(float64(len(tracks)))
	led := all
	for i := range tracks {
		trust := min(1, math.Sqrt(evidence[i]/min(most, enoughBeats)))
		logit := standOut(all.logit+trust*(values[i]-all.logit), all.logit, discount)
		if len(tracks) == 1 || logit > led.logit {
			led = reading{logit, readings[i].carried}
		}
	}
	if len(tracks) == 1 {
		led.logit = values[0]
	}
	return led
}

// standOut says what the strongest of many values counts for, next to their mean. Up to chance, what the strongest would
// reach if nothing had happened, it counts for nothing. Beyond, it gains quickly on the mean, until it is taken at its
// face value: what stands out clearly needs no discount.
func standOut(strongest, mean, chance float64) float64 {
	return mean + max(0, min(strongest-mean, gain*(strongest-mean-chance)))
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

// expectedMax is about the expected largest of n independent standard normal numbers (Blom 1958): 0 for one, 0.6 for
// two, 2.0 for thirty.
func expectedMax(n float64) float64 {
	if n <= 1 {
		return 0
	}
	p := (n - 0.375) / (n + 0.25)
	return math.Sqrt2 * math.Erfinv(2*p-1)
}
