package input

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// grow makes files (with one byte), empty files (name ends in "!"), folders (ends in "/") and links ("name -> target").
func grow(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		link, target, isLink := strings.Cut(name, " -> ")
		path := filepath.Join(dir, strings.TrimSuffix(link, "!"))
		parent := filepath.Dir(path)
		if strings.HasSuffix(name, "/") {
			parent = path
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case isLink:
			err = os.Symlink(target, path)
		case strings.HasSuffix(name, "!"):
			err = os.WriteFile(path, nil, 0o644)
		case !strings.HasSuffix(name, "/"):
			err = os.WriteFile(path, []byte("x"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

func spec(f Filter, paths ...string) Spec {
	s := Spec{Filter: f}
	for _, p := range paths {
		s.Sources = append(s.Sources, Named(p))
	}
	return s
}

// walk gives "path" or "path: error" for each item.
func walk(t *testing.T, spec Spec) []string {
	t.Helper()
	var got []string
	for item := range Walk(t.Context(), spec) {
		line := item.Path
		if item.Err != nil {
			line += ": " + item.Err.Error()
		}
		got = append(got, line)
	}
	return got
}

func TestWalk(t *testing.T) {
	noMedia := ErrNoMedia.Error()
	tests := map[string]struct {
		tree []string
		spec Spec
		want []string
	}{
		"folder, sorted, media only": {
			[]string{"d/b.mp4", "d/a.JPG", "d/notes.txt", "d/sub/c.mkv", "d/._b.mp4"},
			spec(Filter{}, "d"),
			[]string{"d/a.JPG", "d/b.mp4", "d/sub/c.mkv"},
		},
		"named file whatever its extension, order as named": {
			[]string{"z.txt", "a.mp4"},
			spec(Filter{}, "z.txt", "a.mp4"),
			[]string{"z.txt", "a.mp4"},
		},
		"each path once, other names of a file kept": {
			[]string{"d/a.mp4", "l.mp4 -> d/a.mp4"},
			spec(Filter{}, "d/a.mp4", "./d/a.mp4", "d", "d/", "l.mp4"),
			[]string{"d/a.mp4", "l.mp4"},
		},
		"missing, empty": {
			[]string{"e.mp4!"},
			spec(Filter{}, "gone.mp4", "e.mp4"),
			[]string{"gone.mp4: no such file or directory", "e.mp4: the file is empty"},
		},
		"folder without media": {
			[]string{"d/a.txt", "e/"},
			spec(Filter{}, "d", "e"),
			[]string{"d: " + noMedia, "e: " + noMedia},
		},
		"loops and links to folders": {
			[]string{"d/a.mp4", "d/loop -> .", "d/up -> ..", "d/z -> ../other", "other/o.mp4"},
			spec(Filter{}, "d"),
			[]string{"d/a.mp4", "d/up/other/o.mp4"},
		},
		"dangling links": {
			[]string{"d/a.mp4 -> gone", "d/gone.txt -> gone"},
			spec(Filter{}, "d"),
			[]string{"d/a.mp4: no such file or directory"},
		},
		"include takes any extension": {
			[]string{"d/a.dat", "d/b.mp4", "d/s/c.dat"},
			spec(Filter{Include: []string{"*.dat"}}, "d"),
			[]string{"d/a.dat", "d/s/c.dat"},
		},
		"exclude files and folders": {
			[]string{"d/a.mp4", "d/b.mp4", "d/old/c.mp4", "d/new/old/d.mp4", "d/new/e.mp4"},
			spec(Filter{Exclude: []string{"b.*", "new/old"}}, "d"),
			[]string{"d/a.mp4", "d/new/e.mp4", "d/old/c.mp4"},
		},
		"patterns that no shell has expanded": {
			[]string{"d/a.mp4", "d/b.txt", "d/[c].mp4", "d/s/e.mp4", "l.mp4 -> gone"},
			spec(Filter{}, "d/[c].mp4", "d/*", "*.mp4", "none/*.mp4", "d/[x"),
			[]string{
				"d/[c].mp4", "d/a.mp4", "d/b.txt", "d/s/e.mp4", "l.mp4: no such file or directory",
				"none/*.mp4: no such file or directory", "d/[x: no such file or directory",
			},
		},
		"a link that points to itself": {
			[]string{"d/a.mp4 -> a.mp4", "d/b.mp4"},
			spec(Filter{}, "d", "d/a.mp4"),
			[]string{"d/a.mp4: too many levels of symbolic links", "d/b.mp4"},
		},
		"names with a newline and bytes that are not UTF-8": {
			[]string{"d/a\nb.mp4", "d/\xff.mp4"},
			spec(Filter{}, "d"),
			[]string{"d/a\nb.mp4", "d/\xff.mp4"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			grow(t, test.tree...)
			if diff := cmp.Diff(test.want, walk(t, test.spec)); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWalkDoesNotOpenPipes(t *testing.T) {
	dir := grow(t)
	if err := syscall.Mkfifo(filepath.Join(dir, "p.mp4"), 0o644); err != nil {
		t.Skip("no named pipes here:", err)
	}
	for item := range Walk(t.Context(), spec(Filter{}, "p.mp4")) {
		if !errors.Is(item.Err, ErrNotRegular) {
			t.Errorf("err = %v", item.Err)
		}
	}
}

// An unreadable folder has its row, and what lies beside it is found all the same.
func TestWalkWithoutPermission(t *testing.T) {
	dir := grow(t, "d/a.mp4", "d/locked/b.mp4", "d/z.mp4")
	for _, open := range []string{filepath.Dir(dir), dir, "d"} { // whatever the umask has made of them
		if err := os.Chmod(open, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod("d/locked", 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod("d/locked", 0o755)
	var items []Item
	asNobody(t, func() { items = slices.Collect(Walk(t.Context(), spec(Filter{}, "d"))) })
	var got []string
	for _, item := range items {
		got = append(got, item.Path)
		if denied := errors.Is(item.Err, fs.ErrPermission); denied != (item.Path == "d/locked") {
			t.Errorf("%s: %v", item.Path, item.Err)
		}
	}
	if diff := cmp.Diff([]string{"d/a.mp4", "d/locked", "d/z.mp4"}, got); diff != "" {
		t.Error(diff)
	}
}

// asNobody runs f without root's right to read everything.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // not unlocked: the thread ends with the goroutine, and its user with it
		_, err := unix.SetfsuidRetUid(65534)
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Skip("cannot drop root's rights:", err)
	}
}

func TestFilterCheck(t *testing.T) {
	if err := (Filter{Include: []string{"*.mp4"}, Exclude: []string{"[a"}}).Check(); err == nil || !strings.Contains(err.Error(), "[a") {
		t.Errorf("err = %v", err)
	}
}

func TestList(t *testing.T) {
	tests := map[string]struct {
		text string
		null bool
		want []string
	}{
		"lines":            {"a\n\nb c\n", false, []string{"a", "b c"}},
		"carriage returns": {"a\r\nb\r\n", false, []string{"a", "b"}},
		"no last newline":  {"a\nb", false, []string{"a", "b"}},
		"null":             {"a\nb\x00c\x00", true, []string{"a\nb", "c"}},
		"null, unended":    {"a\x00b", true, []string{"a", "b"}},
		"nothing":          {"", false, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for p := range List(t.Context(), "-", strings.NewReader(test.text), test.null) {
				got = append(got, p.Name)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestListErrors(t *testing.T) {
	long := strings.Repeat("x", maxPath+1)
	var last Path
	for p := range List(t.Context(), "-", strings.NewReader("a\n"+long), false) {
		last = p
	}
	if last.Err == nil {
		t.Error("an endless line is no error")
	}
	for p := range ListFile(t.Context(), filepath.Join(t.TempDir(), "gone"), false) {
		if !errors.Is(p.Err, fs.ErrNotExist) {
			t.Errorf("err = %v", p.Err)
		}
	}
}

// What a list holds when the run is interrupted has been named: it is still given.
func TestListIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n := 0
		for range List(ctx, "-", strings.NewReader(strings.Repeat("a\n", 5000)), false) {
			n++
		}
		if n != 5000 {
			t.Errorf("%d entries", n)
		}
	})
}

// A list that never ends, such as a terminal nobody types at, does not hold up an interrupt.
func TestListStops(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for p := range List(ctx, "-", r, false) {
		t.Errorf("got %v", p)
	}
}
