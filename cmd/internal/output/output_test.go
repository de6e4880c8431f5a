package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/blendscope/blendscope/score"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// evil is a name that tries everything: a terminal escape, a forged row, a formula, a direction override, bad UTF-8 and
// a C1 control.
const evil = "=cmd|' /C calc'!A0\x1b[2J\n.   forged.mp4  1%\u202egpj.\u009b31m\xff"

func ptr[T any](v T) *T { return &v }

// base is what all results of the golden files share.
func base(path string) *score.Result {
	return &score.Result{
		Schema: score.SchemaID,
		Tool:   score.Tool{Name: "blendscope", Version: "1.2.3", Commit: "abc"},
		Models: []score.ModelRef{
			{Task: "face-detection", Name: "face", Version: "1", SHA256: strings.Repeat("a1", 32)},
			{Task: "forgery-classification", Name: "standard", Version: "2", SHA256: strings.Repeat("b2", 32)},
		},
		Runtime: score.Runtime{ProviderRequested: "auto", ProviderUsed: "cpu", Device: "A CPU", ONNXRuntime: "1.27.0", OpenCV: "4.6.0"},
		Settings: score.Settings{
			SampleFPS: 5, MaxFaces: 8, MaxDurationMS: 600000, Detector: "face@1", Classifier: "standard@2", Aggregation: "x/1",
			Thresholds: score.Thresholds{Moderate: 0.5, Strong: 0.7, VeryStrong: 0.9},
		},
		Input:    score.Input{Path: path, SHA256: strings.Repeat("c3", 32), Bytes: 12345},
		Outcome:  score.Outcome{Reasons: []score.Reason{}},
		Tracks:   []score.Track{},
		Segments: []score.Segment{},
		Limits:   []score.Limit{score.WholeImageSynthesis, score.OnlyFaces},
		Timing:   score.Timing{DecodeMS: 1, DetectMS: 2, ClassifyMS: 3, TotalMS: 4},
	}
}

func scored(path string, p float64, band score.Band) *score.Result {
	r := base(path)
	r.Input.Kind, r.Input.Container, r.Input.Codec = "video", "mp4", "h264"
	r.Input.Width, r.Input.Height, r.Input.FPS, r.Input.DurationMS = 1920, 1080, 29.97, 95000
	r.Input.FramesDecoded, r.Input.FramesScored = 2847, 475
	interval := [2]float64{max(0.01, p-0.08), min(0.99, p+0.06)}
	r.Outcome = score.Outcome{
		Status: score.Scored, Score: &p, Interval: &interval, Logit: ptr(8*p - 4), Band: band, Wording: "signs: " + string(band), Reasons: []score.Reason{},
	}
	r.Quality = score.Quality{UsableFaceShare: 0.9, MedianFacePx: 180.5, Sharpness: 0.7, Compression: 0.2}
	r.Tracks = []score.Track{{
		ID: 1, FirstMS: 0, LastMS: 95000, Faces: 430, Score: p, Interval: interval, MedianFacePx: 180.5,
		Evidence: []score.BestFrame{{TMS: 61000, Frame: 1828, Score: 0.98, Box: [4]float64{300, 120, 180, 200}}},
	}}
	return r
}

func unscored(path string, s score.Status, reason score.Reason, detail string) *score.Result {
	r := base(path)
	r.Outcome = score.Outcome{Status: s, Wording: "no verdict", Reasons: []score.Reason{reason}, Detail: detail}
	return r
}

// results are one of every kind.
func results() []*score.Result {
	fake := scored("clips/fake/id0_id3_0007.mp4", 0.934, score.VeryStrong)
	fake.Segments = []score.Segment{{Track: 1, StartMS: 60000, EndMS: 71500, Score: 0.96}, {Track: 1, StartMS: 80000, EndMS: 83000, Score: 0.91}, {Track: 2, StartMS: 70000, EndMS: 75000, Score: 0.8}}
	fake.Timeline = []score.Moment{{TMS: 61000, Frame: 1828, Faces: []score.MomentFace{{Track: 1, Box: [4]float64{10, 20.5, 180, 190}, Score: 0.98, Quality: 0.8}}}}
	fake.Provenance = &score.Provenance{
		C2PA: "present", DeclaredSourceType: "digitalCapture", Software: []string{"Lavf60.16.100", "=cmd()"}, Device: "Acme Eye 3", Created: "2024-05-17T10:11:12",
	}
	cut := scored("clips/a-very-long-folder-name/with/another-one/inside/interview-with-the-mayor.mp4", 0.22, score.Weak)
	cut.Input.Truncated, cut.Outcome.Reasons = true, []score.Reason{score.Truncated}
	cut.Input.ExaminedMS = 28400
	crowd := scored("photos/crowd.jpg", 0.41, score.Weak)
	crowd.Input.Kind, crowd.Outcome.Status, crowd.Outcome.Reasons = "image", score.Inconclusive, []score.Reason{score.FacesTooSmall}
	return []*score.Result{
		fake,
		scored("clips/strong.mp4", 0.78, score.Strong),
		scored("clips/moderate.mp4", 0.55, score.Moderate),
		cut,
		crowd,
		unscored("song.mp4", score.NotApplicable, score.NoVideo, ""),
		unscored("folder", score.NotApplicable, score.NotMedia, "no photo or video in this folder (by their extensions)"),
		unscored("notes.mp4", score.Failed, score.NotMedia, "notes.mp4: not a readable video or photo"),
		unscored("gone.mp4", score.Failed, score.NotFound, "no such file or directory"),
		unscored("odd.mp4", score.Failed, score.Internal, "something\nunheard of"),
		unscored(evil, score.Failed, "a_reason_of_tomorrow_that_is_longer_than_one_line", ""),
	}
}

func render(t *testing.T, o Options, list []*score.Result) string {
	t.Helper()
	for _, r := range list {
		o.Table.Names = append(o.Table.Names, r.Input.Path)
	}
	var b bytes.Buffer
	w, err := New(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	wide := Options{Format: Text, Table: TableOptions{Columns: 120, Color: true}}
	tests := map[string]struct {
		o    Options
		list []*score.Result
	}{
		"results.txt":   {Options{Format: Text}, results()},
		"color.txt":     {wide, results()},
		"results.json":  {Options{Format: JSON}, results()},
		"results.jsonl": {Options{Format: JSONL}, results()},
		"results.csv":   {Options{Format: CSV}, results()},
		"empty.txt":     {Options{Format: Text}, nil},
		"empty.json":    {Options{Format: JSON}, nil},
		"empty.csv":     {Options{Format: CSV}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := render(t, test.o, test.list)
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got; -update accepts):\n%s", file, diff)
			}
		})
	}
}

// Whatever a name holds, no byte of it reaches the output that a terminal would act on.
func TestNoFormatLetsControlCharactersThrough(t *testing.T) {
	list := []*score.Result{unscored(evil, score.Failed, "evil\x1b_reason", "detail "+evil)}
	for _, f := range Formats() {
		text := render(t, Options{Format: Format(f)}, list)
		for _, r := range text {
			if r != '\n' && hazardous(r) || r == '\uFFFD' && f == "csv" {
				t.Errorf("%s lets %U through", f, r)
			}
		}
	}
}

// poison puts a text into every field that holds one.
func poison(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		poison(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), text)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			poison(v.Index(0), text)
		}
	case reflect.String:
		v.SetString(text)
	}
}

// Kept results are files, and may be anybody's: no field of them gets through as a formula or an escape.
func TestNoFieldOfAStrangersResultDoesHarm(t *testing.T) {
	for _, text := range []string{evil, "=1+1", "@SUM(A1)", "+1", "-1+1", "\t=1", "\r=1", "\u200b=1"} {
		var r score.Result
		poison(reflect.ValueOf(&r).Elem(), text)
		rows, err := csv.NewReader(strings.NewReader(render(t, Options{Format: CSV}, []*score.Result{&r}))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %d rows, %v", text, len(rows), err)
		}
		for i, value := range rows[1] {
			if strings.ContainsAny(value[:min(1, len(value))], "=+-@\t\r|%") {
				t.Errorf("%q: column %s is %q", text, rows[0][i], value)
			}
		}
		for _, f := range Formats() {
			for _, c := range render(t, Options{Format: Format(f)}, []*score.Result{&r}) {
				if c != '\n' && hazardous(c) {
					t.Errorf("%q: %s lets %U through", text, f, c)
				}
			}
		}
	}
}

func TestRowsCannotBeForged(t *testing.T) {
	list := []*score.Result{unscored(evil, score.Failed, score.NotMedia, evil)}
	if n := strings.Count(render(t, Options{Format: JSONL}, list), "\n"); n != 1 {
		t.Errorf("jsonl has %d lines, want 1", n)
	}
	if n := strings.Count(render(t, Options{Format: CSV}, list), "\n"); n != 2 {
		t.Errorf("csv has %d lines, want 2", n)
	}
	for line := range strings.Lines(render(t, Options{Format: Text}, list)) {
		if strings.HasPrefix(line, ".") {
			t.Errorf("forged row: %q", line)
		}
	}
}

func TestJSONKeepsTheName(t *testing.T) {
	name := strings.ToValidUTF8(evil, "\uFFFD")
	var got score.Result
	if err := json.Unmarshal([]byte(render(t, Options{Format: JSONL}, []*score.Result{base(name)})), &got); err != nil {
		t.Fatal(err)
	}
	if got.Input.Path != name {
		t.Errorf("path %q, want %q", got.Input.Path, name)
	}
	astral := "tag \U000E0041 \u00ad"
	if err := json.Unmarshal(EscapeJSON([]byte(`"`+astral+`"`)), &name); err != nil || name != astral {
		t.Errorf("%q, %v, want %q", name, err, astral)
	}
}

func TestCSVCells(t *testing.T) {
	tests := map[string]string{
		"plain.mp4": "plain.mp4", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "  =1": "'  =1", "＝1": "'＝1",
		"\t=1": `\t=1`, "": "", "a=b": "a=b",
	}
	for in, want := range tests {
		if got := cell(in); got != want {
			t.Errorf("cell(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCSVIsRectangular(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(render(t, Options{Format: CSV}, results()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(results())+1 || len(rows[0]) != len(columns()) {
		t.Errorf("%d rows of %d cells", len(rows), len(rows[0]))
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	list := append(results(), scored("新聞/長い名前の動画ファイル-"+strings.Repeat("映像", 30)+".mp4", 0.5, score.Moderate))
	for _, columns := range []int{60, 80, 100, 200} {
		for line := range strings.Lines(render(t, Options{Format: Text, Table: TableOptions{Columns: columns}}, list)) {
			if n := columnsOf(strings.TrimRight(line, "\n")); n > columns {
				t.Errorf("%d columns: a line takes %d: %q", columns, n, line)
			}
		}
	}
}

func TestTableNeverClaimsAuthenticity(t *testing.T) {
	text := strings.ToLower(render(t, Options{Format: Text}, results()))
	for _, word := range []string{"genuine", "is real", "is authentic ", "clean", "no manipulation", "100%", " 0%"} {
		if strings.Contains(text, word) {
			t.Errorf("the table says %q", word)
		}
	}
	if !strings.Contains(strings.Join(strings.Fields(text), " "), "does not prove that a file is authentic") {
		t.Error("the caveat is missing")
	}
}

func TestCommonFolder(t *testing.T) {
	tests := []struct {
		names []string
		want  string
	}{
		{nil, ""},
		{[]string{"a/b.mp4"}, ""},
		{[]string{"a/b.mp4", "a/c.mp4"}, "a/"},
		{[]string{"/x/clips/fake/b.mp4", "/x/clips/real/c.mp4", "/x/clips/d.mp4"}, "/x/clips/"},
		{[]string{"ab/c.mp4", "ac/c.mp4"}, ""},
		{[]string{"/a", "/b"}, "/"},
		{[]string{"a/", "a/b.mp4"}, ""},
		{[]string{"a/b.mp4", ""}, ""},
	}
	for _, test := range tests {
		if got := commonFolder(test.names); got != test.want {
			t.Errorf("commonFolder(%q) = %q, want %q", test.names, got, test.want)
		}
	}
}

func TestFolderIsNamedOnce(t *testing.T) {
	dir := "/home/somebody/archive/of/the/year/"
	list := []*score.Result{scored(dir+"interview-a.mp4", 0.2, score.Weak), scored(dir+"interview-b.mp4", 0.2, score.Weak)}
	text := render(t, Options{Format: Text}, list)
	if !strings.HasPrefix(text, "in "+dir+"\n") || strings.Count(text, dir) != 1 || !strings.Contains(text, "\n.   interview-b.mp4 ") {
		t.Errorf("table:\n%s", text)
	}
}

func TestShorten(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 10, "short"},
		{"abcdefghij", 10, "abcdefghij"},
		{"abcdefghijk", 10, "abc…fghijk"},
		{"映像映像映像", 7, "映…映像"},
		{"abc", 1, "…"},
		{"abc", 0, ""},
	}
	for _, test := range tests {
		if got := Shorten(test.in, test.limit); got != test.want || columnsOf(got) > test.limit {
			t.Errorf("Shorten(%q, %d) = %q, want %q", test.in, test.limit, got, test.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	tests := map[string]string{
		"plain é 映": "plain é 映", "a\nb": `a\nb`, "\x1b[31m": `\x1b[31m`, "\u202e": `\u202e`, "\xff": `\xff`, "\u009b": `\u009b`,
		"\u2028": `\u2028`, "\ufeff": `\ufeff`, "\r\t\x7f": `\r\t\x7f`, "\U000E0041": `\U000e0041`,
	}
	for in, want := range tests {
		if got := Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestHowMuchWasExamined(t *testing.T) {
	said := Saying(score.Truncated)
	for _, test := range []struct {
		examined, all int64
		want          string
	}{
		{2000, 4000, said + ": 0:02 of 0:04"},
		{3600, 4000, said + ": 0:03 of 0:04"}, // not 0:04 of 0:04
		{3200, 3400, said},
		{0, 4000, said},
		{4000, 4000, said},
	} {
		if got := Explained(score.Truncated, score.Input{ExaminedMS: test.examined, DurationMS: test.all}); got != test.want {
			t.Errorf("%d of %d ms: %q, want %q", test.examined, test.all, got, test.want)
		}
	}
}

func TestDeclared(t *testing.T) {
	for _, c := range []struct {
		p    *score.Provenance
		want string
	}{
		{nil, ""},
		{&score.Provenance{C2PA: "absent", Software: []string{"Lavf"}}, ""},
		{&score.Provenance{C2PA: "present"}, "the file carries a C2PA manifest (not verified)"},
		{&score.Provenance{C2PA: "present", DeclaredSourceType: "a\nb"}, `the file declares its source as a\nb (not verified)`},
	} {
		if got := declared(c.p); got != c.want {
			t.Errorf("%+v: %q, want %q", c.p, got, c.want)
		}
	}
}
