package score_test

import (
	"context"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// scatter makes numbers that wander as a classifier's logits do from frame to frame: mean, standard deviation, and a
// correlation that fades within half a second at two frames a second.
func scatter(seed uint64, mean, deviation float64) func() float64 {
	random := rand.New(rand.NewPCG(seed, 7))
	state := random.NormFloat64()
	return func() float64 {
		const keep = 0.6
		state = keep*state + math.Sqrt(1-keep*keep)*random.NormFloat64()
		return mean + deviation*state
	}
}

const half = 500 * time.Millisecond // the default sampling

// person scripts one face seen every interval for n frames.
func person(interval time.Duration, n int, logit func(i int, t float64) float64) scoretest.Script {
	return scoretest.Every(interval, n, func(i int, t float64) []scoretest.Face {
		return []scoretest.Face{scoretest.At(300, 300, 150, logit(i, t))}
	})
}

func within(t, from, to float64) bool { return t >= from && t < to }

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

// scenarios are the hand-made sequences every rule of the aggregator was thought through with.
func scenarios() map[string]scoretest.Script {
	genuine, fake, quiet := scatter(1, -2, 0.7), scatter(2, 3, 0.7), scatter(3, -2, 0.5)
	all := map[string]scoretest.Script{
		"constant genuine": person(half, 60, func(int, float64) float64 { return -2 }),
		"constant fake":    person(half, 60, func(int, float64) float64 { return 3 }),
		"scattered":        person(half, 120, func(int, float64) float64 { return genuine() }),
		"one spike":        person(half, 120, func(i int, _ float64) float64 { return pick(i == 60, 12, -2) }),
		"burst": person(half, 120, func(_ int, t float64) float64 {
			return pick(within(t, 30, 32), fake(), genuine())
		}),
		"burst, every frame": person(time.Second/30, 1800, func(_ int, t float64) float64 {
			return pick(within(t, 30, 32), fake(), genuine())
		}),
		"one frame": person(half, 1, func(int, float64) float64 { return 4 }),
		"two tracks": scoretest.Every(half, 60, func(int, float64) []scoretest.Face {
			return []scoretest.Face{scoretest.At(200, 300, 150, genuine()), scoretest.At(800, 300, 120, fake())}
		}),
		"one fake among five": scoretest.Every(half, 60, func(int, float64) []scoretest.Face {
			faces := []scoretest.Face{scoretest.At(1500, 300, 120, fake())}
			for i := range 4 {
				faces = append(faces, scoretest.At(float32(200+300*i), 300, 110, quiet()))
			}
			return faces
		}),
		"leaves and returns": scoretest.Every(half, 60, func(_ int, t float64) []scoretest.Face {
			if within(t, 10, 15) {
				return nil
			}
			return []scoretest.Face{scoretest.At(200, 300, 150, -1)}
		}),
		"missing faces": scoretest.Every(half, 60, func(i int, _ float64) []scoretest.Face {
			if i%3 == 1 {
				return nil
			}
			return []scoretest.Face{scoretest.At(200, 300, 150, 2)}
		}),
		"some NaN": person(half, 60, func(i int, _ float64) float64 { return pick(i%4 == 0, math.NaN(), 2) }),
		"small faces": scoretest.Every(half, 60, func(int, float64) []scoretest.Face {
			return []scoretest.Face{scoretest.At(200, 300, 30, 3)}
		}),
		"profile only": scoretest.Every(half, 60, func(int, float64) []scoretest.Face {
			face := scoretest.At(200, 300, 150, 3)
			face.Landmarks[frames.Nose].X += 70
			return []scoretest.Face{face}
		}),
		"undecided": person(half, 5, func(i int, _ float64) float64 { return pick(i%2 == 0, 4, -4) }),
		"no face":   scoretest.Every(half, 60, func(int, float64) []scoretest.Face { return nil }),
	}
	cut := person(half, 120, func(_ int, t float64) float64 { return pick(within(t, 28, 32), 3, -2) })
	for i := range cut.Shots {
		cut.Shots[i].Scene = byte(i / 60) // at 30 seconds
	}
	all["cut in a burst"] = cut

	vfr := person(half, 400, func(int, float64) float64 { return -2 })
	for i := range vfr.Shots { // ten genuine seconds at 30 frames a second, then 100 fake seconds at one
		vfr.Shots[i].PTS = time.Duration(i) * time.Second / 30
		if i >= 300 {
			vfr.Shots[i].PTS = time.Duration(i-290) * time.Second
			vfr.Shots[i].Faces[0].Logit = 2
		}
	}
	all["variable rate"] = vfr

	backwards := person(half, 60, func(int, float64) float64 { return 1 })
	backwards.Shots[20].PTS = 0
	backwards.Shots[40].PTS = math.MaxInt64
	all["backwards"] = backwards
	standing := person(0, 60, func(int, float64) float64 { return 1 })
	all["no time passes"] = standing

	photo := person(half, 1, func(int, float64) float64 { return 4 })
	photo.Info.Kind = frames.Photo
	all["photo"] = photo
	doubtful := person(half, 1, func(int, float64) float64 { return 0.8 })
	doubtful.Info.Kind = frames.Photo
	all["photo with some signs"] = doubtful
	group := scoretest.Script{Info: frames.Info{Kind: frames.Photo}, Shots: []scoretest.Shot{{Faces: []scoretest.Face{
		scoretest.At(200, 200, 100, -2), scoretest.At(500, 200, 100, 4), scoretest.At(800, 200, 100, -2.5),
	}}}}
	all["group photo"] = group
	return all
}

func play(t *testing.T, name string) score.Result {
	t.Helper()
	script, ok := scenarios()[name]
	if !ok {
		t.Fatalf("no scenario %q", name)
	}
	result := new(scoretest.Studio).Add("clip", script).Pipeline(score.Options{Timeline: true}).Score(context.Background(), "clip")
	result.Timing = score.Timing{}
	return result
}

// TestScenarios states what matters of each sequence; the golden files below hold the rest.
func TestScenarios(t *testing.T) {
	tests := []struct {
		name     string
		status   score.Status
		reasons  []score.Reason
		lo, hi   float64 // the logit
		tracks   int
		segments []score.Segment // times only, to half a second
	}{
		{"constant genuine", score.Scored, nil, -2, -2, 1, nil},
		{"constant fake", score.Scored, nil, 3, 3, 1, []score.Segment{{Track: 1, StartMS: 0, EndMS: 30000}}},
		{"scattered", score.Scored, nil, -2.2, -1.6, 1, nil},
		{"one spike", score.Scored, nil, -2, -1.8, 1, nil},
		{"burst", score.Scored, nil, 0.8, 3.6, 1, []score.Segment{{Track: 1, StartMS: 30000, EndMS: 32000}}},
		{"burst, every frame", score.Scored, nil, 0.8, 3.2, 1, []score.Segment{{Track: 1, StartMS: 30000, EndMS: 32000}}},
		{"one frame", score.Scored, nil, 4, 4, 1, nil},
		{"two tracks", score.Scored, nil, 1.5, 3.2, 2, []score.Segment{{Track: 2, StartMS: 0, EndMS: 30000}}},
		{"one fake among five", score.Scored, nil, 1.5, 3.2, 5, []score.Segment{{Track: 1, StartMS: 0, EndMS: 30000}}},
		{"leaves and returns", score.Scored, nil, -1, -1, 2, nil},
		{"missing faces", score.Scored, nil, 2, 2, 1, []score.Segment{{Track: 1, StartMS: 0, EndMS: 30000}}},
		{"some NaN", score.Scored, nil, 2, 2, 1, []score.Segment{{Track: 1, StartMS: 500, EndMS: 30000}}},
		{"small faces", score.Inconclusive, []score.Reason{score.FacesTooSmall}, 3, 3, 1, []score.Segment{{Track: 1, StartMS: 0, EndMS: 30000}}},
		{"profile only", score.Inconclusive, []score.Reason{score.LowQuality}, math.NaN(), math.NaN(), 1, nil},
		{"undecided", score.Inconclusive, []score.Reason{score.WideInterval}, -1, 2, 1, nil},
		{"no face", score.NotApplicable, []score.Reason{score.NoFace}, math.NaN(), math.NaN(), 0, nil},
		{"cut in a burst", score.Scored, nil, 0.8, 3, 2, []score.Segment{{Track: 1, StartMS: 28000, EndMS: 30000}, {Track: 2, StartMS: 30000, EndMS: 32000}}},
		{"variable rate", score.Scored, nil, 1, 2, 1, []score.Segment{{Track: 1, StartMS: 11000, EndMS: 109000}}},
		{"backwards", score.Scored, []score.Reason{score.BadTimestamps}, 1, 1, 1, []score.Segment{{Track: 1, StartMS: 0, EndMS: 30000}}},
		{"no time passes", score.Scored, nil, 1, 1, 1, nil},
		{"photo", score.Scored, nil, 4, 4, 1, nil},
		{"photo with some signs", score.Inconclusive, []score.Reason{score.SinglePicture}, 0.8, 0.8, 1, nil},
		{"group photo", score.Scored, nil, 2, 4, 3, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := play(t, test.name)
			out := result.Outcome
			if out.Status != test.status || !slices.Equal(out.Reasons, test.reasons) {
				t.Errorf("got %s %v, want %s %v", out.Status, out.Reasons, test.status, test.reasons)
			}
			if got := out.Logit; (got == nil) != math.IsNaN(test.lo) || got != nil && (*got < test.lo || *got > test.hi) {
				t.Errorf("logit %v is not in [%g, %g]", deref(got), test.lo, test.hi)
			}
			if out.Score != nil && (out.Interval[0] > *out.Score || out.Interval[1] < *out.Score || out.Interval[0] == out.Interval[1]) {
				t.Errorf("score %v with interval %v", *out.Score, *out.Interval)
			}
			if len(result.Tracks) != test.tracks {
				t.Errorf("got %d tracks, want %d", len(result.Tracks), test.tracks)
			}
			if !sameSpans(result.Segments, test.segments) {
				t.Errorf("got segments %v, want %v", result.Segments, test.segments)
			}
		})
	}
}

func deref(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func sameSpans(got, want []score.Segment) bool {
	return slices.EqualFunc(got, want, func(a, b score.Segment) bool {
		const slack = 500
		return a.Track == b.Track && max(a.StartMS-b.StartMS, b.StartMS-a.StartMS) <= slack && max(a.EndMS-b.EndMS, b.EndMS-a.EndMS) <= slack
	})
}

// TestGolden guards the exact bytes: the same input gives the same output, on every machine and until the rules change.
func TestGolden(t *testing.T) {
	for name := range scenarios() {
		t.Run(name, func(t *testing.T) {
			result := play(t, name)
			result.Timeline = result.Timeline[:min(len(result.Timeline), 3)]
			got, err := json.MarshalIndent(result, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "golden", strings.NewReplacer(" ", "-", ",", "").Replace(name)+".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("differs from %s (-want +got; -update rewrites it):\n%s", path, diff)
			}
		})
	}
}
