package store

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

func TestSpool(t *testing.T) {
	for name, folder := range map[string]string{"on disk": t.TempDir(), "in memory": filepath.Join(t.TempDir(), "none")} {
		t.Setenv("TMPDIR", folder)
		var s Spool
		a, b := row("a", "a"), row("b\n\u202e", "b")
		getA, getB := s.Park(a), s.Park(b)
		for _, want := range []string{"b\n\u202e", "a"} {
			get := getA
			if want != "a" {
				get = getB
			}
			got, err := get()
			if err != nil || got.Input.Path != want {
				t.Fatalf("%s: %+v, %v", name, got, err)
			}
			one, _ := json.Marshal(got)
			other, _ := json.Marshal(map[string]any{"a": a, "b\n\u202e": b}[want])
			if string(one) != string(other) {
				t.Errorf("%s: %s, want %s", name, one, other)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
