package bench

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/scoretest"
)

// studio plays a clip of one second with so many faces in every frame.
func studio(faces int) *scoretest.Studio {
	script := scoretest.Every(40*time.Millisecond, 25, func(int, float64) (found []scoretest.Face) {
		for i := range faces {
			found = append(found, scoretest.At(16+24*float32(i), 18, 16, 0))
		}
		return found
	})
	script.Info = frames.Info{Kind: frames.Video, Codec: "text", Width: 64, Height: 36, FPS: 25, Duration: time.Second}
	return (&scoretest.Studio{}).Add("clip", script)
}

func options(stages ...Stage) Options {
	return Options{Stages: stages, Runs: 3, WarmUp: 1, SampleFPS: 5, LeastRun: time.Millisecond}
}

func TestEveryStageIsMeasured(t *testing.T) {
	s := studio(2)
	told := map[Stage]int{}
	o := options(Stages()...)
	o.Progress = func(stage Stage, run, runs int) {
		if run > runs {
			t.Errorf("%s: run %d of %d", stage, run, runs)
		}
		told[stage]++
	}
	r, err := Run(t.Context(), *s.Pipeline(score.Options{}), "clip", o)
	if err != nil {
		t.Fatal(err)
	}
	const frame, crop = 64 * 36 * 3, 16 * 16 * 3 // bytes; two crops to a frame, cut out and put into a batch
	copied := map[Stage]float64{                 // the studio plays every frame, however it is sampled
		Decode: frame, DecodeSampled: frame, Classify: crop, Inference: 4 * crop, InferenceSample: 4 * crop,
		EndToEnd: frame + 4*crop, EndToEndSample: frame + 4*crop,
	}
	for i, stage := range Stages() {
		row := r.Rows[i]
		if row.Stage != stage || row.Runs != 3 || told[stage] != 4 {
			t.Errorf("row %d is %s with %d runs, told %d times", i, row.Stage, row.Runs, told[stage])
		}
		p := row.PerSecond
		if !(p.Low > 0 && p.Low <= p.Median && p.Median <= p.High) || row.Items == 0 {
			t.Errorf("%s: %d items, %+v per second", stage, row.Items, p)
		}
		if fromFile := !slices.Contains([]Stage{Detect, Classify, Inference, InferenceSample}, stage); fromFile && row.Items != 25 {
			t.Errorf("%s: %d frames of 25", stage, row.Items)
		}
		if want := copied[stage]; row.CopyBytes != want {
			t.Errorf("%s: %v bytes copied for each item, want %v", stage, row.CopyBytes, want)
		}
		if (row.RealTime > 0) == (stage == Classify) {
			t.Errorf("%s: %v times real time", stage, row.RealTime)
		}
	}
	if r.Clip.FacesPerFrame != 2 || r.Clip.Seconds != 1 || len(r.Overlaps) != 2 {
		t.Errorf("clip %+v, overlaps %+v", r.Clip, r.Overlaps)
	}
	if s.Held() != 0 || s.Unclosed() != 0 {
		t.Errorf("%d frames held, %d sources open", s.Held(), s.Unclosed())
	}
}

func TestOnlyWhatIsAskedForIsMeasured(t *testing.T) {
	s := studio(1)
	s.OnDetect = func([]*frames.Frame) error { t.Error("detector was called"); return nil }
	r, err := Run(t.Context(), *s.Pipeline(score.Options{}), "clip", options(Decode))
	if err != nil || len(r.Rows) != 1 || len(r.Overlaps) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBatchesAreThoseOfThePipeline(t *testing.T) {
	s := studio(1)
	s.OnDetect = func(batch []*frames.Frame) error {
		if len(batch) != 4 {
			t.Errorf("%d frames in a batch", len(batch))
		}
		return nil
	}
	s.OnClassify = func(crops []frames.Image) error {
		if len(crops) != 3 {
			t.Errorf("%d faces in a batch", len(crops))
		}
		return nil
	}
	if _, err := Run(t.Context(), *s.Pipeline(score.Options{BatchFaces: 3}), "clip", options(Detect, Classify)); err != nil {
		t.Error(err)
	}
}

func TestMaxDurationCutsTheClip(t *testing.T) {
	o := options(Decode, EndToEnd)
	o.MaxDuration = 400 * time.Millisecond
	r, err := Run(t.Context(), *studio(1).Pipeline(score.Options{}), "clip", o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Clip.Seconds != 0.4 || r.Rows[0].Items != 12 || r.Rows[1].Items != 12 { // 11 frames and the first that is late
		t.Errorf("%+v %+v", r.Clip, r.Rows)
	}
}

// patient takes crops without a face.
type patient struct {
	*scoretest.Studio
	side int
}

func (p *patient) Cut(_ *frames.Frame, faces []frames.Face) ([]frames.Image, error) {
	var crops []frames.Image
	for _, f := range faces {
		p.side = int(f.Box.W)
		crops = append(crops, frames.NewImage(16, 16))
	}
	return crops, nil
}

func (p *patient) Classify(_ context.Context, crops []frames.Image) ([]score.Evidence, error) {
	return make([]score.Evidence, len(crops)), nil
}

func TestClassifierIsMeasuredOnPatchesWhereThereIsNoFace(t *testing.T) {
	s := studio(0)
	p := &patient{Studio: s}
	r, err := Run(t.Context(), score.Pipeline{Opener: s, Detector: s, Classifier: p}, "clip", options(Classify))
	if err != nil || len(r.Rows) != 1 || r.Clip.FacesPerFrame != 0 || p.side != 18 {
		t.Errorf("%+v, %v, patch of %d pixels", r, err, p.side)
	}
}

func TestFailuresLeaveNothingHeld(t *testing.T) {
	broken := errors.New("broken")
	for name, breakIt := range map[string]func(*scoretest.Studio){
		"decoder":    func(s *scoretest.Studio) { s.OnNext = func(shot int) error { return at(shot == 3, broken) } },
		"detector":   func(s *scoretest.Studio) { s.OnDetect = func([]*frames.Frame) error { return broken } },
		"cut":        func(s *scoretest.Studio) { s.OnCut = func(*frames.Frame) error { return broken } },
		"classifier": func(s *scoretest.Studio) { s.OnClassify = func([]frames.Image) error { return broken } },
	} {
		for _, stages := range [][]Stage{Stages(), {Inference}} { // from the file, and while frames are held
			s := studio(1)
			breakIt(s)
			if _, err := Run(t.Context(), *s.Pipeline(score.Options{}), "clip", options(stages...)); err == nil {
				t.Errorf("%s: no error", name)
			}
			if s.Held() != 0 || s.Unclosed() != 0 {
				t.Errorf("%s: %d frames held, %d sources open", name, s.Held(), s.Unclosed())
			}
		}
	}
	if _, err := Run(t.Context(), *studio(1).Pipeline(score.Options{}), "other", options(Decode)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}

func at(here bool, err error) error {
	if here {
		return err
	}
	return nil
}

func TestEveryStageCanBeInterrupted(t *testing.T) {
	for _, stage := range Stages() {
		ctx, cancel := context.WithCancel(t.Context())
		o := options(stage)
		o.LeastRun = time.Hour
		s := studio(1)
		o.Progress = func(Stage, int, int) { time.AfterFunc(10*time.Millisecond, cancel) }
		s.OnNext = func(shot int) error {
			if shot == 24 && (stage == Decode || stage == DecodeSampled || stage == EndToEnd || stage == EndToEndSample) {
				<-ctx.Done()
			}
			return nil
		}
		_, err := Run(ctx, *s.Pipeline(score.Options{}), "clip", o)
		if !errors.Is(err, context.Canceled) || s.Held() != 0 {
			t.Errorf("%s: err = %v, %d frames held", stage, err, s.Held())
		}
	}
}

func TestMedianAndExtremes(t *testing.T) {
	for _, c := range []struct {
		seconds []float64
		want    Spread
	}{
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{4, 1}, Spread{2.5, 1, 4}},
		{[]float64{9, 1, 2}, Spread{2, 1, 9}},
	} {
		runs := make([]run, len(c.seconds))
		for i, s := range c.seconds {
			runs[i].seconds = s
		}
		if got := over(runs, func(r run) float64 { return r.seconds }); got != c.want {
			t.Errorf("%v: %+v", c.seconds, got)
		}
	}
}

func TestRowIsPerItem(t *testing.T) {
	row := newRow(EndToEnd, []run{{
		sample:  sample{items: 100, found: 20, busy: score.Timing{DecodeMS: 1000, DetectMS: 500, ClassifyMS: 250}},
		seconds: 2, cpu: 3, allocs: 500, bytes: 2500,
	}})
	if row.PerSecond.Median != 50 || row.Cores != 1.5 || row.Allocs != 5 || row.AllocBytes != 25 {
		t.Errorf("%+v", row)
	}
	if *row.Busy != (Busy{0.5, 0.25, 0.125}) {
		t.Errorf("%+v", row.Busy)
	}
}

func TestOverlap(t *testing.T) {
	second := func(v float64) Spread { return Spread{Median: v} }
	r := Report{Machine: Machine{Cores: 2}, Rows: []Row{
		{Stage: DecodeSampled, Items: 300, Seconds: second(2), CPUSeconds: 4},
		{Stage: InferenceSample, Items: 100, PerSecond: second(50), CPUSeconds: 4},
		{Stage: EndToEndSample, Items: 300, Examined: 50, Seconds: second(4), CPUSeconds: 6},
	}}
	r.overlap(EndToEndSample, DecodeSampled, InferenceSample)
	r.overlap(EndToEnd, Decode, Inference) // was not measured
	// 50 frames take 1 s of inference and 2 CPU seconds; with decoding's 4 that is 3 s on two cores.
	want := Overlap{Stage: EndToEndSample, Seconds: 4, Decode: 2, Inference: 1, OfSlower: 0.5, OfCores: 0.75}
	if len(r.Overlaps) != 1 || r.Overlaps[0] != want {
		t.Errorf("%+v", r.Overlaps)
	}
}

func TestPeakMemoryIsOfTheStage(t *testing.T) {
	if peakMemory() == 0 {
		t.Skip("not known on this system")
	}
	if f, err := os.OpenFile("/proc/self/clear_refs", os.O_WRONLY, 0); err != nil {
		t.Skip("it cannot be made to start anew here: ", err)
	} else {
		f.Close()
	}
	const size = 64 << 20
	func() {
		ballast := make([]byte, size)
		for i := 0; i < len(ballast); i += 4096 {
			ballast[i] = 1
		}
	}()
	high := peakMemory()
	s := studio(1)
	r, err := Run(t.Context(), *s.Pipeline(score.Options{}), "clip", options(Decode))
	if err != nil {
		t.Fatal(err)
	}
	if low := r.Rows[0].PeakBytes; high < size || low > high-size/2 {
		t.Errorf("peak %d before, %d of the stage", high, low)
	}
}

func TestSpreadIsRelative(t *testing.T) {
	if got := (Spread{Median: 10, Low: 9, High: 12}).Relative(); math.Abs(got-0.15) > 1e-9 {
		t.Error(got)
	}
}
