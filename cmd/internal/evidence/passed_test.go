package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestHolds(t *testing.T) {
	w := newWorld(t, "a.mp4")
	made, err := w.Make(t.Context(), w.file, w.result)
	if err != nil {
		t.Fatal(err)
	}
	if !Holds(made) {
		t.Errorf("%s is none", made)
	}
	manifest := func(text string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, ManifestFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	named := func(name string) string { return filepath.Join(t.TempDir(), name) }
	for folder, want := range map[string]bool{
		manifest("{\n  \"schema\": \"blendscope.evidence/9\""): true, // of a later version, and cut off
		manifest(`{"schema": "blendscope.model/1"}`):           false,
		manifest(`{"name": "an extension of a browser"}`):      false,
		manifest(""): false,
		manifest(strings.Repeat(" ", 1000) + `"schema": "blendscope.evidence/1"`): false, // is not read so far
		t.TempDir():                false,
		named("gone"):              false,
		named(draftName(4711, 0)):  true,
		named(".unfinished-film"):  false,
		named(".unfinished-1-2-3"): false,
		named("unfinished-1-2"):    false,
	} {
		if got := Holds(folder); got != want {
			t.Errorf("%s: %t", folder, got)
		}
	}
}

// Who leaves a pipe of that name in a folder does not hold up the walk, nor does a folder of that name.
func TestHoldsOpensFilesOnly(t *testing.T) {
	pipe, folder := t.TempDir(), t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(pipe, ManifestFile), 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	if err := os.Mkdir(filepath.Join(folder, ManifestFile), 0o700); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() { done <- Holds(pipe) || Holds(folder) }()
	select {
	case held := <-done:
		if held {
			t.Error("taken for evidence")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the pipe was opened")
	}
}

func TestPassed(t *testing.T) {
	var p Passed
	if p.Skip(t.TempDir()) || p.Note() != "" {
		t.Errorf("nothing was passed over: %q", p.Note())
	}
	for _, folder := range []string{"in/" + draftName(1, 2) + "/", "in/" + draftName(1, 3)} {
		if !p.Skip(folder) {
			t.Errorf("%s is entered", folder)
		}
	}
	if want := "folders of evidence passed over: 2, the first is in/.unfinished-1-2/; to score one, name it"; p.Note() != want {
		t.Errorf("%q, want %q", p.Note(), want)
	}
}
