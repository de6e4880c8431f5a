package report

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func in(t *testing.T, language string) *words.Words {
	t.Helper()
	w, err := words.For(language)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// clip is a result with two faces, of which one is suspicious in its second half.
func clip() *score.Result {
	p, interval := 0.87, [2]float64{0.71, 0.95}
	r := &score.Result{
		Schema: score.SchemaID, Tool: score.Tool{Name: "blendscope", Version: "0.1.0", Commit: "abc"},
		Models: []score.ModelRef{
			{Task: "face-detection", Name: "face", Version: "0.1.0", SHA256: strings.Repeat("a1", 32)},
			{Task: "forgery-classification", Name: "standard", Version: "0.1.0", SHA256: strings.Repeat("b2", 32)},
		},
		Runtime: score.Runtime{ProviderRequested: "auto", ProviderUsed: "cpu", Device: "a processor", ONNXRuntime: "1.2.3", OpenCV: "4.5.6"},
		Settings: score.Settings{
			SampleFPS: 5, MaxFaces: 8, Detector: "face@0.1.0", Classifier: "standard@0.1.0", Aggregation: "tracks/1", Thresholds: score.DefaultThresholds(),
		},
		Input: score.Input{
			Path: "desk/it's an interview.mp4", SHA256: strings.Repeat("c3", 32), Bytes: 1_234_567, Kind: "video", Container: "mp4", Codec: "h264",
			Width: 1280, Height: 720, Rotation: 90, FPS: 29.97, DurationMS: 20_000, FramesDecoded: 599, FramesScored: 100,
		},
		Outcome:    score.Outcome{Status: score.Scored, Score: &p, Interval: &interval, Logit: &p, Band: score.Strong, Reasons: []score.Reason{score.FacesLeftOut}},
		Segments:   []score.Segment{{Track: 1, StartMS: 10_000, EndMS: 20_000, Score: 0.9}},
		Quality:    score.Quality{UsableFaceShare: 0.8, MedianFacePx: 190.4, Sharpness: 0.5, Compression: 0.25, BadScores: 1},
		Limits:     []score.Limit{score.OnlyFaces, "brand_new"},
		Provenance: &score.Provenance{C2PA: "present", DeclaredSourceType: "trainedAlgorithmicMedia", Software: []string{"Lavf60", "ffmpeg"}},
	}
	values := base64.StdEncoding.EncodeToString(make([]byte, 196))
	for id, level := range []float64{0.87, 0.3} {
		best := func(ms int64) score.BestFrame {
			return score.BestFrame{TMS: ms, Frame: int(ms) / 33, Score: level, Box: [4]float64{10, 20, 30, 40}, Map: &score.HeatMap{Side: 14, CropScale: 1.4, Values: values}}
		}
		r.Tracks = append(r.Tracks, score.Track{
			ID: id + 1, LastMS: 20_000, Faces: 100, Score: level, Interval: [2]float64{level - 0.1, level + 0.1}, MedianFacePx: 190,
			Evidence: []score.BestFrame{best(15_000), best(12_000)},
		})
	}
	for ms := int64(0); ms < 20_000; ms += 200 {
		late := 0.0
		if ms >= 10_000 {
			late = 0.5
		}
		r.Timeline = append(r.Timeline, score.Moment{TMS: ms, Faces: []score.MomentFace{
			{Track: 1, Score: 0.4 + late + 0.05*math.Sin(float64(ms)), Quality: 0.9 - late},
			{Track: 2, Score: 0.3, Quality: 0.9 - 1.5*late},
		}})
	}
	return r
}

func classifier() *Model {
	return &Model{Card: "# The card\n\nIt \x1b[31mknows.\n", Manifest: model.Manifest{
		Name: "standard", Version: "0.1.0", Calibration: &model.Calibration{FittedOn: "some clips"},
		OperatingPoints: []model.OperatingPoint{
			{Name: "fpr_0.05", Threshold: 0.64, FPR: 0.0345, TPR: 0.3, MeasuredOn: "29 genuine, 37 fake"},
			{Name: "fpr_0.01", Threshold: 0.9, FPR: 0, TPR: 0.027, MeasuredOn: "29 genuine, 37 fake"},
		},
	}}
}

// shown are pictures of all moments but the last, which has none.
func shown(r *score.Result) []Picture {
	var list []Picture
	for _, m := range exhibit.Choose(r.Tracks, PictureLimits()) {
		list = append(list, Picture{
			Moment: m, Frame: []byte("frame"), Crop: []byte("crop"), Map: []byte("map"), Thumb: []byte("thumb\xfb\xef\xbe"), FrameWidth: 640, FrameHeight: 360, Peak: 0.93,
		})
	}
	last := &list[len(list)-1]
	*last = Picture{Moment: last.Moment, Err: exhibit.ErrOtherMoment}
	return list
}

func written(t *testing.T, in Input) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, in); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// normal leaves out what changes with the style sheet, which is not what the golden files are about.
func normal(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(page, "<style>…</style>")
	page = regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(page, "<script>…</script>")
	return regexp.MustCompile(`sha256-(?:[\w/=]|&#43;)*`).ReplaceAllString(page, "sha256-…")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(normal(got)), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), normal(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func TestPages(t *testing.T) {
	made := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	p := 0.3
	without := func(change func(*score.Result)) *score.Result {
		r := clip()
		r.Timeline, r.Tracks, r.Segments, r.Limits, r.Provenance, r.Outcome = nil, nil, nil, nil, nil, score.Outcome{}
		change(r)
		return r
	}
	photo := clip()
	photo.Input.Kind, photo.Input.DurationMS, photo.Timeline, photo.Segments = "image", 0, nil, nil
	for name, in := range map[string]Input{
		"clip.en.html":  {Result: clip(), Words: in(t, "en"), Pictures: shown(clip()), Model: classifier(), Made: made},
		"clip.fr.html":  {Result: clip(), Words: in(t, "fr"), Pictures: shown(clip()), Model: classifier(), Made: made},
		"photo.en.html": {Result: photo, Words: in(t, "en"), NoClip: exhibit.ErrOtherFile},
		"inconclusive.en.html": {Words: in(t, "en"), Result: without(func(r *score.Result) {
			r.Outcome = score.Outcome{Status: score.Inconclusive, Score: &p, Interval: &[2]float64{0.1, 0.6}, Reasons: []score.Reason{score.FacesTooSmall, score.Truncated}}
		})},
		"error.fr.html": {Words: in(t, "fr"), Result: without(func(r *score.Result) {
			r.Outcome = score.Outcome{Status: score.Failed, Reasons: []score.Reason{score.NotMedia}, Detail: "moov atom not found"}
			r.Input = score.Input{Path: "broken.mp4", Bytes: 12}
		})},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, written(t, in)) })
	}
}

// Nobody is told how often the classifier errs at a score that the file does not reach as though it did.
func TestErrorRatesAreThoseOfTheScore(t *testing.T) {
	for p, want := range map[float64]string{
		0.63: "The score is below all at which the model’s errors were measured: 3.5% of genuine files reached 64%, and 30% of manipulated ones",
		0.64: "3.5% of genuine files reached a score of 64%, and 30% of manipulated ones",
		0.95: "0% of genuine files reached a score of 90%, and 2.7% of manipulated ones",
	} {
		r := clip()
		r.Outcome.Score = &p
		if !strings.Contains(written(t, Input{Result: r, Words: in(t, "en"), Model: classifier()}), want) {
			t.Errorf("a score of %v: no %q", p, want)
		}
	}
}

// What went wrong is said once: a detail is for what the sentence leaves open.
func TestAnErrorIsSaidOnce(t *testing.T) {
	for detail, want := range map[string]int{"the file is empty": 0, "a detail": 1} {
		r := &score.Result{Outcome: score.Outcome{Status: score.Failed, Reasons: []score.Reason{score.EmptyFile}, Detail: detail}}
		for language, lead := range map[string]string{"en": "What went wrong", "fr": "Ce qui s’est passé"} {
			if got := strings.Count(written(t, Input{Result: r, Words: in(t, language)}), lead); got != want {
				t.Errorf("%q in %s: %d times", detail, language, got)
			}
		}
	}
}

func TestPagesLoadNothing(t *testing.T) {
	html := written(t, Input{Result: clip(), Words: in(t, "en"), Pictures: shown(clip()), Model: classifier()})
	if !strings.Contains(html, "default-src &#39;none&#39;") || strings.Contains(html, "<script") || strings.Count(html, "<link") != 1 {
		t.Error("the page may load something")
	}
	for _, m := range regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*"?([^"\s>)]*)`).FindAllStringSubmatch(html, -1) {
		if !strings.HasPrefix(m[1], "data:image/") {
			t.Errorf("it refers to %q", m[1])
		}
	}
	if strings.Contains(html, "&#") && strings.Contains(html, "&amp;#") {
		t.Error("something is escaped twice")
	}
}

// evil names try to become markup, to leave an attribute, and to change the direction of what follows.
var evil = []string{
	`"><script>alert(1)</script>`, `'onload='alert(1)`, "</style><script>alert(2)</script>", "\u202egnp.exe", "a\nb\r\x00\x1b[31m",
	"{{.Style}}", "</svg><img src=x onerror=alert(3)>", strings.Repeat("x", 10_000), "\xff\xfe", "javascript:alert(4)", "-rf",
}

func TestWhateverAResultHoldsIsShownAsText(t *testing.T) {
	for _, text := range evil {
		r := clip()
		r.Input.Path, r.Input.Codec, r.Input.Container, r.Outcome.Detail = "x/"+text, text, text, text
		r.Tool.Version, r.Runtime.Device, r.Models[0].Name, r.Models[1].Task = text, text, text, text
		r.Settings.Classifier, r.Settings.Aggregation = text, text
		r.Limits, r.Outcome.Reasons = []score.Limit{score.Limit(text)}, []score.Reason{score.Reason(text)}
		*r.Provenance = score.Provenance{C2PA: text, DeclaredSourceType: text, Software: []string{text}, Device: text}
		known := classifier()
		known.Card, known.Manifest.OperatingPoints[0].MeasuredOn = text, text
		inert(t, text, written(t, Input{Result: r, Words: in(t, "en"), NoClip: errors.New(text), Model: known}))
		var b bytes.Buffer
		entry := NewEntry(r)
		entry.Page = PageName(r)
		if err := Overview(t.Context(), &b, Batch{Words: in(t, "en"), Entries: []Entry{entry}}); err != nil {
			t.Fatal(err)
		}
		inert(t, text, strings.ReplaceAll(b.String(), batchScript, ""))
		if !regexp.MustCompile(`^[\w.-]{1,100}\.html$`).MatchString(entry.Page) || strings.HasPrefix(entry.Page, ".") {
			t.Errorf("%.30q: the page's name is %q", text, entry.Page)
		}
	}
}

func inert(t *testing.T, text, html string) {
	t.Helper()
	for _, bad := range []string{"<script>alert", "<img src=x", "'onload='", "\u202e", "\x1b", "\x00", "\xff", "\r", "href=\"javascript:"} {
		if strings.Contains(html, bad) {
			t.Errorf("%.30q: the page holds %q", text, bad)
		}
	}
	if n := strings.Count(html, "</style>"); n != 1 {
		t.Errorf("%.30q: %d ends of a style", text, n)
	}
}

func TestAResultMayBeNonsense(t *testing.T) {
	r := clip()
	r.Input.DurationMS = -5
	r.Tracks[0].FirstMS, r.Tracks[0].LastMS, r.Tracks[0].Score = 9_000_000_000_000_000, -4, 1e300
	r.Segments[0].EndMS = math.MaxInt64
	r.Timeline[3].TMS, r.Timeline[4].Faces[0].Score = -1, -7
	r.Quality.Sharpness = -3
	r.Outcome.Status = "brand new"
	written(t, Input{Result: r, Words: in(t, "en"), NoClip: fs.ErrNotExist})
	written(t, Input{Result: &score.Result{}, Words: in(t, "fr")})
}

func TestWriteHeedsItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, &bytes.Buffer{}, Input{Result: clip(), Words: in(t, "en")}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestTheSummaryNamesTheStrongestStretchesInOrderOfTime(t *testing.T) {
	r := clip()
	r.Segments = nil
	for i, p := range []float64{0.72, 0.99, 0.71, 0.98, 0.95, 0.97, 0.96} {
		r.Segments = append(r.Segments, score.Segment{Track: 1, StartMS: int64(i) * 10_000, EndMS: int64(i)*10_000 + 1000, Score: p})
	}
	m := maker{Input{}, r, in(t, "en")}
	want := "Look at: 0:10.0–0:11.0 (Face 1, 99%); 0:30.0–0:31.0 (Face 1, 98%); 0:40.0–0:41.0 (Face 1, 95%); 0:50.0–0:51.0 (Face 1, 97%); 1:00.0–1:01.0 (Face 1, 96%)\n"
	if text := m.summary(); !strings.Contains(text, want) {
		t.Errorf("no %s in:\n%s", want, text)
	}
}

func TestTheCommandRepeatsTheResult(t *testing.T) {
	for path, want := range map[string]string{
		"desk/it's an interview.mp4": `'desk/it'\''s an interview.mp4'`,
		"-rf.mp4":                    "./-rf.mp4",
		"-r f.mp4":                   "'./-r f.mp4'",
		"a\nb.mp4":                   "FILE",
		"\ufffd.mp4":                 "FILE",
		"":                           "FILE",
		"été.mp4":                    "été.mp4",
		"$(reboot).mp4":              "'$(reboot).mp4'",
	} {
		r := clip()
		r.Input.Path, r.Settings.MaxDurationMS = path, 90_000
		m := maker{Input{}, r, in(t, "en")}
		got, _ := m.command()
		if got != "blendscope scan --format json --timeline --fps 5 --max-faces 8 --max-duration 90000ms --detector face --classifier standard "+want {
			t.Errorf("%q: %s", path, got)
		}
	}
}
