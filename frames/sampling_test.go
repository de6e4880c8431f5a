package frames

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func take(perSecond float64, times []time.Duration) []int {
	sampler := Sampling{PerSecond: perSecond}.Sampler()
	var taken []int
	for i, t := range times {
		if sampler.Take(t) {
			taken = append(taken, i)
		}
	}
	return taken
}

// constant gives the timestamps of n frames at a rate, cut to whole units as containers store them.
func constant(n int, fps float64, unit time.Duration) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = time.Duration(float64(i) / fps * float64(time.Second)).Truncate(unit)
	}
	return times
}

func TestSampler(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		name      string
		perSecond float64
		times     []time.Duration
		want      []int
	}{
		{"every frame", 0, []time.Duration{0, 1 * ms, 2 * ms}, []int{0, 1, 2}},
		{"negative is every frame", -1, []time.Duration{0, 1 * ms}, []int{0, 1}},
		{"10 of 30", 10, constant(10, 30, 1), []int{0, 3, 6, 9}},
		{"10 of 30 in whole milliseconds", 10, constant(10, 30, ms), []int{0, 3, 6, 9}},
		{"5 of 29.97", 5, constant(20, 30000.0/1001, 1), []int{0, 6, 12, 18}},
		{"first frame late in its slot", 2, []time.Duration{400 * ms, 450 * ms, 500 * ms}, []int{0, 2}},
		{"a pause is not filled up", 10, []time.Duration{0, 5000 * ms, 5033 * ms, 5100 * ms}, []int{0, 1, 3}},
		{"equal timestamps", 10, []time.Duration{0, 0, 100 * ms, 100 * ms}, []int{0, 2}},
	} {
		if got := take(c.perSecond, c.times); !slices.Equal(got, c.want) {
			t.Errorf("%s: took %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSamplerTakesAllOfASlowerClip(t *testing.T) {
	for _, fps := range []float64{1, 10, 24000.0 / 1001, 24, 25, 30000.0 / 1001, 30} {
		for _, unit := range []time.Duration{1, time.Microsecond, time.Millisecond} {
			times := constant(1000, fps, unit)
			for _, perSecond := range []float64{fps, 2 * fps} {
				if got := len(take(perSecond, times)); got != len(times) {
					t.Errorf("%g of %g per second in units of %v: took %d of %d", perSecond, fps, unit, got, len(times))
				}
			}
		}
	}
}

// On any clip: the first frame is taken, no second gets more than its share, and no taken frame could have been earlier.
func TestSamplerProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		perSecond := 0.2 + 40*random.Float64()
		times := make([]time.Duration, 1+random.IntN(300))
		for i := 1; i < len(times); i++ {
			times[i] = times[i-1] + time.Duration(random.Int64N(int64(150*time.Millisecond)))
		}
		taken := take(perSecond, times)
		if taken[0] != 0 {
			t.Fatalf("%g per second: the first frame was dropped", perSecond)
		}
		span := times[len(times)-1].Seconds()
		if most := int(span*perSecond) + 2; len(taken) > most {
			t.Fatalf("%g per second over %gs: took %d, more than %d", perSecond, span, len(taken), most)
		}
		step := time.Duration(float64(time.Second) / perSecond)
		for i := 1; i < len(times); i++ {
			if !slices.Contains(taken, i) {
				before := times[taken[len(takenBefore(taken, i))-1]]
				if times[i]-before > step {
					t.Fatalf("%g per second: dropped a frame %v after the last one taken", perSecond, times[i]-before)
				}
			}
		}
	}
}

func takenBefore(taken []int, i int) []int {
	n, _ := slices.BinarySearch(taken, i)
	return taken[:n]
}
