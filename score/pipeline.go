package score

import (
	"context"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
)

// Options are the settings of a pipeline. Zero numbers mean the defaults below.
type Options struct {
	Sampling    frames.Sampling
	Calibration model.Calibration // without a method the logit is taken as log odds as it is
	CropScale   float64           // the classifier sees a square of CropScale times the longer side of a face's box
	MaxFaces    int               // most faces scored per frame, largest and steadiest first
	MaxDuration time.Duration     // of presentation time; 0 means no limit
	Timeline    bool              // keep Result.Timeline
	DetectEvery time.Duration     // faces are looked for at least so often, and in every frame where they move; see Sparse. 0: DefaultDetectEvery; less: in every frame
	BatchFrames int               // most frames per detector call
	BatchFaces  int               // crops per classifier call

	// OnMoment, when set, is called for every scored frame in order, from one goroutine, while the clip is examined. Its
	// scores know only the past and its track numbers are provisional: the result's timeline may differ. It must not
	// keep the faces' maps longer than it needs them.
	OnMoment func(Moment)
}

// The defaults of Options.
const (
	DefaultMaxFaces    = 8
	DefaultBatchFrames = 4
	DefaultBatchFaces  = 8
)

func (o Options) withDefaults() Options {
	if o.MaxFaces <= 0 {
		o.MaxFaces = DefaultMaxFaces
	}
	if o.BatchFrames <= 0 {
		o.BatchFrames = DefaultBatchFrames
	}
	if o.BatchFaces <= 0 {
		o.BatchFaces = DefaultBatchFaces
	}
	if o.Detection() == "" {
		o.DetectEvery = -1
	} else if o.DetectEvery == 0 {
		o.DetectEvery = DefaultDetectEvery
	}
	if o.Calibration.Method == "" && o.Calibration.A == 0 {
		o.Calibration.A = 1
	}
	return o
}

// Pipeline scores clips. It is safe for concurrent use; the clips then share the opener, the detector and the
// classifier, which must be safe for it too.
type Pipeline struct {
	Opener     Opener
	Detector   Detector
	Classifier Classifier
	Options    Options
}

// Score examines one file. Whatever happens becomes the result's status: there is no error and no panic. It fills Schema,
// Input (but for SHA256 and Bytes), Outcome, Tracks, Segments, Timeline, Quality, Limits, Provenance, Timing and of
// Settings what concerns sampling and aggregation; the caller adds the rest.
//
// It returns when every goroutine it started has ended and every frame is released. The answer does not depend on batch
// sizes, as long as the detector's and the classifier's do not.
func (p *Pipeline) Score(ctx context.Context, path string) Result {
	started := time.Now()
	options := p.Options.withDefaults()
	result := blank(path, options)

	s := &scan{Pipeline: p, options: options}
	err := guarded("score", func() error {
		if err := s.examine(ctx, path); err != nil {
			return err
		}
		return s.verdict(&result)
	})()
	if err != nil {
		result = blank(path, options)
		result.Outcome = failed(ctx, path, err)
	}
	s.describe(&result)
	result.Timing = s.timing()
	result.Timing.TotalMS = time.Since(started).Milliseconds()
	return result
}

// verdict aggregates what the stages recorded.
func (s *scan) verdict(result *Result) error {
	if len(s.record.frames) == 0 {
		return errNoFrames
	}
	s.record.tracks, s.record.crop = s.tracker.Tracks(), s.options.CropScale
	found, err := aggregate(&s.record, s.options)
	if err != nil {
		return err
	}
	result.Outcome, result.Tracks, result.Segments = found.outcome, found.tracks, found.segments
	result.Timeline, result.Quality = found.timeline, found.quality
	for _, note := range s.notes() {
		if !slices.Contains(result.Outcome.Reasons, note) {
			result.Outcome.Reasons = append(result.Outcome.Reasons, note)
		}
	}
	return nil
}

// notes are the reasons that stand beside a status and do not change it.
func (s *scan) notes() []Reason {
	var notes []Reason
	for _, n := range []struct {
		holds  bool
		reason Reason
	}{
		{s.truncated != nil, Truncated},
		{s.record.leftOut, FacesLeftOut},
		{s.shortened, DurationLimit},
		{s.record.mended, BadTimestamps},
	} {
		if n.holds {
			notes = append(notes, n.reason)
		}
	}
	return notes
}

// describe fills Input, Provenance and Limits with what was learnt of the file, also when it could not be scored.
func (s *scan) describe(result *Result) {
	in := &result.Input
	in.Kind, in.Container, in.Codec = string(s.info.Kind), s.info.Container, s.info.Codec
	in.Width, in.Height, in.Rotation = s.info.Width, s.info.Height, s.info.Rotation
	in.FPS, in.DurationMS = finite(s.info.FPS), s.info.Duration.Milliseconds()
	in.FramesDecoded, in.FramesScored = s.decoded, len(s.record.frames)
	in.Truncated = s.truncated != nil
	if n := len(s.record.frames); n > 0 && (in.Truncated || s.shortened) {
		in.ExaminedMS = s.record.frames[n-1].pts.Milliseconds()
	}
	result.Provenance = provenanceOf(s.info.Declared)
	result.Limits = limitsOf(s.info.Kind)
}

// provenanceOf is nil when nobody looked.
func provenanceOf(d *frames.Declared) *Provenance {
	if d == nil {
		return nil
	}
	return &Provenance{
		C2PA: string(d.C2PA), DeclaredSourceType: d.SourceType, Software: d.Software, Device: d.Device, Created: d.Created,
	}
}

func (s *scan) timing() Timing {
	return Timing{
		DecodeMS:   s.decodeTime.Milliseconds(),
		DetectMS:   s.detectTime.Milliseconds(),
		ClassifyMS: (s.cutTime + s.classifyTime).Milliseconds(),
		Queues: Queues{
			Detect: s.detectQueue.mean(), DetectBound: s.detectQueue.bound,
			Classify: s.classifyQueue.mean(), ClassifyBound: s.classifyQueue.bound,
		},
	}
}

// blank is a result with every list present, so that JSON never shows null.
func blank(path string, o Options) Result {
	return Result{
		Schema:   SchemaID,
		Models:   []ModelRef{},
		Settings: settingsOf(o),
		Input:    Input{Path: printable(path)},
		Outcome:  Outcome{Reasons: []Reason{}},
		Tracks:   []Track{},
		Segments: []Segment{},
		Limits:   []Limit{},
	}
}

func settingsOf(o Options) Settings {
	return Settings{
		AllFrames:   !(o.Sampling.PerSecond > 0),
		SampleFPS:   max(0, o.Sampling.PerSecond),
		Detection:   o.Detection(),
		Aggregation: Aggregation,
		Thresholds:  DefaultThresholds(),
	}
}

func limitsOf(kind frames.Kind) []Limit {
	limits := []Limit{WholeImageSynthesis, OnlyFaces}
	if kind == frames.Photo {
		return append(limits, StillPhoto)
	}
	return append(limits, AudioNotExamined)
}
