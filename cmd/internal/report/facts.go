package report

import (
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// facts collects entries, and leaves out those without a value.
type factList struct {
	m    maker
	list []entry
}

func (f *factList) add(key, value string) { f.put(entry{Name: f.m.w.Say(key), Value: value}) }

func (f *factList) code(key, value string) {
	f.put(entry{Name: f.m.w.Say(key), Value: value, Code: true})
}

func (f *factList) put(e entry) {
	if e.Value != "" {
		e.Value = output.Printable(e.Value)
		f.list = append(f.list, e)
	}
}

// file is what was examined.
func (m maker) file() []entry {
	in := m.r.Input
	f := &factList{m: m}
	f.code("file.path", in.Path)
	if f.code("file.sha256", in.SHA256); in.SHA256 == "" {
		f.add("file.sha256", m.w.Say("file.unread"))
	}
	if size := m.w.Bytes(in.Bytes); in.Bytes < 1000 { // they are exact already
		f.add("file.bytes", size)
	} else {
		f.add("file.bytes", m.w.Say("file.exactly", "size", size, "bytes", m.w.Integer(in.Bytes)))
	}
	if in.Kind != "" {
		f.add("file.kind", m.w.Code("kind", in.Kind))
	}
	f.add("file.container", in.Container)
	if in.Codec != in.Container {
		f.add("file.codec", in.Codec)
	}
	if in.Width > 0 {
		size := m.size()
		if in.Rotation != 0 {
			size += ", " + m.w.Say("file.rotation", "n", in.Rotation)
		}
		f.add("file.picture", size)
	}
	if in.Kind == "image" {
		return f.list
	}
	if in.FPS > 0 {
		f.add("file.fps", m.w.Say("unit.fps", "n", m.w.Number(in.FPS, 3)))
	}
	if in.DurationMS > 0 {
		f.add("file.duration", m.w.ExactClock(in.DurationMS))
	}
	if in.ExaminedMS > 0 {
		f.add("file.examined", m.w.Say("file.until", "time", m.w.ExactClock(in.ExaminedMS)))
	}
	if in.FramesDecoded > 0 {
		f.add("file.frames", m.w.Say("file.decoded", "decoded", m.w.Integer(int64(in.FramesDecoded)), "scored", m.w.Integer(int64(in.FramesScored))))
	}
	return f.list
}

// provenance is what the file says about itself.
func (m maker) provenance() []entry {
	p := m.r.Provenance
	if p == nil {
		return nil
	}
	f := &factList{m: m}
	f.add("provenance.c2pa", m.w.Code("provenance.c2pa", p.C2PA))
	if f.add("provenance.source", p.DeclaredSourceType); p.DeclaredSourceType == "" {
		f.add("provenance.source", m.w.Say("provenance.source.none"))
	}
	f.add("provenance.software", strings.Join(p.Software, "; "))
	f.add("provenance.device", p.Device)
	f.add("provenance.created", p.Created)
	return f.list
}

// meter is a share drawn as a bar; Share is in [0, 1], negative for none.
type meter struct {
	Name, Value, Note string
	Share             float64
}

func (m maker) quality() []meter {
	q := m.r.Quality
	of := func(key string, v float64) meter {
		return meter{m.w.Say(key), m.w.Percent(v), m.w.Say(key + ".note"), min(1, max(0, v))}
	}
	size := meter{m.w.Say("quality.size"), m.w.Say("unit.pixels", "n", m.w.Number(q.MedianFacePx, 0)), m.w.Say("quality.size.note"), -1}
	return []meter{of("quality.share", q.UsableFaceShare), size, of("quality.sharpness", q.Sharpness), of("quality.compression", q.Compression)}
}

func (m maker) limits() []string {
	var list []string
	for _, l := range m.r.Limits {
		list = append(list, m.code("limit", string(l)))
	}
	return list
}

// method is how well the classifier does, by its manifest.
type method struct {
	Name, Missing, Calibrated, Card string
	Rates                           []rate
}

type rate struct{ Threshold, This, FPR, TPR, On string }

func (m maker) method() method {
	if m.Model == nil {
		return method{Missing: m.w.Say("method.unknown")}
	}
	manifest := m.Model.Manifest
	v := method{Name: output.Printable(manifest.String()), Card: printableLines(m.Model.Card)}
	if c := manifest.Calibration; c != nil {
		v.Calibrated = output.Printable(c.FittedOn)
	}
	for _, p := range manifest.OperatingPoints {
		v.Rates = append(v.Rates, m.rate(p))
	}
	if len(v.Rates) == 0 {
		v.Missing = m.w.Say("method.none")
	}
	return v
}

func (m maker) rate(p model.OperatingPoint) rate {
	v := rate{Threshold: m.w.Percent1(p.Threshold), FPR: m.w.Percent1(p.FPR), TPR: m.w.Percent1(p.TPR), On: output.Printable(p.MeasuredOn)}
	if o := m.r.Outcome; o.Status == score.Scored && o.Score != nil {
		key := "method.this.below"
		if *o.Score >= p.Threshold {
			key = "method.this.above"
		}
		v.This = m.w.Say(key, "score", m.w.Score(*o.Score))
	}
	return v
}

// printableLines keeps the line breaks of a text and spells out all other control characters.
func printableLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(output.Printable(strings.TrimRight(line, "\r\n")) + "\n")
	}
	return b.String()
}

// madeWith is what the result depends on.
func (m maker) madeWith() []entry {
	r, f := m.r, &factList{m: m}
	f.add("made.tool", m.w.Say("made.commit", "name", r.Tool.Name, "version", r.Tool.Version, "commit", r.Tool.Commit))
	for _, ref := range r.Models {
		name := m.w.Code("made.model", ref.Task)
		f.put(entry{Name: output.Printable(name), Value: ref.Name + " " + ref.Version + ", SHA-256 " + ref.SHA256, Code: true})
	}
	if r.Runtime.ProviderUsed != "" {
		f.add("made.runtime", m.w.Say("made.on", "device", r.Runtime.Device, "provider", r.Runtime.ProviderUsed,
			"requested", r.Runtime.ProviderRequested, "onnxruntime", r.Runtime.ONNXRuntime, "opencv", r.Runtime.OpenCV))
	}
	sampling := m.w.Say("made.every")
	if !r.Settings.AllFrames {
		sampling = m.w.Say("unit.fps", "n", m.w.Number(r.Settings.SampleFPS, 3))
	}
	if r.Input.Kind != "image" {
		f.add("made.sampling", sampling)
	}
	f.add("made.aggregation", r.Settings.Aggregation)
	t := m.thresholds()
	f.add("made.bands", m.w.Say("made.bands.text", "moderate", m.w.Percent(t.Moderate), "strong", m.w.Percent(t.Strong), "very", m.w.Percent(t.VeryStrong)))
	return f.list
}
