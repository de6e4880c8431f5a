package score_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

// crowd scripts a lively clip: two people, one of whom comes and goes, a third face that flashes up, and cuts.
func crowd(n int) scoretest.Script {
	random := rand.New(rand.NewPCG(1, 2))
	script := scoretest.Every(time.Second/30, n, func(i int, t float64) []scoretest.Face {
		x := float32(300 + 40*math.Sin(t))
		found := []scoretest.Face{scoretest.At(x, 200, 120, -1+random.NormFloat64())}
		if int(t)%4 != 1 {
			found = append(found, scoretest.At(900, 220, 90, 2+random.NormFloat64()))
		}
		if i%50 == 7 {
			found = append(found, scoretest.At(600, 600, 60, 9))
		}
		return found
	})
	for i := range script.Shots {
		script.Shots[i].Scene = byte(i / 100)
	}
	return script
}

func scan(t *testing.T, studio *scoretest.Studio, o score.Options) score.Result {
	t.Helper()
	result := studio.Pipeline(o).Score(context.Background(), "clip")
	if studio.Held() != 0 || studio.Unclosed() != 0 {
		t.Errorf("%d frames and %d sources are still held", studio.Held(), studio.Unclosed())
	}
	return result
}

func TestTheAnswerDoesNotDependOnBatchSizes(t *testing.T) {
	var want []byte
	for _, size := range []int{1, 7, 16} {
		for _, faces := range []int{1, 5, 16} {
			studio := new(scoretest.Studio).Add("clip", crowd(450))
			result := scan(t, studio, score.Options{BatchFrames: size, BatchFaces: faces, Timeline: true})
			result.Timing = score.Timing{}
			got, err := json.Marshal(result)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if string(got) != string(want) {
				t.Errorf("batches of %d frames and %d faces give another result", size, faces)
			}
			if most := 3*max(size, 4) + 1; studio.MostHeld() > most { // 4: frames from one look of the detector to the next
				t.Errorf("batches of %d held %d frames at once, want at most %d", size, studio.MostHeld(), most)
			}
		}
	}
}

func TestNoFrameIsDropped(t *testing.T) {
	studio := new(scoretest.Studio).Add("clip", crowd(333))
	var seen []int
	result := scan(t, studio, score.Options{Timeline: true, OnMoment: func(m score.Moment) { seen = append(seen, m.Frame) }})
	for i, m := range result.Timeline {
		if m.Frame != i || seen[i] != i {
			t.Fatalf("moment %d is frame %d in the timeline and %d live", i, m.Frame, seen[i])
		}
	}
	if len(result.Timeline) != 333 || len(seen) != 333 || result.Input.FramesScored != 333 {
		t.Errorf("got %d moments, %d live, %d counted", len(result.Timeline), len(seen), result.Input.FramesScored)
	}
}

func TestClipsShareAPipeline(t *testing.T) {
	studio := new(scoretest.Studio)
	for i := range 8 {
		studio.Add(fmt.Sprint(i), constant(60, float64(i)-4))
	}
	pipeline := studio.Pipeline(score.Options{})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			result := pipeline.Score(context.Background(), fmt.Sprint(i))
			if result.Outcome.Logit == nil || *result.Outcome.Logit != float64(i)-4 {
				t.Errorf("clip %d: %+v", i, result.Outcome)
			}
		})
	}
	group.Wait()
	if studio.Held() != 0 || studio.Unclosed() != 0 {
		t.Errorf("%d frames and %d sources are still held", studio.Held(), studio.Unclosed())
	}
}

// constant scripts one face with the same logit all the time, at 30 frames a second.
func constant(n int, logit float64) scoretest.Script {
	return scoretest.Every(time.Second/30, n, func(int, float64) []scoretest.Face {
		return []scoretest.Face{scoretest.At(200, 200, 120, logit)}
	})
}

func TestFailuresBecomeReasons(t *testing.T) {
	boom := errors.New("boom\nwith a second line")
	at := func(n int, err error) func(*scoretest.Studio) {
		return func(s *scoretest.Studio) {
			s.OnNext = func(shot int) error {
				if shot == n {
					return err
				}
				return nil
			}
		}
	}
	tests := []struct {
		name   string
		script scoretest.Script
		break_ func(*scoretest.Studio)
		status score.Status
		reason score.Reason
	}{
		{"zero frames", constant(0, 1), nil, score.Failed, score.NoFrames},
		{"no face", scoretest.Every(time.Second, 9, func(int, float64) []scoretest.Face { return nil }), nil, score.NotApplicable, score.NoFace},
		{"all scores NaN", constant(30, math.NaN()), nil, score.Failed, score.BadScores},
		{"all scores infinite", constant(30, math.Inf(1)), nil, score.Failed, score.BadScores},
		{"decoder error", constant(30, 1), at(7, boom), score.Failed, score.Internal},
		{"bad geometry", constant(30, 1), at(7, fmt.Errorf("x: %w", frames.ErrBadGeometry)), score.Failed, score.BadGeometry},
		{"audio only", constant(30, 1), at(0, fmt.Errorf("x: %w", frames.ErrNoVideo)), score.NotApplicable, score.NoVideo},
		{"broken at once", constant(30, 1), at(0, &frames.TruncatedError{}), score.Failed, score.NoFrames},
		{"detector error", constant(30, 1), func(s *scoretest.Studio) {
			s.OnDetect = func([]*frames.Frame) error { return boom }
		}, score.Failed, score.ModelFailed},
		{"cut error", constant(30, 1), func(s *scoretest.Studio) {
			s.OnCut = func(*frames.Frame) error { return boom }
		}, score.Failed, score.ModelFailed},
		{"classifier error", constant(30, 1), func(s *scoretest.Studio) {
			s.OnClassify = func([]frames.Image) error { return boom }
		}, score.Failed, score.ModelFailed},
		{"decoder panics", constant(30, 1), func(s *scoretest.Studio) {
			s.OnNext = func(shot int) error { panic("broken") }
		}, score.Failed, score.Internal},
		{"detector panics", constant(30, 1), func(s *scoretest.Studio) {
			s.OnDetect = func([]*frames.Frame) error { panic(boom) }
		}, score.Failed, score.Internal},
		{"cut panics", constant(30, 1), func(s *scoretest.Studio) {
			s.OnCut = func(*frames.Frame) error { panic(boom) }
		}, score.Failed, score.Internal},
		{"classifier panics", constant(30, 1), func(s *scoretest.Studio) {
			s.OnClassify = func([]frames.Image) error { panic(boom) }
		}, score.Failed, score.Internal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			studio := new(scoretest.Studio).Add("clip", test.script)
			if test.break_ != nil {
				test.break_(studio)
			}
			result := scan(t, studio, score.Options{})
			out := result.Outcome
			if out.Status != test.status || len(out.Reasons) == 0 || out.Reasons[0] != test.reason {
				t.Errorf("got %s %v (%s), want %s %s", out.Status, out.Reasons, out.Detail, test.status, test.reason)
			}
			if out.Score != nil || out.Interval != nil || out.Logit != nil || out.Band != "" {
				t.Errorf("a clip without a verdict has a score: %+v", out)
			}
			if out.Wording == "" || strings.ContainsAny(out.Detail, "\n\r") || len(result.Limits) == 0 {
				t.Errorf("poorly worded: %+v", out)
			}
		})
	}
}

func TestAPanickingWatcherIsAnInternalError(t *testing.T) {
	result := scan(t, new(scoretest.Studio).Add("clip", crowd(100)), score.Options{OnMoment: func(m score.Moment) {
		if m.Frame == 30 {
			panic("watcher")
		}
	}})
	if !slices.Equal(result.Outcome.Reasons, []score.Reason{score.Internal}) || !strings.Contains(result.Outcome.Detail, "watcher") {
		t.Errorf("got %+v", result.Outcome)
	}
}

func TestFramesInFlightDoNotGrowWithTheClip(t *testing.T) {
	for _, n := range []int{200, 5_000} {
		studio := new(scoretest.Studio).Add("clip", constant(n, 1))
		if result := scan(t, studio, score.Options{}); result.Input.FramesScored != n {
			t.Errorf("%d frames were scored", result.Input.FramesScored)
		}
		if most := 3*max(score.DefaultBatchFrames, 4) + 1; studio.MostHeld() > most {
			t.Errorf("%d of %d frames were held at once, want at most %d", studio.MostHeld(), n, most)
		}
	}
}

// BenchmarkPipeline is what the pipeline itself costs per frame with one face, with models and decoder that cost nothing.
func BenchmarkPipeline(b *testing.B) {
	const n = 3000
	studio := new(scoretest.Studio).Add("clip", constant(n, 1))
	pipeline := studio.Pipeline(score.Options{})
	b.ReportAllocs()
	for b.Loop() {
		pipeline.Score(context.Background(), "clip")
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/frame")
}

func TestOpenErrorsBecomeReasons(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.mp4")
	text := filepath.Join(t.TempDir(), "text.mp4")
	for path, content := range map[string]string{empty: "", text: "no film"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		path   string
		err    error
		reason score.Reason
	}{
		{"gone", &fs.PathError{Op: "open", Err: fs.ErrNotExist}, score.NotFound},
		{"locked", &fs.PathError{Op: "open", Err: fs.ErrPermission}, score.NoPermission},
		{empty, fmt.Errorf("open: %w", frames.ErrNotMedia), score.EmptyFile},
		{text, fmt.Errorf("open: %w", frames.ErrNotMedia), score.NotMedia},
		{t.TempDir(), fmt.Errorf("open: %w", frames.ErrNotMedia), score.NotRegular},
		{"song.mp3", fmt.Errorf("open: %w", frames.ErrNoVideo), score.NoVideo},
		{"zero.mp4", fmt.Errorf("open: %w", frames.ErrBadGeometry), score.BadGeometry},
		{"photo.heic", fmt.Errorf("open: %w", frames.ErrUnsupported), score.Unsupported},
		{"odd", errors.New("odd"), score.Internal},
		{"nasty\nname\xff", fs.ErrNotExist, score.NotFound},
	}
	for _, test := range tests {
		pipeline := &score.Pipeline{Opener: failing{test.err}}
		result := pipeline.Score(context.Background(), test.path)
		if !slices.Equal(result.Outcome.Reasons, []score.Reason{test.reason}) {
			t.Errorf("%v gives %v, want %s", test.err, result.Outcome.Reasons, test.reason)
		}
		if _, err := json.Marshal(result); err != nil || strings.Contains(result.Input.Path, "\n") || !utf8.ValidString(result.Input.Path) {
			t.Errorf("%q: %v", result.Input.Path, err)
		}
	}
}

type failing struct{ err error }

func (f failing) Open(context.Context, string, frames.Sampling) (score.Source, error) {
	return nil, f.err
}

func TestATruncatedClipIsScored(t *testing.T) {
	script := constant(90, 3)
	script.End = &frames.TruncatedError{Decoded: 90, Expected: 400}
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{})
	if result.Outcome.Status != score.Scored || !slices.Contains(result.Outcome.Reasons, score.Truncated) || !result.Input.Truncated {
		t.Errorf("got %+v, truncated %v", result.Outcome, result.Input.Truncated)
	}
	if last := script.Shots[len(script.Shots)-1].PTS.Milliseconds(); result.Input.ExaminedMS != last {
		t.Errorf("examined until %d ms, the last frame is at %d", result.Input.ExaminedMS, last)
	}
	script.End = nil
	if whole := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{}); whole.Input.ExaminedMS != 0 {
		t.Errorf("a whole clip says that it was examined until %d ms", whole.Input.ExaminedMS)
	}
}

func TestGivingUp(t *testing.T) {
	for _, stage := range []string{"next", "detect", "cut", "classify"} {
		t.Run(stage, func(t *testing.T) {
			studio := new(scoretest.Studio).Add("clip", crowd(300))
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			after := 20
			stop := func() error {
				if after--; after == 0 {
					cancel()
				}
				return nil
			}
			switch stage {
			case "next":
				studio.OnNext = func(int) error { return stop() }
			case "detect":
				studio.OnDetect = func([]*frames.Frame) error { return stop() }
			case "cut":
				studio.OnCut = func(*frames.Frame) error { return stop() }
			case "classify":
				studio.OnClassify = func([]frames.Image) error { return stop() }
			}
			out := studio.Pipeline(score.Options{}).Score(ctx, "clip").Outcome
			if out.Status != score.Failed || !slices.Equal(out.Reasons, []score.Reason{score.Interrupted}) {
				t.Errorf("got %+v", out)
			}
			if studio.Held() != 0 || studio.Unclosed() != 0 {
				t.Errorf("%d frames and %d sources are still held", studio.Held(), studio.Unclosed())
			}
		})
	}
}

func TestADeadlineIsATimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	studio := new(scoretest.Studio).Add("clip", crowd(300))
	studio.OnDetect = func([]*frames.Frame) error { time.Sleep(10 * time.Millisecond); return nil }
	out := studio.Pipeline(score.Options{}).Score(ctx, "clip").Outcome
	if out.Status != score.Failed || !slices.Equal(out.Reasons, []score.Reason{score.TimedOut}) {
		t.Errorf("got %+v", out)
	}
	if studio.Held() != 0 {
		t.Errorf("%d frames are still held", studio.Held())
	}
}

func TestLimits(t *testing.T) {
	result := scan(t, new(scoretest.Studio).Add("clip", crowd(300)), score.Options{MaxFaces: 1, Timeline: true})
	if !slices.Contains(result.Outcome.Reasons, score.FacesLeftOut) {
		t.Errorf("left faces out silently: %v", result.Outcome.Reasons)
	}
	for _, m := range result.Timeline {
		if len(m.Faces) > 1 || m.Faces[0].Box[2] != 120 {
			t.Fatalf("frame %d: the largest face should be the only one: %+v", m.Frame, m.Faces)
		}
	}
	result = scan(t, new(scoretest.Studio).Add("clip", constant(300, 1)), score.Options{MaxDuration: 5 * time.Second})
	if result.Input.FramesScored != 151 || !slices.Contains(result.Outcome.Reasons, score.DurationLimit) {
		t.Errorf("%d frames of five seconds were scored, reasons %v", result.Input.FramesScored, result.Outcome.Reasons)
	}
}

// Two people walk past each other, and for a moment one face is seen, which may be either's: it is nobody's and not scored, nothing
// was left out for want of room, and both go on.
func TestPeopleWhoMeet(t *testing.T) {
	script := scoretest.Every(time.Second/5, 20, func(i int, _ float64) []scoretest.Face {
		d := float32(40 * (i - 10))
		if d == 0 {
			return []scoretest.Face{scoretest.At(400, 200, 100, -1)}
		}
		return []scoretest.Face{scoretest.At(400+d, 200, 100, -1), scoretest.At(400-d, 200, 100, -1)}
	})
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{Timeline: true})
	if len(result.Tracks) != 2 || result.Tracks[0].Faces != 19 || result.Tracks[1].Faces != 19 || len(result.Outcome.Reasons) != 0 {
		t.Errorf("tracks %+v, reasons %v", result.Tracks, result.Outcome.Reasons)
	}
	for i, m := range result.Timeline {
		if want := min(2, 2*max(10-i, i-10)); len(m.Faces) != want {
			t.Errorf("frame %d: %d faces, want %d", i, len(m.Faces), want)
		}
	}
}

// Faces were left out of frames, and tracks of the result: one reason says it.
func TestFacesLeftOutTwiceAreSaidOnce(t *testing.T) {
	script := scoretest.Every(2*time.Second, 1200, func(i int, _ float64) []scoretest.Face {
		var found []scoretest.Face
		for k := range 3 {
			found = append(found, scoretest.At(float32(500*(i%3)+200), float32(200+300*k), float32(100+i%7), -1))
		}
		return found
	})
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{MaxFaces: 2})
	if got := result.Outcome.Reasons; len(result.Tracks) != 1000 || !slices.Equal(got, []score.Reason{score.FacesLeftOut}) {
		t.Errorf("%d tracks, %v", len(result.Tracks), got)
	}
}

// A wall of posters or a crowd is bounded, and the result says that faces were left out.
func TestTenThousandFaces(t *testing.T) {
	script := scoretest.Every(time.Second/5, 4, func(int, float64) []scoretest.Face {
		var found []scoretest.Face
		for i := range 10_000 {
			found = append(found, scoretest.At(float32(10*(i%100)), float32(10*(i/100)), float32(50+i%7), -1))
		}
		return found
	})
	result := scan(t, new(scoretest.Studio).Add("clip", script), score.Options{Timeline: true})
	if out := result.Outcome; out.Status != score.Scored || !slices.Equal(out.Reasons, []score.Reason{score.FacesLeftOut}) {
		t.Errorf("%s %v", out.Status, out.Reasons)
	}
	for _, m := range result.Timeline {
		if len(m.Faces) != score.DefaultMaxFaces {
			t.Errorf("%d faces are scored", len(m.Faces))
		}
	}
}
