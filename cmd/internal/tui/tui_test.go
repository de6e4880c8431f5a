package tui

import (
	"context"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
	"github.com/blendscope/blendscope/cmd/internal/tui/player"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

var update = flag.Bool("update", false, "write the expected screens instead of comparing with them")

// tape is a player that notes what it is told.
type tape struct {
	orders []string
	look   player.Look
}

func (p *tape) note(format string, args ...any) {
	p.orders = append(p.orders, fmt.Sprintf(format, args...))
}

func (p *tape) Play(on bool)         { p.note("play %v", on) }
func (p *tape) Speed(x float64)      { p.note("speed %g", x) }
func (p *tape) Seek(t time.Duration) { p.note("seek %v", t) }
func (p *tape) Step(n int)           { p.note("step %d", n) }
func (p *tape) Look(l player.Look)   { p.look = l }
func (p *tape) Close()               {}

func (p *tape) Next(ctx context.Context) (player.Picture, bool) {
	<-ctx.Done()
	return player.Picture{}, false
}

// clerk is a desk that does nothing by itself.
type clerk struct {
	items []input.Item
	done  []bool
	again []int
	watch []int
}

func (d *clerk) Add(item input.Item, done bool) int {
	d.items, d.done = append(d.items, item), append(d.done, done)
	return len(d.items) - 1
}
func (d *clerk) Again(n int) { d.again = append(d.again, n) }
func (d *clerk) Watch(n int) { d.watch = append(d.watch, n) }
func (d *clerk) Unwatch(int) {}

func (d *clerk) Next(ctx context.Context) (desk.News, bool) {
	<-ctx.Done()
	return desk.News{}, false
}

// stage is a screen with its surroundings.
type stage struct {
	*Model
	t    testing.TB
	desk *clerk
	tape *tape
}

func newStage(t testing.TB, width, height int) *stage {
	d := &clerk{}
	nothing := func(context.Context, string) (engine.Preview, error) { return nil, os.ErrNotExist }
	m := New(t.Context(), Options{Desk: d, Folder: t.TempDir(), Language: score.English, Preview: nothing})
	s := &stage{Model: m, t: t, desk: d, tape: &tape{}}
	s.send(tea.ColorProfileMsg{Profile: colorprofile.TrueColor}, tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

func (s *stage) send(msgs ...tea.Msg) {
	for _, msg := range msgs {
		s.Update(msg)
	}
}

// run carries out what a message asks for, without waiting for what takes time or has no end. It is called in a bubble.
func (s *stage) run(cmd tea.Cmd) {
	s.t.Helper()
	if cmd == nil {
		return
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	synctest.Wait()
	select {
	case msg := <-done:
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				s.run(c)
			}
			return
		}
		if msg != nil {
			_, next := s.Update(msg)
			s.run(next)
		}
	default:
		s.t.Cleanup(func() { <-done })
	}
}

// press presses keys named as Bubble Tea names them.
func (s *stage) press(keys ...string) (last tea.Cmd) {
	for _, k := range keys {
		_, last = s.Update(press(k))
	}
	return last
}

func press(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"left": tea.KeyLeft, "right": tea.KeyRight, "up": tea.KeyUp, "down": tea.KeyDown, "enter": tea.KeyEnter, "esc": tea.KeyEscape,
		"tab": tea.KeyTab, "space": tea.KeySpace, "home": tea.KeyHome, "end": tea.KeyEnd, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp,
		"backspace": tea.KeyBackspace,
	}
	mod := tea.KeyMod(0)
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	if rest, ok := strings.CutPrefix(name, "shift+"); ok {
		name, mod = rest, tea.ModShift
	}
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code, Mod: mod}
	}
	return tea.KeyPressMsg{Code: rune(name[0]), Text: name}
}

// clip opens a clip of 12 s at 25 frames a second with two faces, of which the second comes at 4 s and is suspicious.
func (s *stage) clip(result bool) {
	r := newRow("clips/interview.mp4")
	r.state = scoring
	s.addRow(r, input.Item{Path: r.path})
	s.queue.arrange()
	if result {
		r.state, r.result = done, interview(true)
	}
	s.ready = true
	s.serial++
	s.Model.clip = &clip{row: r, serial: s.serial, record: record.New(), player: s.tape, speed: 1, playing: true, stills: player.NewStills(nil)}
	if result {
		s.Model.clip.finished(r.result)
	} else {
		s.Model.clip.told(interview(true).Timeline[:31])
	}
	s.view = clipView
	s.picture(6 * time.Second)
	s.picture(6 * time.Second) // now that the shape of the frame is known
}

// picture shows the frame at a time.
func (s *stage) picture(at time.Duration) {
	pic := player.Picture{
		Info: frames.Info{Kind: frames.Video, Codec: "h264", Width: 640, Height: 360, FPS: 25, Duration: 12 * time.Second},
		PTS:  at, Index: int(at / (40 * time.Millisecond)), Frame: image.Pt(640, 360), Part: image.Rect(0, 0, 640, 360), Playing: true,
	}
	if l := s.tape.look; l.Width > 0 {
		if !l.Part.Empty() {
			pic.Part = l.Part
		}
		pic.Image = testCard(l.Width, l.Height)
	}
	s.send(pictureMsg{s.serial, pic, true})
}

func testCard(width, height int) frames.Image {
	m := frames.NewImage(width, height)
	for y := range height {
		for x := range width {
			termimg.Put(m, x, y, termimg.Color{R: uint8(255 * x / width), G: uint8(255 * y / height), B: 90})
		}
	}
	return m
}

func interview(timeline bool) *score.Result {
	p, interval := 0.83, [2]float64{0.71, 0.91}
	r := &score.Result{
		Schema: score.SchemaID, Tool: score.Tool{Name: "blendscope", Version: "1.2.3"},
		Settings: score.Settings{Classifier: "fakeclass@2", Thresholds: score.DefaultThresholds()},
		Input:    score.Input{Path: "clips/interview.mp4", SHA256: strings.Repeat("ab", 32), Kind: "video", Width: 640, Height: 360, FPS: 25, DurationMS: 12000},
		Outcome:  score.Outcome{Status: score.Scored, Score: &p, Interval: &interval, Band: score.Strong, Reasons: []score.Reason{}},
		Segments: []score.Segment{{Track: 2, StartMS: 5000, EndMS: 8000, Score: 0.88}},
		Tracks: []score.Track{
			{ID: 1, LastMS: 12000, Faces: 60, Score: 0.12, Interval: [2]float64{0.05, 0.2}, MedianFacePx: 120, Evidence: []score.BestFrame{{TMS: 800, Frame: 20, Score: 0.2, Box: [4]float64{80, 100, 120, 120}}}},
			{ID: 2, FirstMS: 4000, LastMS: 12000, Faces: 40, Score: 0.83, Interval: interval, MedianFacePx: 90, Evidence: []score.BestFrame{
				{TMS: 6000, Frame: 150, Score: 0.93, Box: [4]float64{400, 90, 90, 110}, Map: &score.HeatMap{Side: 2, CropScale: 1.4, Values: "AP+A/w=="}},
				{TMS: 7000, Frame: 175, Score: 0.9, Box: [4]float64{400, 90, 90, 110}},
			}},
		},
	}
	for i := range 60 {
		at := int64(i) * 200
		m := score.Moment{TMS: at, Frame: i * 5, Faces: []score.MomentFace{{Track: 1, Box: [4]float64{80, 100, 120, 120}, Score: 0.12, Quality: 1}}}
		if at >= 4000 {
			suspicion := 0.4
			if at >= 5000 && at <= 8000 {
				suspicion = 0.93
			}
			m.Faces = append(m.Faces, score.MomentFace{Track: 2, Box: [4]float64{400, 90, 90, 110}, Score: suspicion, Quality: 1})
		}
		r.Timeline = append(r.Timeline, m)
	}
	if !timeline {
		r.Timeline = nil
	}
	return r
}

// files fills the queue with one file of each kind.
func (s *stage) files() {
	weak, inc := 0.08, 0.52
	interval := [2]float64{0.03, 0.15}
	wide := [2]float64{0.2, 0.8}
	results := []*score.Result{
		interview(false),
		{Input: score.Input{DurationMS: 61000}, Outcome: score.Outcome{Status: score.Scored, Score: &weak, Interval: &interval, Band: score.Weak}, Tracks: make([]score.Track, 3)},
		{Input: score.Input{DurationMS: 3000}, Outcome: score.Outcome{Status: score.Inconclusive, Score: &inc, Interval: &wide, Reasons: []score.Reason{score.WideInterval}}, Tracks: make([]score.Track, 1)},
		{Outcome: score.Outcome{Status: score.NotApplicable, Reasons: []score.Reason{score.NoFace}}},
		{Outcome: score.Outcome{Status: score.Failed, Reasons: []score.Reason{score.NotMedia}, Detail: "not a readable video or photo\x1b[2J"}},
		nil, nil,
	}
	names := []string{"interview.mp4", "speech.mp4", "blurred.mp4", "landscape.mp4", "broken\x1b[31m.mp4", "long.mp4", "zebra.mp4"}
	for i, name := range names {
		r := newRow("clips/" + name)
		s.addRow(r, input.Item{Path: r.path})
		if results[i] != nil {
			r.state, r.result = done, results[i]
		}
	}
	s.queue.rows[5].state = scoring
	s.queue.rows[5].info.Duration, s.queue.rows[5].reached = time.Hour, 15*time.Minute
	s.queue.arrange()
}

// golden compares the screen with the file of that name, colours left out, and its lines with the window.
func (s *stage) golden(name string) {
	s.t.Helper()
	lines := s.screen()
	if len(lines) != s.height {
		s.t.Errorf("%d lines in a window of %d", len(lines), s.height)
	}
	for i, l := range lines {
		if n := ansi.StringWidth(l); n != s.width {
			s.t.Errorf("line %d has %d columns, not %d: %q", i, n, s.width, ansi.Strip(l))
		}
	}
	got := ""
	for _, l := range lines {
		got += strings.TrimRight(ansi.Strip(l), " ") + "\n"
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if got != string(want) {
		s.t.Errorf("the screen is not that of %s:\n%s", file, got)
	}
}

func TestScreens(t *testing.T) {
	for _, size := range []image.Point{{80, 24}, {120, 40}, {200, 60}} {
		name := func(what string) string { return fmt.Sprintf("%s-%dx%d", what, size.X, size.Y) }
		t.Run(name("screens"), func(t *testing.T) {
			s := newStage(t, size.X, size.Y)
			s.clip(false)
			s.golden(name("scoring"))

			s = newStage(t, size.X, size.Y)
			s.clip(true)
			s.row("clips/interview.mp4").marks = []Mark{{TMS: 9000, Frame: 225}}
			s.golden(name("clip"))
			s.press("c")
			s.golden(name("compare"))
			s.press("c", "?")
			s.golden(name("help"))
			s.press("x", "f")
			s.golden(name("faces"))

			s = newStage(t, size.X, size.Y)
			s.files()
			s.golden(name("queue"))
		})
	}
}

func (s *stage) row(path string) *row { return s.queue.byPath[filepath.Clean(path)] }

func TestATooSmallWindowSaysSo(t *testing.T) {
	for _, size := range []image.Point{{59, 24}, {80, 15}, {10, 3}, {1, 1}} {
		s := newStage(t, size.X, size.Y)
		s.clip(true)
		for _, v := range []view{clipView, queueView, facesView} {
			s.view = v
			lines := s.screen()
			if len(lines) != 1 || ansi.StringWidth(lines[0]) > size.X {
				t.Errorf("%v: %q", size, lines)
			}
		}
		s.send(tea.MouseClickMsg{X: 1, Y: 1, Button: tea.MouseLeft}, tea.WindowSizeMsg{Width: 80, Height: 24})
		if len(s.screen()) != 24 {
			t.Error("does not recover")
		}
	}
}

// Every size of the window gives lines that fill it, in every view.
func TestAnySizeIsFilled(t *testing.T) {
	s := newStage(t, 80, 24)
	s.files()
	s.clip(true)
	for width := leastWidth; width < 300; width += 7 {
		for _, height := range []int{leastHeight, 17, 24, 33, 50, 100} {
			s.send(tea.WindowSizeMsg{Width: width, Height: height})
			s.picture(7 * time.Second)
			for _, v := range []view{clipView, queueView, facesView} {
				s.view = v
				lines := s.screen()
				if len(lines) != height {
					t.Fatalf("%dx%d view %d: %d lines", width, height, v, len(lines))
				}
				for i, l := range lines {
					if n := ansi.StringWidth(l); n != width {
						t.Fatalf("%dx%d view %d line %d: %d columns: %q", width, height, v, i, n, ansi.Strip(l))
					}
				}
			}
			s.view = clipView
		}
	}
}
