package evidence

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/exhibit"
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

// Who leaves a pipe of such a name in a folder does not hold up the walk, nor does a folder of that name.
func TestOnlyFilesAreOpened(t *testing.T) {
	pipe, folder := t.TempDir(), t.TempDir()
	for _, name := range []string{ManifestFile, "a.png"} {
		if err := syscall.Mkfifo(filepath.Join(pipe, name), 0o600); err != nil {
			t.Skip("no named pipes here:", err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, ManifestFile), 0o700); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() { done <- Holds(pipe) || Holds(folder) || isView(filepath.Join(pipe, "a.png")) }()
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
	dir := t.TempDir()
	var plain, view bytes.Buffer
	if err := errors.Join(encode(&plain, image.NewGray(image.Rect(0, 0, 8, 8))), encode(exhibit.Declare(&view), image.NewGray(image.Rect(0, 0, 8, 8)))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain.png": plain.String(), "cut.png": view.String()[:60], "empty.png": "", "view.mp4": view.String(),
		"view.PNG": view.String(), "damaged.png": view.String()[:100],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{draftName(1, 2), draftName(1, 3), "desk.png"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	passed := func(p *Passed, names ...string) (list []string) {
		for _, name := range names {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if p.Skip(filepath.Join(dir, name), info) {
				list = append(list, name)
			}
		}
		return list
	}
	for _, test := range []struct {
		names []string
		note  string // without the folder; what it names is passed over
	}{
		{[]string{"desk.png", "plain.png", "cut.png", "empty.png", "view.mp4"}, ""},
		{[]string{draftName(1, 2), draftName(1, 3)}, "folders of evidence passed over: 2, the first is .unfinished-1-2; to score one, name it"},
		{[]string{"view.PNG", "damaged.png"}, "pictures made by Blendscope passed over: 2, the first is view.PNG; to score one, name it"},
		{
			[]string{"damaged.png", draftName(1, 3)},
			"folders of evidence passed over: 1, the first is .unfinished-1-3; pictures made by Blendscope passed over: 1, the first is damaged.png; to score one, name it",
		},
	} {
		var p Passed
		got := passed(&p, test.names...)
		if note := strings.ReplaceAll(p.Note(), dir+string(filepath.Separator), ""); note != test.note || (note != "") != slices.Equal(got, test.names) {
			t.Errorf("%q: passed over %q, note %q, want %q", test.names, got, note, test.note)
		}
	}
}
