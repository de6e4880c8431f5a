package ort_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/model/ort"
)

func TestLibrariesLooksWhereTheToolIsInstalled(t *testing.T) {
	if got := ort.Libraries("/opt/mine.so", "/usr/bin/blendscope"); !slices.Equal(got, []string{"/opt/mine.so"}) {
		t.Errorf("a path given by the user is not the only one: %v", got)
	}
	got := ort.Libraries("", "/opt/blendscope/bin/blendscope")
	want := []string{"/opt/blendscope/bin/lib/libonnxruntime.so", "/opt/blendscope/lib/libonnxruntime.so", "libonnxruntime.so"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	dir := t.TempDir()
	if dir, err := filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(dir, err)
	}
	link, target := filepath.Join(dir, "link"), filepath.Join(dir, "real", "bin", "blendscope")
	if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o755), os.WriteFile(target, nil, 0o755), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if got := ort.Libraries("", link); !slices.Contains(got, filepath.Join(dir, "real", "lib", "libonnxruntime.so")) {
		t.Errorf("a link to the tool is not followed: %v", got)
	}
}

// Each case must fail with a LibraryError that names the path and the cause, and leave the way free for a good Open.
func TestOpenWithoutAUsableLibrary(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o644); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ path, want string }{
		"missing":         {filepath.Join(dir, "missing.so"), "no such file"},
		"folder":          {dir, "is a directory"},
		"text":            {text, "too short"},
		"another library": {compile(t, dir, "other", `int answer(void) { return 42; }`), "not ONNX Runtime"},
		"too old":         {compile(t, dir, "old", fakeRuntime("1.17.3")), "version 1.17.3 is too old, 1.24 or later"},
		"no version":      {compile(t, dir, "odd", fakeRuntime("unknown")), `"unknown"`},
		"lies":            {compile(t, dir, "lies", fakeRuntime("1.30.0")), "Platform-specific initialization failed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ort.Open(c.path)
			var failure *ort.LibraryError
			if !errors.Is(err, ort.ErrLibrary) || !errors.As(err, &failure) {
				t.Fatalf("got %v, want a LibraryError", err)
			}
			if !strings.Contains(err.Error(), c.path) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want it to name %s and %q", err, c.path, c.want)
			}
			if hint := failure.Hint(); !strings.Contains(hint, "make setup") || !strings.Contains(hint, "BLENDSCOPE_ONNXRUNTIME") {
				t.Errorf("hint %q", hint)
			}
		})
	}
	environment(t)
}

func TestOpenTriesOnePathAfterTheOther(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.so")
	_, err := ort.Open(missing, missing+"2")
	if err == nil || !strings.Contains(err.Error(), missing+"2") {
		t.Errorf("got %v", err)
	}
	e, err := ort.Open(missing, library(t))
	if err != nil {
		t.Fatal(err)
	}
	if e.Path() != library(t) || !strings.HasPrefix(e.Version(), "1.") {
		t.Errorf("opened %s, version %s", e.Path(), e.Version())
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestOneEnvironmentAtATime(t *testing.T) {
	e := environment(t)
	if _, err := ort.Open(library(t)); !errors.Is(err, ort.ErrInUse) {
		t.Errorf("second open: got %v, want ErrInUse", err)
	}
	s := session(t, e, classifierWeights(t), cpu())
	if err := e.Close(); !errors.Is(err, ort.ErrInUse) {
		t.Errorf("close under a session: got %v, want ErrInUse", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.NewSession(t.Context(), classifierWeights(t), cpu()); err == nil {
		t.Error("a session in a closed environment")
	}
	environment(t)
}

// fakeRuntime has ONNX Runtime's entry point and no interface at all.
func fakeRuntime(version string) string {
	return `
static const void *api(unsigned v) { return 0; }
static const char *version(void) { return "` + version + `"; }
static const struct { const void *(*a)(unsigned); const char *(*v)(void); } base = {api, version};
const void *OrtGetApiBase(void) { return &base; }`
}

func compile(t *testing.T, dir, name, source string) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler to make a stand-in library")
	}
	path := filepath.Join(dir, name+".so")
	cmd := exec.Command(cc, "-shared", "-fPIC", "-x", "c", "-o", path, "-")
	cmd.Stdin = strings.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}
