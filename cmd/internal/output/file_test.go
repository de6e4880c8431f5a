package output

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) *File {
	t.Helper()
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func files(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestFileAppearsWhenComplete(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out.json")
	if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o662); err != nil { // which no usual umask leaves
		t.Fatal(err)
	}
	f := write(t, name, "new")
	if got := content(t, name); got != "old" {
		t.Errorf("before Commit: %q", got)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	if got := content(t, name); got != "new" || files(t, dir) != 1 {
		t.Errorf("after Commit: %q, %d files", got, files(t, dir))
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o662 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestDiscardedFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f := write(t, filepath.Join(dir, "out.json"), "half")
	f.Discard()
	f.Discard()
	if n := files(t, dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

func TestFileFollowsLinksAndWritesToDevices(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	if err := write(t, link, "new").Commit(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, target); got != "new" {
		t.Errorf("behind the link: %q", got)
	}
	if err := write(t, os.DevNull, "gone").Commit(); err != nil {
		t.Error(err)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "none", "out")} {
		f, err := Create(name)
		if err == nil {
			f.Discard()
			t.Errorf("Create(%q) succeeded", name)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("Create(%q): %v", name, err)
		}
	}
}
