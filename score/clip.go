package score

import (
	"cmp"
	"math"
	"slices"
)

// lead pools the tracks of a clip: the shots of a film, the faces in a room. Any one of them may be the manipulated one,
// so the answer is the soft maximum of how far each stands apart, less what that reaches by chance where nothing is
// manipulated, as far as it can be chance; the mean of all, weighed by their evidence, where that is higher, as it is
// when all are alike. With a single track the answer is that track's.
//
// A track with less evidence than the best-seen one (or than enoughBeats) is drawn towards the mean of all, and weighs
// less in the soft maximum.
func lead(tracks []*series, readings []reading, neutral float64) reading {
	n := len(tracks)
	if n == 1 {
		return readings[0]
	}
	all, evidence := together(tracks, readings)
	var total float64
	for _, e := range evidence {
		total += e
	}
	enough := min(slices.Max(evidence), enoughBeats)
	stands, weights := make([]float64, n), make([]float64, n)
	for i, e := range evidence {
		weights[i] = min(e, enough)
		others := (total*all.logit - e*readings[i].logit) / (total - e)
		own := all.logit + math.Sqrt(weights[i]/enough)*(readings[i].logit-all.logit)
		stands[i] = standing(own, others, neutral)
	}
	height, chance := softMax(stands, weights)-all.logit, softMaxByChance(n)
	if !(height > chance) {
		return all
	}
	clear := surely(height, hardlyChance*tracksDiffer)
	return reading{all.logit + height - (1-clear)*chance, carriers(readings, stands, weights)}
}

// together is the mean of all tracks, and the evidence of each.
func together(tracks []*series, readings []reading) (all reading, evidence []float64) {
	evidence = make([]float64, len(tracks))
	var total float64
	for i, t := range tracks {
		evidence[i] = t.evidence()
		total += evidence[i]
	}
	for i, r := range readings {
		all.logit += evidence[i] / total * r.logit
		all.carried = append(all.carried, r.carried...)
	}
	return all, evidence
}

// evidence is the number of beats of a track, weighed by the quality of its faces.
func (s *series) evidence() float64 {
	var sum float64
	for _, b := range s.beats {
		sum += b.weight
	}
	return sum
}

// standing reads a track against the others. What the model says of a face depends on the face, the light and the camera
// as much as on any manipulation, and the others show how much: a share of the height above them counts on top of what
// the track itself says. That lifts none that is no higher than the others, and nothing further than to the neutral logit
// and that share of the height: where it would stand if it and the others lay on either side.
func standing(own, others, neutral float64) float64 {
	return max(own, min(own, neutral)+share*(own-others))
}

// softMax is the weighted log-mean-exp: the log odds that one of them, nobody knows which, is what its value says. It
// lies between the mean, of values that differ by much less than temperature, and the largest less temperature * log(n).
func softMax(values, weights []float64) float64 {
	top := slices.Max(values)
	var sum, total float64
	for i, v := range values {
		sum += weights[i] * math.Exp((v-top)/temperature)
		total += weights[i]
	}
	return top + temperature*math.Log(sum/total)
}

// softMaxByChance is about what softMax makes of n genuine tracks whose mean is 0: of normal numbers at their expected
// places (Blom 1958).
func softMaxByChance(n int) float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = tracksDiffer * normalQuantile((float64(i)+0.625)/(float64(n)+0.25))
	}
	return softMax(values, slices.Repeat([]float64{1}, n))
}

// carriers are the beats of the tracks that have most say in the soft maximum, as many tracks as make up half of it.
func carriers(readings []reading, stands, weights []float64) []step {
	top := slices.Max(stands)
	say := make([]float64, len(stands))
	order := make([]int, len(stands))
	var total float64
	for i, v := range stands {
		say[i], order[i] = weights[i]*math.Exp((v-top)/temperature), i
		total += say[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(say[b], say[a]) })
	var beats []step
	var sum float64
	for _, i := range order {
		beats = append(beats, readings[i].carried...)
		if sum += say[i]; sum >= total/2 {
			break
		}
	}
	return beats
}
