package output

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/blendscope/blendscope/score"
)

// column is one field of a row.
type column struct {
	name  string // as in JSON, levels joined by dots
	value func(*score.Result) string
}

// columns are the contract of the CSV form: new ones are only ever added at the end. Every text goes through cell, also what
// is ours in a new result: kept ones come from files, and files from strangers.
func columns() []column {
	return []column{
		{"schema", func(r *score.Result) string { return cell(r.Schema) }},
		{"input.path", func(r *score.Result) string { return cell(r.Input.Path) }},
		{"outcome.status", func(r *score.Result) string { return cell(string(r.Outcome.Status)) }},
		{"outcome.score", func(r *score.Result) string { return optional(r.Outcome.Score) }},
		{"outcome.interval.lo", func(r *score.Result) string { return end(r.Outcome.Interval, 0) }},
		{"outcome.interval.hi", func(r *score.Result) string { return end(r.Outcome.Interval, 1) }},
		{"outcome.band", func(r *score.Result) string { return cell(string(r.Outcome.Band)) }},
		{"outcome.wording", func(r *score.Result) string { return cell(r.Outcome.Wording) }},
		{"outcome.reasons", func(r *score.Result) string { return join(r.Outcome.Reasons) }},
		{"outcome.detail", func(r *score.Result) string { return cell(r.Outcome.Detail) }},
		{"outcome.logit", func(r *score.Result) string { return optional(r.Outcome.Logit) }},
		{"tracks", func(r *score.Result) string { return strconv.Itoa(len(r.Tracks)) }},
		{"segments", func(r *score.Result) string { return segments(r.Segments) }},
		{"input.sha256", func(r *score.Result) string { return cell(r.Input.SHA256) }},
		{"input.bytes", func(r *score.Result) string { return strconv.FormatInt(r.Input.Bytes, 10) }},
		{"input.kind", func(r *score.Result) string { return cell(r.Input.Kind) }},
		{"input.container", func(r *score.Result) string { return cell(r.Input.Container) }},
		{"input.codec", func(r *score.Result) string { return cell(r.Input.Codec) }},
		{"input.width", func(r *score.Result) string { return strconv.Itoa(r.Input.Width) }},
		{"input.height", func(r *score.Result) string { return strconv.Itoa(r.Input.Height) }},
		{"input.rotation", func(r *score.Result) string { return strconv.Itoa(r.Input.Rotation) }},
		{"input.fps", func(r *score.Result) string { return number(r.Input.FPS) }},
		{"input.duration_ms", func(r *score.Result) string { return strconv.FormatInt(r.Input.DurationMS, 10) }},
		{"input.frames_decoded", func(r *score.Result) string { return strconv.Itoa(r.Input.FramesDecoded) }},
		{"input.frames_scored", func(r *score.Result) string { return strconv.Itoa(r.Input.FramesScored) }},
		{"input.truncated", func(r *score.Result) string { return strconv.FormatBool(r.Input.Truncated) }},
		{"quality.usable_face_share", func(r *score.Result) string { return number(r.Quality.UsableFaceShare) }},
		{"quality.median_face_px", func(r *score.Result) string { return number(r.Quality.MedianFacePx) }},
		{"quality.sharpness", func(r *score.Result) string { return number(r.Quality.Sharpness) }},
		{"quality.compression", func(r *score.Result) string { return number(r.Quality.Compression) }},
		{"quality.bad_scores", func(r *score.Result) string { return strconv.Itoa(r.Quality.BadScores) }},
		{"limits", func(r *score.Result) string { return join(r.Limits) }},
		{"provenance.c2pa", func(r *score.Result) string { return cell(provenance(r).C2PA) }},
		{"provenance.declared_source_type", func(r *score.Result) string { return cell(provenance(r).DeclaredSourceType) }},
		{"tool.name", func(r *score.Result) string { return cell(r.Tool.Name) }},
		{"tool.version", func(r *score.Result) string { return cell(r.Tool.Version) }},
		{"tool.commit", func(r *score.Result) string { return cell(r.Tool.Commit) }},
		{"models", func(r *score.Result) string { return cell(models(r.Models)) }},
		{"runtime.provider_requested", func(r *score.Result) string { return cell(r.Runtime.ProviderRequested) }},
		{"runtime.provider_used", func(r *score.Result) string { return cell(r.Runtime.ProviderUsed) }},
		{"runtime.device", func(r *score.Result) string { return cell(r.Runtime.Device) }},
		{"runtime.onnxruntime", func(r *score.Result) string { return cell(r.Runtime.ONNXRuntime) }},
		{"runtime.opencv", func(r *score.Result) string { return cell(r.Runtime.OpenCV) }},
		{"settings.all_frames", func(r *score.Result) string { return strconv.FormatBool(r.Settings.AllFrames) }},
		{"settings.sample_fps", func(r *score.Result) string { return number(r.Settings.SampleFPS) }},
		{"settings.detector", func(r *score.Result) string { return cell(r.Settings.Detector) }},
		{"settings.classifier", func(r *score.Result) string { return cell(r.Settings.Classifier) }},
		{"settings.aggregation", func(r *score.Result) string { return cell(r.Settings.Aggregation) }},
		{"settings.thresholds.moderate", func(r *score.Result) string { return number(r.Settings.Thresholds.Moderate) }},
		{"settings.thresholds.strong", func(r *score.Result) string { return number(r.Settings.Thresholds.Strong) }},
		{"settings.thresholds.very_strong", func(r *score.Result) string { return number(r.Settings.Thresholds.VeryStrong) }},
		{"timing.decode_ms", func(r *score.Result) string { return strconv.FormatInt(r.Timing.DecodeMS, 10) }},
		{"timing.detect_ms", func(r *score.Result) string { return strconv.FormatInt(r.Timing.DetectMS, 10) }},
		{"timing.classify_ms", func(r *score.Result) string { return strconv.FormatInt(r.Timing.ClassifyMS, 10) }},
		{"timing.total_ms", func(r *score.Result) string { return strconv.FormatInt(r.Timing.TotalMS, 10) }},
		{"settings.max_faces", func(r *score.Result) string { return strconv.Itoa(r.Settings.MaxFaces) }},
		{"settings.max_duration_ms", func(r *score.Result) string { return strconv.FormatInt(r.Settings.MaxDurationMS, 10) }},
		{"settings.detection", func(r *score.Result) string { return cell(r.Settings.Detection) }},
		{"provenance.software", func(r *score.Result) string { return cell(strings.Join(provenance(r).Software, "; ")) }},
		{"provenance.device", func(r *score.Result) string { return cell(provenance(r).Device) }},
		{"provenance.created", func(r *score.Result) string { return cell(provenance(r).Created) }},
		{"input.examined_ms", func(r *score.Result) string { return examined(r.Input) }},
	}
}

// csvWriter writes a header and one row a result.
type csvWriter struct {
	w       *csv.Writer
	columns []column
	started bool
}

func newCSV(w io.Writer) *csvWriter { return &csvWriter{w: csv.NewWriter(w), columns: columns()} }

func (c *csvWriter) Write(r *score.Result) error {
	if err := c.header(); err != nil {
		return err
	}
	return c.row(func(col column) string { return col.value(r) })
}

// Close writes the header if nothing else has: an empty run is an empty table, not an empty file.
func (c *csvWriter) Close() error { return c.header() }

func (c *csvWriter) header() error {
	if c.started {
		return nil
	}
	c.started = true
	return c.row(func(col column) string { return col.name })
}

func (c *csvWriter) row(value func(column) string) error {
	cells := make([]string, len(c.columns))
	for i, col := range c.columns {
		cells[i] = value(col)
	}
	if err := c.w.Write(cells); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func optional(v *float64) string {
	if v == nil {
		return ""
	}
	return number(*v)
}

func end(interval *[2]float64, i int) string {
	if interval == nil {
		return ""
	}
	return number(interval[i])
}

// examined is empty where JSON has no such field, which is where a file was examined to its end: 0 would say the contrary.
func examined(in score.Input) string {
	if in.ExaminedMS == 0 {
		return ""
	}
	return strconv.FormatInt(in.ExaminedMS, 10)
}

// join puts codes, which hold no spaces, into one cell.
func join[T ~string](codes []T) string {
	s := make([]string, len(codes))
	for i, c := range codes {
		s[i] = string(c)
	}
	return cell(strings.Join(s, " "))
}

// segments is "start-end" in milliseconds for each.
func segments(list []score.Segment) string {
	s := make([]string, len(list))
	for i, g := range list {
		s[i] = strconv.FormatInt(g.StartMS, 10) + "-" + strconv.FormatInt(g.EndMS, 10)
	}
	return strings.Join(s, " ")
}

// models is "name@version=sha256" for each.
func models(list []score.ModelRef) string {
	s := make([]string, len(list))
	for i, m := range list {
		s[i] = m.Name + "@" + m.Version + "=" + m.SHA256
	}
	return strings.Join(s, " ")
}

func provenance(r *score.Result) score.Provenance {
	if r.Provenance == nil {
		return score.Provenance{}
	}
	return *r.Provenance
}
