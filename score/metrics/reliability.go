package metrics

import "math"

// Bin is one column of a reliability diagram.
type Bin struct {
	Low, High float64 // scores in [Low, High); the last bin holds 1 too
	Count     int
	MeanScore float64
	FakeShare float64
	Weight    float64 // share of all examples, each weighed, that are in this bin
}

// Reliability sorts examples into bins of equal width over [0, 1].
func Reliability(examples []Example, bins int) []Bin {
	w := 1 / float64(len(examples))
	return reliability(examples, bins, w, w)
}

// ReliabilityAt is Reliability as it would be where the share of fakes is prior, whatever it is among the examples: a
// calibration for one mix must not be judged on another. Without examples of both classes all weights are NaN.
func ReliabilityAt(examples []Example, bins int, prior float64) []Bin {
	fakes, genuine := count(examples)
	perFake, perGenuine := prior/float64(fakes), (1-prior)/float64(genuine)
	if fakes == 0 || genuine == 0 {
		perFake, perGenuine = math.NaN(), math.NaN()
	}
	return reliability(examples, bins, perFake, perGenuine)
}

func reliability(examples []Example, bins int, perFake, perGenuine float64) []Bin {
	table := make([]Bin, bins)
	for i := range table {
		table[i].Low, table[i].High = float64(i)/float64(bins), float64(i+1)/float64(bins)
	}
	for _, e := range examples {
		b := &table[max(0, min(bins-1, int(e.Score*float64(bins))))]
		weight, hit := perGenuine, 0.0
		if e.Fake {
			weight, hit = perFake, 1
		}
		b.Count++
		b.Weight += weight
		b.MeanScore += (e.Score - b.MeanScore) * weight / b.Weight
		b.FakeShare += (hit - b.FakeShare) * weight / b.Weight
	}
	return table
}

// ECE is the expected calibration error: the mean distance between score and share of fakes over the bins of the
// reliability diagram, weighed by how many examples each holds.
func ECE(examples []Example, bins int) float64 {
	if len(examples) == 0 {
		return math.NaN()
	}
	return distance(Reliability(examples, bins))
}

// ECEAt is ECE as it would be where the share of fakes is prior; see ReliabilityAt.
func ECEAt(examples []Example, bins int, prior float64) float64 {
	fakes, genuine := count(examples)
	if fakes == 0 || genuine == 0 {
		return math.NaN()
	}
	return distance(ReliabilityAt(examples, bins, prior))
}

func distance(table []Bin) float64 {
	var sum float64
	for _, b := range table {
		sum += b.Weight * math.Abs(b.MeanScore-b.FakeShare)
	}
	return sum
}
