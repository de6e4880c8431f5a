package score_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

// lookedAt plays a script and returns the numbers of the frames that the detector saw, which no batch size may change.
func lookedAt(t *testing.T, script scoretest.Script, o score.Options) []int {
	t.Helper()
	var want []int
	for _, o.BatchFrames = range []int{1, 3, 4, 16} {
		studio := new(scoretest.Studio).Add("clip", script)
		seen := map[int]bool{}
		studio.OnDetect = func(batch []*frames.Frame) error {
			for _, f := range batch {
				if seen[f.Index] {
					t.Errorf("frame %d was looked at twice", f.Index)
				}
				seen[f.Index] = true
			}
			return nil
		}
		result := scan(t, studio, o)
		if result.Input.FramesScored != len(script.Shots) {
			t.Errorf("%d frames of %d were scored", result.Input.FramesScored, len(script.Shots))
		}
		got := slices.Sorted(maps.Keys(seen))
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("batches of %d look at %v, others at %v", o.BatchFrames, got, want)
		}
	}
	return want
}

// line scripts a face that moves by step pixels a frame.
func line(rate float64, n int, step float32) scoretest.Script {
	return scoretest.Every(time.Duration(float64(time.Second)/rate), n, func(i int, _ float64) []scoretest.Face {
		return []scoretest.Face{scoretest.At(200+float32(i)*step, 200, 100, 1)}
	})
}

func numbers(from, to, step int) (n []int) {
	for i := from; i <= to; i += step {
		n = append(n, i)
	}
	return n
}

func TestFacesAreLookedForWhereTheyMayHaveChanged(t *testing.T) {
	vanishing := line(30, 13, 0)
	for i := 7; i < 13; i++ {
		vanishing.Shots[i].Faces = nil
	}
	cut := line(30, 13, 0)
	for i := 5; i < 13; i++ {
		cut.Shots[i].Scene = 3
	}
	flash := line(30, 13, 0)
	flash.Shots[7].Scene = 3
	pause := line(30, 13, 0)
	for i := 5; i < 13; i++ {
		pause.Shots[i].PTS += time.Second
	}
	backwards := line(30, 13, 0)
	for i := 5; i < 13; i++ {
		backwards.Shots[i].PTS -= 100 * time.Millisecond
	}
	const all = -1
	tests := []struct {
		name    string
		script  scoretest.Script
		options score.Options
		want    []int
	}{
		{"30 frames/s", line(30, 13, 0), score.Options{}, numbers(0, 12, 3)},
		{"25 frames/s", line(25, 13, 0), score.Options{}, numbers(0, 12, 3)},
		{"15 frames/s", line(15, 13, 0), score.Options{}, numbers(0, 12, 2)},
		{"60 frames/s: no more than memory holds", line(60, 13, 0), score.Options{}, numbers(0, 12, 4)},
		{"5 frames/s", line(5, 13, 0), score.Options{}, numbers(0, 12, 1)},
		{"5 frames/s of a clip with 30", line(30, 13, 0), score.Options{Sampling: frames.Sampling{PerSecond: 5}}, numbers(0, 12, 1)},
		{"switched off", line(30, 13, 0), score.Options{DetectEvery: all}, numbers(0, 12, 1)},
		{"slow motion", line(30, 13, 2), score.Options{}, numbers(0, 12, 3)},
		{"quick motion", line(30, 13, 8), score.Options{}, numbers(0, 12, 1)},
		{"a face vanishes", vanishing, score.Options{}, []int{0, 3, 6, 7, 8, 9, 12}},
		{"a cut", cut, score.Options{}, []int{0, 3, 4, 5, 6, 9, 12}},
		{"another picture for one frame", flash, score.Options{}, []int{0, 3, 6, 7, 8, 9, 12}},
		{"no later look", line(30, 15, 0), score.Options{}, []int{0, 3, 6, 9, 12, 13, 14}},
		{"a pause", pause, score.Options{}, []int{0, 3, 4, 5, 8, 11, 12}},
		{"time runs backwards", backwards, score.Options{}, []int{0, 3, 4, 5, 8, 11, 12}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lookedAt(t, test.script, test.options); !slices.Equal(got, test.want) {
				t.Errorf("the detector saw frames %v, want %v", got, test.want)
			}
			named := test.options.Detection() != ""
			if sparse := test.options.Sampling.PerSecond == 0 && test.options.DetectEvery == 0; named != sparse {
				t.Errorf("settings call it %q", test.options.Detection())
			}
		})
	}
}

// TestInterpolatedFacesLieBetween: on a straight line at a steady pace they are where the script has them.
func TestInterpolatedFacesLieBetween(t *testing.T) {
	script := line(30, 31, 1.5)
	for i := range script.Shots { // two faces in an order that changes all the time
		script.Shots[i].Faces = append(script.Shots[i].Faces, scoretest.At(600, 200+float32(i), 100, -1))
		if i%2 == 0 {
			slices.Reverse(script.Shots[i].Faces)
		}
	}
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{Timeline: true})
	if len(result.Tracks) != 2 {
		t.Fatalf("%d tracks", len(result.Tracks))
	}
	for i, m := range result.Timeline {
		if len(m.Faces) != 2 {
			t.Fatalf("frame %d has %d faces", i, len(m.Faces))
		}
		for _, f := range m.Faces {
			x, y := 150+1.5*float64(i), 150.0
			if f.Box[0] > 500 {
				x, y = 550, 150+float64(i)
			}
			if math.Abs(f.Box[0]-x)+math.Abs(f.Box[1]-y)+math.Abs(f.Box[2]-100) > 0.1 {
				t.Errorf("frame %d: face at %v, want %v, %v", i, f.Box, x, y)
			}
		}
	}
}

// TestRestlessFacesGiveOneAnswer: batches must not show where faces come, go and jump at random.
func TestRestlessFacesGiveOneAnswer(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	script := scoretest.Every(time.Second/30, 400, func(int, float64) (found []scoretest.Face) {
		for k := range 1 + random.IntN(2)*random.IntN(2) {
			jump := float32(0)
			if random.IntN(12) == 0 {
				jump = 30
			}
			found = append(found, scoretest.At(200+300*float32(k)+jump, 200, 100, float64(k)))
		}
		return found
	})
	for i := range script.Shots {
		script.Shots[i].PTS += time.Duration(random.IntN(60)-30) * time.Millisecond // many run backwards
		script.Shots[i].Scene = byte(i / 37)
	}
	if seen := lookedAt(t, script, score.Options{}); len(seen) < 150 || len(seen) == 400 {
		t.Errorf("%d frames were looked at", len(seen))
	}
}

func TestAFailureOfAnyLookLeavesNothingHeld(t *testing.T) {
	for call := range 12 {
		for _, fail := range []func() error{func() error { return errors.New("boom") }, func() error { panic("boom") }} {
			studio := new(scoretest.Studio).Add("clip", line(30, 20, 8)) // every stretch is looked at twice
			calls := 0
			studio.OnDetect = func([]*frames.Frame) error {
				if calls++; calls > call {
					return fail()
				}
				return nil
			}
			if result := scan(t, studio, score.Options{BatchFrames: 3}); result.Outcome.Status != score.Failed {
				t.Errorf("call %d fails: %s", call, fmt.Sprint(result.Outcome.Status))
			}
		}
	}
}
