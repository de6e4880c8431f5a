package evaluation

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/score"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// result is what the tool might say about a file.
func result(path string, p float64) *score.Result {
	r := &score.Result{
		Schema:  score.SchemaID,
		Tool:    score.Tool{Name: "blendscope", Version: "1.2.3", Commit: "abc"},
		Runtime: score.Runtime{ProviderRequested: "auto", ProviderUsed: "cpu", Device: "a <fast> processor", ONNXRuntime: "1.2", OpenCV: "4.6"},
		Models:  []score.ModelRef{{Task: "forgery-classification", Name: "test", Version: "1", SHA256: strings.Repeat("b2", 32)}},
		Settings: score.Settings{
			SampleFPS: 5, Detector: "face@1", Classifier: "test@1", Aggregation: "tracks/1",
			Thresholds: score.Thresholds{Moderate: 0.5, Strong: 0.7, VeryStrong: 0.9},
		},
		Input:   score.Input{Path: path},
		Outcome: score.Outcome{Status: score.Scored, Wording: "so it is", Reasons: []score.Reason{}},
	}
	p = min(max(math.Round(p*1000)/1000, 0.01), 0.99)
	logit, interval := math.Log(p/(1-p))/2, [2]float64{max(0.01, p-0.1), min(0.99, p+0.1)}
	r.Outcome.Score, r.Outcome.Logit, r.Outcome.Interval = &p, &logit, &interval
	switch {
	case p >= 0.9:
		r.Outcome.Band = score.VeryStrong
	case p >= 0.7:
		r.Outcome.Band = score.Strong
	case p >= 0.5:
		r.Outcome.Band = score.Moderate
	default:
		r.Outcome.Band = score.Weak
	}
	return r
}

func unscored(path string, status score.Status, reason score.Reason) *score.Result {
	r := result(path, 0.5)
	r.Outcome = score.Outcome{Status: status, Wording: "no verdict", Reasons: []score.Reason{reason}}
	return r
}

// evil is what a hostile file might be called.
const evil = "</title><script>alert(1)</script>\"'&\n\x1b[31m\u202egpj.mp4"

// cases are a set with everything in it: an easy method, a hard one, one with a single clip, groups of clips of one
// person, files without a score and a hostile name.
func cases() []Case {
	random := rand.New(rand.NewPCG(3, 3))
	chance := func(logit float64) float64 { return 1 / (1 + math.Exp(-logit-1.2*random.NormFloat64())) }
	var list []Case
	add := func(path, method, group string, r *score.Result) {
		list = append(list, Case{Label{len(list) + 2, path, method != "", method, group, nil}, r})
	}
	for i := range 24 {
		path := fmt.Sprintf("clips/real/%02d.mp4", i)
		add(path, "", fmt.Sprint("person ", i/2), result(path, chance(-1.5)))
	}
	for i := range 12 {
		path := fmt.Sprintf("clips/swap/%02d.mp4", i)
		add(path, "face swap", fmt.Sprint("person ", i), result(path, chance(2)))
	}
	for i := range 6 {
		path := fmt.Sprintf("clips/lips/%02d.mp4", i)
		add(path, "lip sync: a method with a very long name (2021)", path, result(path, chance(-1)))
	}
	add("clips/"+evil, "=cmd|' /C calc'!A0", "evil", result(evil, 0.02))
	add("clips/dark.mp4", "face swap", "dark", unscored("clips/dark.mp4", score.Inconclusive, score.LowQuality))
	add("clips/cat.mp4", "", "cat", unscored("clips/cat.mp4", score.NotApplicable, score.NoFace))
	add("clips/gone.mp4", "none left", "gone", unscored("clips/gone.mp4", score.Failed, score.NotFound))
	return list
}

func report(fit bool) *Report {
	o := Defaults()
	o.Draws, o.Fit, o.Tool = 200, fit, score.Tool{Name: "blendscope", Version: "1.2.4", Commit: "def"}
	return Evaluate(cases(), Source{Path: "clips/labels.tsv", SHA256: strings.Repeat("c3", 32), Repeated: 2}, o)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = "testdata/" + name
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test -update writes it anew. Got:\n%s", name, got)
	}
}

func TestText(t *testing.T) {
	for _, columns := range []int{0, 80} {
		var b bytes.Buffer
		if err := report(true).Text(&b, TextOptions{Columns: columns}); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("report-%d.txt", columns), b.Bytes())
		for line := range strings.Lines(b.String()) {
			if n := columnsOf(strings.TrimSuffix(line, "\n")); n > 100 || columns == 80 && n > 80 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	data, err := report(true).JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", data)
	if i := strings.IndexFunc(string(data), func(r rune) bool { return r < ' ' && r != '\n' || r == '\u202e' }); i >= 0 {
		t.Errorf("unescaped: %q", data[i:i+10])
	}
	var back struct{ Rows []struct{ Path string } }
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if got := back.Rows[42].Path; got != "clips/"+evil {
		t.Errorf("the name came back as %q", got)
	}
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	if err := report(true).HTML(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.html", b.Bytes())
	for _, hostile := range []string{"<script", "alert(1)</", "\x1b", "\u202e", "http://", "https://", "url(", "src=", "ZgotmplZ"} {
		if strings.Contains(b.String(), hostile) {
			t.Errorf("the page holds %q", hostile)
		}
	}
}

func TestSameCasesSameBytes(t *testing.T) {
	a, _ := report(true).JSON()
	b, _ := report(true).JSON()
	if !bytes.Equal(a, b) {
		t.Error("two runs differ")
	}
}

// Ten genuine minutes with two segments; three labelled stretches of which one is missed.
func TestSegments(t *testing.T) {
	var list []Case
	add := func(fake bool, stretch *Stretch, found ...score.Segment) {
		r := result("x", 0.6)
		r.Input.DurationMS, r.Segments = 120_000, found
		list = append(list, Case{Label{Fake: fake, Group: fmt.Sprint(len(list)), Stretch: stretch}, r})
	}
	at := func(from, to int64) score.Segment { return score.Segment{StartMS: from, EndMS: to} }
	add(false, nil, at(0, 5), at(7, 9))
	for range 4 {
		add(false, nil)
	}
	add(true, &Stretch{1000, 3000}, at(1000, 3000), at(5000, 6000))
	add(true, &Stretch{1000, 3000}, at(2000, 4000), at(2500, 3000))
	add(true, &Stretch{1000, 3000}, at(3000, 4000))
	add(true, nil, at(3000, 4000))
	o := Defaults()
	s := Evaluate(list, Source{}, o).Segments
	if s.GenuineMinutes != 10 || s.False != 2 || math.Abs(float64(s.FalseRate.Value)-0.2) > 1e-9 || !(s.FalseRate.High > 0.2) {
		t.Errorf("on genuine files: %+v", s)
	}
	if s.Labelled != 3 || s.Found != 2 || math.Abs(float64(s.Overlap.Value)-(1+1.0/3)/2) > 1e-9 {
		t.Errorf("on fakes: %+v", s)
	}
	want := "On 10.0 genuine minutes 2 segments are listed, 0.20 a minute (.00-.72). Of the 3 stretches that are labelled segments find 2, with a median overlap (intersection over union) of 0.67."
	if got := s.sentence(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFigures(t *testing.T) {
	r := report(true)
	if r.Files != (Counts{Total: 46, Groups: 22, Scored: 43, Inconclusive: 1, NotApplicable: 1, Errors: 1}) {
		t.Errorf("counts %+v", r.Files)
	}
	if got, want := float64(r.Coverage.Value), 43.0/46; math.Abs(got-want) > 1e-12 {
		t.Errorf("coverage %v, want %v", got, want)
	}
	by := map[string]Figures{}
	for _, f := range r.Methods {
		by[f.Method] = f
		for name, e := range map[string]Estimate{"auc": f.AUC, "eer": f.EER, "tpr1": f.TPR1, "tpr5": f.TPR5, "ece": f.ECE, "cllr": f.Cllr} {
			if !bad(e.Low) && !(e.Low <= e.Value && e.Value <= e.High) {
				t.Errorf("%s of %s: %+v", name, f.Method, e)
			}
		}
	}
	if len(by) != 4 || by["face swap"].AUC.Value < 0.9 || by["face swap"].Files.Total != 13 {
		t.Errorf("face swap: %+v", by["face swap"])
	}
	if one := by["=cmd|' /C calc'!A0"]; one.AUC.High-one.AUC.Low < 0.4 || !bad(one.Cllr.Low) || bad(one.Cllr.Value) {
		t.Errorf("one clip cannot say so much: %+v", one)
	}
	if none := by["none left"]; none.Files.Errors != 1 || !bad(none.AUC.Value) || none.Coverage.Value != 0 || none.Coverage.High < 0.5 {
		t.Errorf("a method without a scored clip: %+v", none)
	}
	if r.Fit == nil || r.Fit.A <= 0 || r.Fit.Files != 43 || bad(r.Fit.After) {
		t.Errorf("fit %+v", r.Fit)
	}
	if len(r.Worst.Fake) == 0 || *r.Worst.Fake[0].Score > 0.05 || r.Worst.Fake[0].Path != "clips/"+evil {
		t.Errorf("worst %+v", r.Worst.Fake)
	}
	var genuine, fake int
	for _, b := range r.Reliability {
		genuine, fake = genuine+b.Genuine, fake+b.Fake
	}
	if genuine != r.Genuine.Files.Scored || fake != r.Overall.Files.Scored {
		t.Errorf("bins hold %d and %d", genuine, fake)
	}
}

// A fit is worth what scores by it would be: they stay within the bounds, however far off a single clip is.
func TestTheFitStaysWithinTheBounds(t *testing.T) {
	list := cases()
	far := list[24].Result.Outcome // a face swap
	*far.Logit = -1000
	o := Defaults()
	o.Draws, o.Fit = 20, true
	if fit := Evaluate(list, Source{}, o).Fit; bad(fit.After) || fit.After > 2 {
		t.Errorf("one clip in 43 makes it %v", fit.After)
	}
}

// Whatever is missing, there is a report.
func TestLittleToMeasure(t *testing.T) {
	all := cases()
	for name, some := range map[string][]Case{"genuine only": all[:5], "fakes only": all[30:34], "one file": all[:1], "nothing scored": all[43:]} {
		o := Defaults()
		o.Draws, o.Fit = 20, true
		r := Evaluate(some, Source{}, o)
		if !bad(r.Overall.AUC.Value) || !bad(r.Fit.A) || len(r.ROC) != 0 {
			t.Errorf("%s: %+v", name, r.Overall)
		}
		var b bytes.Buffer
		_, err := r.JSON()
		if err := errors.Join(err, r.Text(&b, TextOptions{}), r.HTML(&b)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := b.String(); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("%s: not for people: %s", name, s)
		}
	}
}
