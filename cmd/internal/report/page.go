package report

import (
	"html/template"
	"path/filepath"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/score"
)

// page is what the template sees. Its texts hold no control characters; the template escapes the rest.
type page struct {
	Lang, Policy string
	Style        template.CSS
	Name, Title  string
	Mark         string
	Icon         []byte // JPEG
	Facts        []string
	Made         string
	Outcome      outcome
	Timeline     *timeline
	Photo        bool
	Segments     []segment
	MoreSegments int
	Faces        []face
	FaceCount    int
	Others       []face
	MoreFaces    int
	NoPictures   string
	Legend       template.URL
	Cells        string
	File         []entry
	Provenance   []entry
	Quality      []meter
	BadScores    int
	Limits       []string
	Method       method
	MadeWith     []entry
	Command      string
	AnyFile      bool // the command says FILE
	Summary      string
}

// entry is a line of a list of facts.
type entry struct {
	Name, Value string
	Code        bool // a digest or path: in the typewriter's letters
}

// maker has what every part of the page is made from.
type maker struct {
	Input
	r *score.Result
	w *words.Words
}

// How much of a name stands in the heading, and in the browser's tab; all of it stands in the list of facts.
const longestName, longestTitle = 90, 40

func newPage(in Input) (page, error) {
	m := maker{in, in.Result, in.Words}
	legend, err := exhibit.PNG(exhibit.Legend(256, 8))
	if err != nil {
		return page{}, err
	}
	p := page{
		Mark: Mark(m.r, m.w), Icon: Thumb(m.Pictures), Lang: string(m.w.Language()), Policy: policy(styleText, ""), Style: template.CSS(styleText),
		Name: m.name(longestName), Title: m.w.Say("page.title", "name", m.name(longestTitle)), Facts: m.facts(), Outcome: m.outcome(), Photo: m.r.Input.Kind == "image",
		FaceCount: len(m.r.Tracks), NoPictures: m.noPictures(),
		Legend: dataURL("image/png", legend), Cells: m.cells(), File: m.file(), Provenance: m.provenance(),
		BadScores: m.r.Quality.BadScores, Limits: m.limits(), Method: m.method(), MadeWith: m.madeWith(), Summary: m.summary(),
	}
	if !m.Made.IsZero() {
		p.Made = m.w.Say("page.made", "when", m.w.Moment(m.Made))
	}
	p.Command, p.AnyFile = m.command()
	p.Segments, p.MoreSegments = m.segments(mostSegments)
	p.Faces, p.Others, p.MoreFaces = m.faces()
	if m.r.Outcome.Score != nil {
		p.Quality = m.quality()
	}
	if !p.Photo && len(m.r.Tracks) > 0 {
		p.Timeline = m.timeline()
	}
	return p, nil
}

func (m maker) name(limit int) string {
	name := filepath.Base(m.r.Input.Path)
	if m.r.Input.Path == "" {
		name = "?"
	}
	return output.Shorten(output.Printable(name), limit)
}

// facts is the line under the name.
func (m maker) facts() []string {
	in := m.r.Input
	var list []string
	if in.Kind != "" {
		list = append(list, m.code("kind", in.Kind))
	}
	if in.DurationMS > 0 && in.Kind != "image" {
		list = append(list, m.w.Clock(in.DurationMS))
	}
	if in.Width > 0 && in.Height > 0 {
		list = append(list, m.size())
	}
	if in.Codec != "" {
		list = append(list, output.Printable(in.Codec))
	}
	return append(list, m.w.Bytes(in.Bytes))
}

func (m maker) size() string {
	return m.w.Say("unit.size", "width", m.r.Input.Width, "height", m.r.Input.Height)
}

// code words a machine-readable code of the result, which may be anything.
func (m maker) code(kind, code string) string { return output.Printable(m.w.Code(kind, code)) }

// thresholds are those of the result, or the usual ones where a result has none that make sense.
func (m maker) thresholds() score.Thresholds {
	t := m.r.Settings.Thresholds
	if 0 < t.Moderate && t.Moderate < t.Strong && t.Strong < t.VeryStrong && t.VeryStrong < 1 {
		return t
	}
	return score.DefaultThresholds()
}

// band is the verbal scale of a score.
func (m maker) band(p float64) score.Band {
	switch t := m.thresholds(); {
	case p >= t.VeryStrong:
		return score.VeryStrong
	case p >= t.Strong:
		return score.Strong
	case p >= t.Moderate:
		return score.Moderate
	}
	return score.Weak
}

// class is the band as a class of the style sheet.
func class(b score.Band) string { return strings.ReplaceAll(string(b), " ", "-") }

// noPictures is why there are none at all; empty when there are some, or nothing to take them of.
func (m maker) noPictures() string {
	switch {
	case len(m.r.Tracks) == 0 || len(m.Pictures) > 0 && m.NoClip == nil:
		return ""
	case m.NoClip == nil:
		return m.w.Say("picture.why.unasked")
	}
	return m.why(m.NoClip)
}

func (m maker) cells() string {
	for _, t := range m.r.Tracks {
		for _, e := range t.Evidence {
			if e.Map != nil {
				return m.w.Say("unit.size", "width", e.Map.Side, "height", e.Map.Side)
			}
		}
	}
	return ""
}
