package evaluation

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// clip writes a file and makes its result.
func clip(t *testing.T, name, text string) *score.Result {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := result(name, 0.6)
	var err error
	if r.Input.SHA256, r.Input.Bytes, err = hash.File(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	return r
}

func open(t *testing.T, name string) *Store {
	t.Helper()
	s, err := OpenStore(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStoreGoesOn(t *testing.T) {
	dir := t.TempDir()
	name, a, b := filepath.Join(dir, "s.jsonl"), filepath.Join(dir, "a"), filepath.Join(dir, "b\n\xff")
	first := open(t, name)
	ra, rb := clip(t, a, "one"), clip(t, b, "two")
	rb.Input.Path = strings.ToValidUTF8(b, "\uFFFD")
	for _, r := range []*score.Result{ra, rb, failedClip(t, filepath.Join(dir, "c"))} {
		if err := first.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, name)
	if s.Find(t.Context(), a) == nil || s.Find(t.Context(), b) == nil {
		t.Error("stored results were not found")
	}
	if s.Find(t.Context(), filepath.Join(dir, "c")) != nil {
		t.Error("an error must be tried again")
	}
	clip(t, a, "two") // as many bytes, others
	if s.Find(t.Context(), a) != nil {
		t.Error("the file has changed; its result must not be found")
	}
	about := engine.About{Models: ra.Models, Settings: ra.Settings}
	if err := s.Check(about); err != nil {
		t.Error(err)
	}
	about.Settings.SampleFPS = 7
	if err := s.Check(about); !errors.Is(err, ErrOtherSettings) {
		t.Errorf("other settings: %v", err)
	}
	about = engine.About{Models: []score.ModelRef{{Name: "other"}}, Settings: ra.Settings}
	if err := s.Check(about); !errors.Is(err, ErrOtherSettings) || !strings.Contains(err.Error(), "test@1 (b2b2b2b2)") {
		t.Errorf("other models: %v", err)
	}
}

// A calibration that was changed while weights and version stayed: old scores must not pass for new ones.
func TestStoreNoticesAnotherCalibration(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "s.jsonl")
	s := open(t, name)
	if err := errors.Join(s.Add(clip(t, filepath.Join(dir, "a"), "one")), s.Add(failedClip(t, filepath.Join(dir, "b")))); err != nil {
		t.Fatal(err)
	}
	s = open(t, name)
	c := model.Calibration{Method: "platt", A: 2} // of the results in these tests
	if err := s.CheckCalibration(c); err != nil {
		t.Error(err)
	}
	c.B = 0.05
	if err := s.CheckCalibration(c); !errors.Is(err, ErrOtherSettings) {
		t.Errorf("err = %v", err)
	}
}

func failedClip(t *testing.T, name string) *score.Result {
	r := clip(t, name, "three")
	r.Outcome = score.Outcome{Status: score.Failed, Reasons: []score.Reason{score.TimedOut}}
	return r
}

// A line that a power cut left unfinished is taken away; one that only lacks its end is kept.
func TestStoreMendsItsEnd(t *testing.T) {
	dir := t.TempDir()
	name, a, b := filepath.Join(dir, "s.jsonl"), filepath.Join(dir, "a"), filepath.Join(dir, "b")
	ra, rb := clip(t, a, "one"), clip(t, b, "two")
	s := open(t, name)
	if err := errors.Join(s.Add(ra), s.Add(rb)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(whole)/2; cut += 7 {
		if err := os.WriteFile(name, whole[:len(whole)-cut], 0o644); err != nil {
			t.Fatal(err)
		}
		s := open(t, name)
		if s.Torn != (cut > 1) || s.Find(t.Context(), a) == nil || (s.Find(t.Context(), b) != nil) != (cut == 1) {
			t.Fatalf("cut %d: torn %v", cut, s.Torn)
		}
		if err := s.Add(rb); err != nil {
			t.Fatal(err)
		}
		if again := open(t, name); again.Torn || again.Find(t.Context(), b) == nil {
			t.Fatalf("cut %d: the next line did not stand by itself", cut)
		}
	}
}

func TestStoreRefusesOtherFiles(t *testing.T) {
	for name, text := range map[string]string{
		"notes":      "remember the milk",
		"other json": "{\"schema\":\"other/1\"}\n",
		"array":      "[\n{}\n]\n",
		"mixed": `{"schema":"blendscope.result/1","settings":{"sample_fps":5}}` + "\n" +
			`{"schema":"blendscope.result/1","settings":{"sample_fps":6}}` + "\n",
	} {
		file := filepath.Join(t.TempDir(), "s.jsonl")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenStore(file); err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
		if kept, _ := os.ReadFile(file); string(kept) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := OpenStore("/dev/null"); err == nil {
		t.Error("a device is no store")
	}
}
