package evidence

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// clip shows a grey frame at every moment.
type clip struct {
	at   time.Duration
	note func()
}

func (c *clip) Info() frames.Info { return frames.Info{Width: 320, Height: 180} }
func (c *clip) Close() error      { return nil }

func (c *clip) Seek(_ context.Context, t time.Duration) error { c.at = t; return nil }

func (c *clip) Next(context.Context) (*frames.Frame, error) {
	if c.note != nil {
		c.note()
	}
	if c.at > time.Minute {
		return nil, io.EOF
	}
	m := frames.NewImage(320, 180)
	for i := range m.Pix {
		m.Pix[i] = byte(c.at / time.Second)
	}
	return frames.NewFrame(0, c.at, m, nil), nil
}

// world is a maker, a file and its result.
type world struct {
	Maker
	file   string
	result *score.Result
}

func newWorld(t *testing.T, name string) *world {
	t.Helper()
	data := []byte("a film, to those who can see it")
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p, logit := 0.8, 1.4
	return &world{
		Maker: Maker{
			Folder: filepath.Join(t.TempDir(), "evidence"), Tool: score.Tool{Name: "blendscope", Version: "1"},
			Preview: func(context.Context, string) (engine.Preview, error) { return &clip{}, nil },
			Page: func(_ context.Context, w io.Writer, _ *score.Result, c engine.Preview) error {
				_, err := io.WriteString(w, "<p>page</p>")
				return err
			},
			Now: func() time.Time { return at },
		},
		file: file,
		result: &score.Result{
			Schema: score.SchemaID, Models: []score.ModelRef{{Name: "standard", Version: "1", SHA256: strings.Repeat("ab", 32)}},
			Input:   score.Input{Path: name, SHA256: sumOf(data), Bytes: int64(len(data)), Kind: "video"},
			Outcome: score.Outcome{Status: score.Scored, Score: &p, Logit: &logit, Interval: &[2]float64{0.7, 0.9}, Band: score.Strong, Reasons: []score.Reason{}},
			Tracks: []score.Track{{ID: 1, Score: 0.8, Evidence: []score.BestFrame{
				{TMS: 2000, Score: 0.9, Box: [4]float64{100, 40, 60, 60}, Map: &score.HeatMap{Side: 2, CropScale: 1.5, Values: "AAD//w=="}},
				{TMS: 1000, Score: 0.8, Box: [4]float64{100, 40, 60, 60}},
				{TMS: 90_000, Score: 0.7, Box: [4]float64{100, 40, 60, 60}},
			}}, {ID: 2, Score: 0.6, Evidence: []score.BestFrame{{TMS: 2000, Score: 0.6, Box: [4]float64{10, 40, 30, 30}}}}},
			Timeline: []score.Moment{{TMS: 1000, Frame: 25, Faces: []score.MomentFace{{Track: 1, Box: [4]float64{100, 40, 60, 60}, Score: 0.8, Quality: 0.5}}}},
		},
	}
}

func (w *world) make(t *testing.T) string {
	t.Helper()
	folder, err := w.Make(t.Context(), w.file, w.result)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func list(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestMakeAndVerify(t *testing.T) {
	w := newWorld(t, "clip.mp4")
	folder := w.make(t)
	want := []string{
		"contact-sheet.jpg", "faces/face001-1-000002000ms-crop.png", "faces/face001-1-000002000ms-map.png",
		"faces/face001-2-000001000ms-crop.png", "faces/face002-1-000002000ms-crop.png",
		"frames/000001000ms-marked.png", "frames/000001000ms.png", "frames/000002000ms-marked.png", "frames/000002000ms.png",
		"manifest.json", "report.html", "result.json", "timeline.csv",
	}
	if got := list(t, folder); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if want := "clip.mp4-" + w.result.Input.SHA256[:12]; filepath.Base(folder) != want {
		t.Errorf("folder %s, want %s", folder, want)
	}
	r, err := Verify(t.Context(), folder, nil)
	if err != nil || !r.Intact || r.Files != len(want)-1 || r.Signature.State != Unsigned {
		t.Errorf("%+v, %v", r, err)
	}
	plain, marked := decode(t, folder, "frames/000002000ms.png"), decode(t, folder, "frames/000002000ms-marked.png")
	if plain.Bounds() != image.Rect(0, 0, 320, 180) || marked.Bounds() != plain.Bounds() {
		t.Errorf("pictures of %v and %v", plain.Bounds(), marked.Bounds())
	}
	grey := color.RGBA{2, 2, 2, 255}
	for _, corner := range []image.Point{{100, 40}, {159, 99}, {10, 40}, {39, 69}} { // of both faces
		if plain.At(corner.X, corner.Y) != grey || marked.At(corner.X, corner.Y) == grey {
			t.Errorf("at %v: %v, marked %v", corner, plain.At(corner.X, corner.Y), marked.At(corner.X, corner.Y))
		}
	}
	if rows, _ := os.ReadFile(filepath.Join(folder, timelineFile)); string(rows) != "t_ms,frame,track,x,y,w,h,score,quality\n1000,25,1,100,40,60,60,0.8,0.5\n" {
		t.Errorf("timeline:\n%s", rows)
	}
}

func decode(t *testing.T, folder, name string) image.Image {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The log tells the four steps in order, and what could not be shown.
func TestLog(t *testing.T) {
	w := newWorld(t, "clip.mp4")
	w.Original = true
	text, err := os.ReadFile(filepath.Join(w.make(t), ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	m, err := decodeManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	var steps []Step
	var actions strings.Builder
	for _, e := range m.Log {
		steps = append(steps, e.Step)
		actions.WriteString(e.Action + "\n")
		if e.At != "2026-01-02T03:04:05Z" {
			t.Errorf("at %s", e.At)
		}
	}
	want := []Step{Identification, Collection, Acquisition, Acquisition, Acquisition, Preservation}
	if !slices.Equal(steps, want) {
		t.Errorf("steps %v", steps)
	}
	for _, part := range []string{w.result.Input.SHA256, "copied as original/clip.mp4", "no picture of face 1 at 1:30.000: the clip has no frame", "faces shown: 3", "still the same"} {
		if !strings.Contains(actions.String(), part) {
			t.Errorf("nothing of %q in\n%s", part, actions.String())
		}
	}
	if m.Input != (Identity{"clip.mp4", w.result.Input.SHA256, w.result.Input.Bytes}) || len(m.Models) != 1 {
		t.Errorf("%+v", m)
	}
}

// Nothing is ever written over; a result that is kept already is not kept again.
func TestFoldersAreNeverReplaced(t *testing.T) {
	w := newWorld(t, "clip.mp4")
	first := w.make(t)
	if again := w.make(t); again != first {
		t.Errorf("the same result in %s and %s", first, again)
	}
	w.result.Timing.TotalMS++
	second := w.make(t)
	if second != first+"-2" {
		t.Errorf("another result in %s", second)
	}
	if err := os.WriteFile(filepath.Join(second, resultFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if third := w.make(t); third != first+"-3" {
		t.Errorf("beside a spoilt one in %s", third)
	}
}

// When something goes wrong, nothing is left behind.
func TestFailuresLeaveNothing(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		spoil func(*world)
		want  error
	}{
		"another file":        {func(w *world) { w.result.Input.SHA256 = strings.Repeat("0", 64) }, exhibit.ErrOtherFile},
		"another file copied": {func(w *world) { w.Original, w.result.Input.SHA256 = true, strings.Repeat("0", 64) }, exhibit.ErrOtherFile},
		"no digest":           {func(w *world) { w.result.Input.SHA256 = "" }, ErrUnidentified},
		"no file":             {func(w *world) { w.file += "-gone" }, fs.ErrNotExist},
		"no page": {func(w *world) {
			w.Page = func(context.Context, io.Writer, *score.Result, engine.Preview) error { return broken }
		}, broken},
		"changed at work": {func(w *world) {
			w.Preview = func(context.Context, string) (engine.Preview, error) {
				return &clip{note: func() { _ = os.WriteFile(w.file, []byte("another"), 0o600) }}, nil
			}
		}, exhibit.ErrOtherFile},
	} {
		w := newWorld(t, "clip.mp4")
		c.spoil(w)
		if folder, err := w.Make(t.Context(), w.file, w.result); !errors.Is(err, c.want) {
			t.Errorf("%s: %q, %v", name, folder, err)
		}
		if entries, _ := os.ReadDir(w.Folder); len(entries) > 0 {
			t.Errorf("%s: %s is left", name, entries[0].Name())
		}
	}
}

func TestInterrupted(t *testing.T) {
	w := newWorld(t, "clip.mp4")
	ctx, cancel := context.WithCancel(t.Context())
	w.Preview = func(context.Context, string) (engine.Preview, error) { return &clip{note: cancel}, nil }
	if _, err := w.Make(ctx, w.file, w.result); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(w.Folder); len(entries) > 0 {
		t.Errorf("%s is left", entries[0].Name())
	}
}

// A file that can be scored and not be shown, or that has no faces, still has its folder.
func TestWithoutPictures(t *testing.T) {
	w := newWorld(t, "clip.mp4")
	w.Preview = func(context.Context, string) (engine.Preview, error) { return nil, errors.New("no codec") }
	want := []string{"manifest.json", "report.html", "result.json", "timeline.csv"}
	folder := w.make(t)
	if got := list(t, folder); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if text, _ := os.ReadFile(filepath.Join(folder, ManifestFile)); !bytes.Contains(text, []byte("no pictures: no codec")) {
		t.Errorf("%s", text)
	}
}

// Whatever a file is called, the names in its folder and the manifest are harmless.
func TestHostileNames(t *testing.T) {
	for name, want := range map[string]string{
		"clip.mp4":                        "clip.mp4",
		"../../etc/passwd":                "passwd",
		"/":                               "file",
		"":                                "file",
		"..":                              "file",
		"...":                             "file",
		".hidden.mp4":                     "hidden.mp4",
		"-rf":                             "rf",
		"a b\n\x1b[31m<script>.mp4":       "a_b___31m_script_.mp4",
		"gpj\u202e.exe":                   "gpj_.exe",
		"interview é.mov":                 "interview__.mov",
		"\xff\xfe.mp4":                    "__.mp4",
		"C:\\temp\\x.mp4":                 "C__temp_x.mp4",
		"con|pipe?*.mp4":                  "con_pipe__.mp4",
		"trailing. . ":                    "trailing._._",
		strings.Repeat("x", 300) + ".mp4": strings.Repeat("x", 56) + ".mp4",
		strings.Repeat("é", 300):          "file",
	} {
		if got := safeName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	w := newWorld(t, "a.mp4")
	w.result.Input.Path = "x\u202e\u009b31m</script>\n.mp4"
	folder := w.make(t)
	text, err := os.ReadFile(filepath.Join(folder, ManifestFile))
	if err != nil || strings.ContainsAny(string(text), "\u202e\u009b<") {
		t.Errorf("%v\n%s", err, text)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Input.Path != w.result.Input.Path {
		t.Errorf("%q, %v", m.Input.Path, err)
	}
}
