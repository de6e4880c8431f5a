package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// row is a result of a file whose bytes are known by one letter.
func row(path, sum string) *score.Result {
	p, logit, interval := 0.6225, 0.25, [2]float64{0.5, 0.7} // by a calibration with a = 2
	return &score.Result{
		Schema:   score.SchemaID,
		Models:   []score.ModelRef{{Task: "forgery-classification", Name: "test", Version: "1", SHA256: strings.Repeat("b2", 32)}},
		Settings: score.Settings{SampleFPS: 5},
		Input:    score.Input{Path: path, SHA256: strings.Repeat(sum, 64)},
		Outcome:  score.Outcome{Status: score.Scored, Score: &p, Logit: &logit, Interval: &interval, Band: score.Moderate, Reasons: []score.Reason{}},
	}
}

func failed(path, sum string, reason score.Reason) *score.Result {
	r := row(path, sum)
	r.Outcome = score.Outcome{Status: score.Failed, Reasons: []score.Reason{reason}}
	return r
}

// open gives a store that is closed with the test; closing it before is no mistake.
func open(t *testing.T, name string, o Options) *Store {
	t.Helper()
	s, err := Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// file is a store with these rows.
func file(t *testing.T, rows ...*score.Result) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "store.jsonl")
	s := open(t, name, Options{})
	for _, r := range rows {
		if err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// found is the path of the row for some bytes, empty when there is none.
func found(t *testing.T, s *Store, sum string) string {
	t.Helper()
	r, err := s.Find(strings.Repeat(sum, 64))
	if err != nil {
		t.Fatal(err)
	}
	if r == nil {
		return ""
	}
	return r.Input.Path
}

func TestFindGoesByBytes(t *testing.T) {
	gone := failed("gone", "a", score.NotFound)
	gone.Input.SHA256 = ""
	name := file(t, row("one", "a"), row("two\n\uFFFD", "b"), failed("broken", "c", score.Crashed), gone, row("one again", "a"))
	for o, broken := range map[Options]string{{}: "broken", {RetryErrors: true}: ""} {
		s := open(t, name, o)
		for sum, want := range map[string]string{"a": "one again", "b": "two\n\uFFFD", "c": broken, "d": ""} {
			if got := found(t, s, sum); got != want {
				t.Errorf("%+v: bytes %s: %q, want %q", o, sum, got, want)
			}
		}
		if r, err := s.Find(""); r != nil || err != nil {
			t.Errorf("unknown bytes: %v, %v", r, err)
		}
		if s.Rows() != 5 || s.Torn {
			t.Errorf("%d rows, torn %t", s.Rows(), s.Torn)
		}
		s.Close()
	}
}

func TestHolds(t *testing.T) {
	s := open(t, file(t, row("a", "a"), row("b", "b"), row("a", "c")), Options{})
	for _, test := range []struct {
		r    *score.Result
		want bool
	}{
		{row("a", "c"), true},
		{row("a", "a"), false}, // its bytes are others by now
		{row("c", "c"), false}, // a copy by another name has a row of its own
		{failed("b", "b", score.TimedOut), false},
	} {
		if got := s.Holds(test.r); got != test.want {
			t.Errorf("%s %.1s: %t", test.r.Input.Path, test.r.Input.SHA256, got)
		}
	}
}

// Names that are no text read the same where U+FFFD stands for what cannot be spelled; their files are not the same.
func TestNamesThatReadTheSame(t *testing.T) {
	name := file(t, row("\uFFFD.jpg", "a"), row("\uFFFD.jpg", "b"))
	s := open(t, name, Options{})
	for _, sum := range []string{"a", "b"} {
		if !s.Holds(row("\uFFFD.jpg", sum)) {
			t.Errorf("the row of %s is not held", sum)
		}
	}
	rows := 0
	if err := Read(name, func(*score.Result) error { rows++; return nil }); err != nil || rows != 2 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestTimelineIsWantedOrNot(t *testing.T) {
	with := row("with", "a")
	with.Timeline = []score.Moment{{TMS: 40, Faces: []score.MomentFace{}}}
	name := file(t, with, row("without", "b"))
	s := open(t, name, Options{})
	if r, _ := s.Find(with.Input.SHA256); r == nil || r.Timeline != nil {
		t.Errorf("not wanted: %+v", r)
	}
	s.Close()
	s = open(t, name, Options{Timeline: true})
	if r, _ := s.Find(with.Input.SHA256); r == nil || len(r.Timeline) != 1 {
		t.Errorf("wanted: %+v", r)
	}
	if got := found(t, s, "b"); got != "" {
		t.Error("a row without its timeline was found")
	}
}

func TestCheck(t *testing.T) {
	r := row("a", "a")
	s := open(t, file(t, r, failed("b", "b", score.NotMedia)), Options{})
	if err := s.Check(r.Models, r.Settings); err != nil {
		t.Error(err)
	}
	if err := s.Check(r.Models, score.Settings{SampleFPS: 7}); !errors.Is(err, ErrOtherSettings) {
		t.Errorf("other settings: %v", err)
	}
	if err := s.Check([]score.ModelRef{{Name: "other"}}, r.Settings); !errors.Is(err, ErrOtherSettings) || !strings.Contains(err.Error(), "test@1 (b2b2b2b2)") {
		t.Errorf("other models: %v", err)
	}
	// A calibration that was changed while weights and version stayed: old scores must not pass for new ones.
	c := model.Calibration{Method: "platt", A: 2}
	if err := s.CheckCalibration(c); err != nil {
		t.Error(err)
	}
	c.B = 0.05
	if err := s.CheckCalibration(c); !errors.Is(err, ErrOtherSettings) {
		t.Errorf("another calibration: %v", err)
	}
}

// What a calibration is surer of than a score may claim is stored as the bound.
func TestCheckCalibrationKnowsTheBounds(t *testing.T) {
	r := row("a", "a")
	*r.Outcome.Score, *r.Outcome.Logit = score.HighestScore, 20
	s := open(t, file(t, r), Options{})
	if err := s.CheckCalibration(model.Calibration{Method: "platt", A: 2}); err != nil {
		t.Error(err)
	}
}

// A line that a power cut left unfinished is taken away, also where the file system filled it up with NUL bytes; one
// that only lacks its end is kept.
func TestTheEndIsMended(t *testing.T) {
	name := file(t, row("a", "a"), row("b", "b"))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	half := bytes.IndexByte(whole, '\n') + 1
	for size := half; size < len(whole); size++ {
		if size%9 != 0 && size < len(whole)-2 {
			continue // not each of them: every row goes to the disk
		}
		for _, zeros := range []int{0, 5} {
			last := size == len(whole)-1 && zeros == 0
			if err := os.WriteFile(name, append(bytes.Clone(whole[:size]), make([]byte, zeros)...), 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, name, Options{})
			if want := (size > half || zeros > 0) && !last; s.Torn != want || found(t, s, "a") != "a" || (found(t, s, "b") == "b") != last {
				t.Fatalf("%d bytes and %d zeros: torn %t", size, zeros, s.Torn)
			}
			if err := errors.Join(s.Add(row("b", "b")), s.Close()); err != nil {
				t.Fatal(err)
			}
			if now, _ := os.ReadFile(name); !last && !bytes.Equal(now, whole) {
				t.Fatalf("%d bytes and %d zeros: the file is another one:\n%s", size, zeros, now)
			}
		}
	}
}

func TestOtherFilesAreRefusedAndLeftAlone(t *testing.T) {
	for text, want := range map[string]error{
		"remember the milk":          ErrNotResults,
		"{\"schema\":\"other/1\"}\n": ErrNotResults,
		"[\n{}\n]\n":                 ErrNotResults,
		"\x00\x01\x02":               ErrNotResults,
		"{\"schema\":\"blendscope.result/2\",\"models\":7}\n": ErrNewer,
		`{"schema":"blendscope.result/2"}`:                    ErrNewer,
		`{"schema":"blendscope.result/1","settings":{"sample_fps":5}}` + "\n" +
			`{"schema":"blendscope.result/1","settings":{"sample_fps":6}}` + "\n": ErrOtherSettings,
		`{"schema":"blendscope.result/1"}` + "\n" + `{"schema":"blend` + "\n" + `{"schema":"blendscope.result/1"}` + "\n": ErrNotResults,
	} {
		name := filepath.Join(t.TempDir(), "s.jsonl")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(name, Options{}); !errors.Is(err, want) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: %v", text, err)
		}
		if kept, _ := os.ReadFile(name); string(kept) != text {
			t.Errorf("%q was changed", text)
		}
	}
	if _, err := Open(os.DevNull, Options{}); err == nil {
		t.Error("a device is no store")
	}
}

func TestOnlyOneUsesAStore(t *testing.T) {
	name := file(t, row("a", "a"))
	s := open(t, name, Options{})
	if _, err := Open(name, Options{}); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), name) {
		t.Errorf("err = %v", err)
	}
	s.Close()
	open(t, name, Options{})
}

func TestTemporaryLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := Temporary(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Add(row("a", "a")); err != nil || found(t, s, "a") != "a" {
		t.Errorf("not kept: %v", err)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestReadGivesTheLastRowOfEachPath(t *testing.T) {
	name := file(t, row("a", "a"), failed("b", "b", score.TimedOut), row("c", "c"), row("b", "b"))
	s := open(t, name, Options{}) // a run that is using it does not matter
	if _, err := s.file.WriteString(`{"schema":"blend`); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := Read(name, func(r *score.Result) error {
		got = append(got, r.Input.Path+" "+string(r.Outcome.Status))
		return nil
	})
	if want := "a scored, c scored, b scored"; err != nil || strings.Join(got, ", ") != want {
		t.Errorf("%v, %v", got, err)
	}
	other := file(t, row("d", "d"), row("a", "e"))
	got = nil
	err = ReadAll([]string{name, other}, func(r *score.Result) error { got = append(got, r.Input.Path+r.Input.SHA256[:1]); return nil })
	if want := "cc bb dd ae"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("two stores: %v, %v", got, err)
	}
	full := errors.New("disk full")
	if err := Read(name, func(*score.Result) error { return full }); !errors.Is(err, full) {
		t.Errorf("err = %v", err)
	}
}
