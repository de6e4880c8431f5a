package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"

	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// text is the screen without colours.
func (s *stage) text() string { return ansi.Strip(strings.Join(s.screen(), "\n")) }

func (s *stage) shows(want string) {
	s.t.Helper()
	if text := s.text(); !strings.Contains(text, want) {
		s.t.Errorf("%q is not on the screen:\n%s", want, text)
	}
}

func TestKeysMoveThroughAClip(t *testing.T) {
	tests := []struct {
		keys string
		want []string // the player's orders
	}{
		{"space", []string{"play false"}},
		{"space space", []string{"play false", "play true"}},
		{"left", []string{"seek 5s"}},
		{"h h", []string{"seek 5s", "seek 4s"}},
		{"l", []string{"seek 7s"}},
		{"H", []string{"seek 0s"}},
		{"shift+right", []string{"seek 12s"}},
		{".", []string{"step 1"}},
		{", ,", []string{"step -1", "step -1"}},
		{"home", []string{"seek 0s"}},
		{"G", []string{"seek 11.96s"}},
		{"> >", []string{"speed 2", "speed 4"}},
		{"-", []string{"speed 0.5"}},
		{"N", []string{"seek 5s"}},
		{"home n", []string{"seek 0s", "seek 5s"}},
		{"w", []string{"seek 6s"}},
		{"tab w", []string{"seek 800ms"}}, // the first face's
		{"tab tab w", []string{"seek 6s"}},
		{"'", nil},
	}
	for _, test := range tests {
		s := newStage(t, 80, 24)
		s.clip(true)
		s.press(strings.Fields(test.keys)...)
		if !slices.Equal(s.tape.orders, test.want) {
			t.Errorf("%s: %v, want %v", test.keys, s.tape.orders, test.want)
		}
	}
}

func TestThePositionAnswersAtOnce(t *testing.T) {
	s := newStage(t, 80, 24)
	s.clip(true)
	s.press("l", "l")
	s.shows("0:08.000 / 0:12.0")
	s.picture(6040 * time.Millisecond) // a picture from before the jump
	s.shows("0:08.000 / 0:12.0")
	s.picture(8 * time.Second)
	s.picture(8040 * time.Millisecond)
	s.shows("0:08.040 / 0:12.0")
}

func TestScoringThatLagsIsSaid(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(false)
	s.Model.clip.playing = true
	s.picture(9 * time.Second)
	s.shows("scoring is 3.0 s behind")
	s.shows("not scored yet")
}

func TestNewsReachesTheClip(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(false)
	s.send(newsMsg{desk.News{Moments: map[int][]score.Moment{0: interview(true).Timeline[31:40]}}, true})
	if got := s.Model.clip.record.Scored(); got != 7800*time.Millisecond {
		t.Errorf("scored to %v", got)
	}
	s.send(newsMsg{desk.News{Results: map[int]*score.Result{0: interview(true)}}, true})
	s.shows("83% !!  strong")
	s.press("L")
	s.shows("traces nettes")
	s.press("R")
	if len(s.desk.again) != 1 || s.Model.clip.record.Result() != nil {
		t.Error("R does not score again")
	}
}

func TestMapAndZoom(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(true)
	plain := strings.Join(s.Model.clip.canvas.lines, "")
	s.press("m")
	if strings.Join(s.Model.clip.canvas.lines, "") == plain {
		t.Error("the map changes nothing")
	}
	s.press("tab", "tab", "z") // face 2 is 90 x 110 at (400, 90)
	if got := s.tape.look.Part; got.Dx() != 220 || got.Min.X != 335 {
		t.Errorf("zoomed to %v", got)
	}
	s.picture(6 * time.Second)
	if got := s.tape.look; got.Width != got.Height || got.Part.Dx() != 220 {
		t.Errorf("after a picture: %+v", got)
	}
	s.press("z")
	if !s.tape.look.Part.Empty() {
		t.Error("stays zoomed")
	}
}

func TestMarksAreExportedWithTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 100, 30)
		s.clip(true)
		s.press("a")
		s.shows("mark 0:06.000, comment:")
		s.press("q", "?", "enter") // letters of the comment
		s.shows("marked 0:06.000")
		if cmd := s.press("Q"); cmd == nil || s.quitting {
			t.Error("quits without a word about the mark")
		}
		s.shows("1 mark not exported")
		s.press("e")
		s.shows("p picture")
		s.run(s.press("j"))
		s.shows("wrote ")
		data, err := os.ReadFile(filepath.Join(s.options.Folder, "interview.review.json"))
		if err != nil {
			t.Fatal(err)
		}
		var e Exported
		if err := json.Unmarshal(data, &e); err != nil || len(e.Marks) != 1 || e.Marks[0].Comment != "q?" || e.Marks[0].Frame != 150 || len(e.Marks[0].Faces) != 2 {
			t.Errorf("%+v, %v", e.Marks, err)
		}
		if e.Schema != score.SchemaID || len(e.Tracks) != 2 {
			t.Errorf("not a result: %+v", e.Result)
		}
		s.press("e")
		s.run(s.press("j")) // nothing is written over
		if _, err := os.Stat(filepath.Join(s.options.Folder, "interview.review-2.json")); err != nil {
			t.Error(err)
		}
		if s.press("Q"); !s.quitting {
			t.Error("does not quit")
		}
	})
}

func TestSummaryGoesToTheClipboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for language, want := range map[score.Language]string{
			score.English: "Look at: 0:05.0–0:08.0, face 2, 88%",
			score.French:  "À regarder : 0:05.0–0:08.0, visage 2, 88 %",
		} {
			text := Summary(interview(false), []Mark{{TMS: 9000, Frame: 225, Comment: "hand\x1b"}}, language)
			if !strings.Contains(text, want) || strings.Contains(text, "\x1b") || !strings.Contains(text, strings.Repeat("ab", 32)) {
				t.Errorf("%s:\n%s", language, text)
			}
		}
		s := newStage(t, 80, 24)
		s.clip(true)
		s.run(s.press("y"))
		s.shows("clipboard")
	})
}

func TestMouseOnTheTimeline(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(true)
	l := s.layout()
	s.send(tea.MouseClickMsg{X: l.strip.Min.X + l.strip.Dx()/2, Y: l.strip.Min.Y, Button: tea.MouseLeft})
	if got := s.tape.orders; len(got) != 1 || !strings.HasPrefix(got[0], "seek 5.9") && !strings.HasPrefix(got[0], "seek 6") {
		t.Errorf("orders %v", got)
	}
	s.send(tea.MouseMotionMsg{X: l.strip.Min.X, Y: l.strip.Min.Y + 1, Button: tea.MouseLeft})
	if got := s.tape.orders[len(s.tape.orders)-1]; got != "seek 0s" {
		t.Errorf("dragging: %v", got)
	}
	s.send(tea.MouseClickMsg{X: 20, Y: 10, Button: tea.MouseLeft})
	if got := s.tape.orders[len(s.tape.orders)-1]; got != "play false" {
		t.Errorf("a click into the picture: %v", got)
	}
}

func TestQueueSortsFiltersAndSearches(t *testing.T) {
	s := newStage(t, 100, 30)
	s.files()
	names := func() string {
		var all []string
		for _, r := range s.queue.shown {
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(r.name, "clips/"), ".mp4"))
		}
		return strings.Join(all, " ")
	}
	steps := []struct{ keys, want string }{
		{"s", `interview blurred speech landscape broken\x1b[31m long zebra`}, // by score
		{"S", `zebra long broken\x1b[31m landscape speech blurred interview`},
		{"S s", `blurred broken\x1b[31m interview landscape long speech zebra`}, // by name
		{"f", "interview"},
		{"f", "blurred landscape"},
		{"f", `broken\x1b[31m`},
		{"f", "long zebra"},
		{"f / b r enter", `broken\x1b[31m zebra`},
		{"esc", `blurred broken\x1b[31m interview landscape long speech zebra`},
	}
	for _, step := range steps {
		s.press(strings.Fields(step.keys)...)
		if got := names(); got != step.want {
			t.Errorf("after %s: %s, want %s", step.keys, got, step.want)
		}
	}
	s.press("end")
	if s.queue.current().name != "clips/zebra.mp4" {
		t.Errorf("cursor on %s", s.queue.current().name)
	}
	s.press("home", "down", "r") // broken.mp4, which failed
	if !slices.Equal(s.desk.again, []int{4}) {
		t.Errorf("again %v", s.desk.again)
	}
}

func TestOpenAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 100, 30)
		s.files()
		s.press("down", "enter")
		if s.view != clipView || s.Model.clip.row.path != "clips/speech.mp4" || !slices.Equal(s.desk.watch, []int{1}) {
			t.Fatalf("view %d", s.view)
		}
		s.run(s.watch(s.Model.clip)) // the file is not there
		s.shows("no picture: file does not exist")
		s.shows("8% .  weak") // what is known is shown all the same
		s.run(s.press("q"))
		if s.view != queueView || s.quitting || s.queue.cursor != 1 {
			t.Error("q does not go back to the list")
		}
		if s.press("q"); !s.quitting {
			t.Error("q does not quit from the list")
		}
	})
}

func TestASingleFileIsOpenedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 100, 30)
		s.finding = 1
		shown := false
		s.options.Shown = func() { shown = true }
		s.send(foundMsg{path: "a.mp4", items: []input.Item{{Path: "a.mp4"}}})
		if s.view != clipView || s.Model.clip == nil || shown {
			t.Fatal("not opened, or the engine did not wait for the picture")
		}
		s.run(s.watch(s.Model.clip))
		if !shown {
			t.Error("the engine is never started")
		}
		s.Close()
	})
}

func TestStoresOpenWithoutScoring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := t.TempDir()
		write := func(name, text string) string {
			file := filepath.Join(folder, name)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return file
		}
		r := interview(false)
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Input.Path = "clips/other.mp4"
		other, _ := json.Marshal(r)
		s := newStage(t, 100, 30)
		s.finding = 1
		s.run(s.find(write("results.jsonl", string(line)+"\n"+string(other)+"\n")))
		s.shows("2 files · 2 scored")
		if !slices.Equal(s.desk.done, []bool{true, true}) {
			t.Errorf("would be scored: %v", s.desk.done)
		}
		s.run(s.find(write("newer.jsonl", `{"schema":"blendscope.result/9"}`+"\n")))
		s.shows("newer version")
		s.run(s.find(write("empty.jsonl", "")))
		s.shows("no results in it")
		s.shows("2 files · 2 scored")
	})
}

func TestAnExportIsOpenedWithItsMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "interview.review.json")
		data, err := json.Marshal(Exported{*interview(false), []Mark{{TMS: 9000, Frame: 225, Comment: "hand"}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := newStage(t, 120, 40)
		s.finding = 1
		s.run(s.find(file))
		s.shows("1 mark")
		s.shows("83% !!  strong")
		s.press("q") // nothing is lost
		if !s.quitting {
			t.Error("asks about marks that are in a file")
		}
		s.Close()
	})
}

func TestASlowLinkGetsFewerPictures(t *testing.T) {
	l := NewLink(nil)
	if l.Pace() != 0 {
		t.Errorf("pace %v before anything was written", l.Pace())
	}
	for range 20 {
		l.note(2*time.Millisecond, 60_000)
		l.note(time.Second, 10) // a short text says nothing
	}
	if l.Pace() != 0 {
		t.Errorf("pace %v on a fast link", l.Pace())
	}
	for range 20 {
		l.note(100*time.Millisecond, 60_000)
	}
	if got := l.Pace(); got < 150*time.Millisecond || got > 200*time.Millisecond {
		t.Errorf("pace %v when a picture takes 100 ms", got)
	}
}

func TestAFolderWithoutMediaIsARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 120, 30)
		s.finding = 2
		s.run(s.find(t.TempDir()))
		s.run(s.find(filepath.Join(t.TempDir(), "gone.mp4")))
		if len(s.queue.rows) != 2 || s.desk.items[0].Err == nil || s.desk.items[1].Err == nil {
			t.Errorf("rows %d", len(s.queue.rows))
		}
		s.press("a")
		for _, k := range t.TempDir() {
			s.press(string(k))
		}
		s.run(s.press("enter"))
		if len(s.queue.rows) != 3 {
			t.Errorf("%d rows after adding", len(s.queue.rows))
		}
	})
}

func TestFoldersOfEvidenceArePassedOverAndSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		proof := filepath.Join(dir, "proof")
		if err := os.Mkdir(proof, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"a.mp4": "x", "b.mp4": "x", "proof/a.png": "x", "proof/manifest.json": `{"schema": "blendscope.evidence/1"}`} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := newStage(t, 120, 30)
		s.finding = 2
		_, _ = s.Update(s.find(dir)())
		if len(s.queue.rows) != 2 {
			t.Errorf("%d rows", len(s.queue.rows))
		}
		s.shows("folders of evidence passed over: 1, the first is ")
		_, _ = s.Update(s.find(proof)())
		if len(s.queue.rows) != 3 {
			t.Errorf("%d rows with the folder that was named", len(s.queue.rows))
		}
	})
}

func TestAnEngineThatFailsIsSaid(t *testing.T) {
	s := newStage(t, 120, 30)
	s.clip(false)
	s.Model.clip.reset()
	s.ready = false
	s.send(newsMsg{desk.News{Failed: errors.New("library not found\x1b]0;x\x07")}, true})
	s.shows("nothing can be scored")
	if strings.Contains(s.View().Content, "\x07") {
		t.Error("control characters reach the terminal")
	}
}

func TestABrokenClipKeepsItsLastPicture(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(true)
	pic := s.Model.clip.pic
	pic.Err, pic.Ended = &frames.TruncatedError{Decoded: 151, Expected: 300}, true
	s.send(pictureMsg{s.serial, pic, true})
	s.shows("stream ends early: 151 of 300 frames decoded")
	s.shows("▀▀▀▀▀▀▀▀")
	s.press("home")
	if !slices.Contains(s.tape.orders, "seek 0s") {
		t.Error("the whole part cannot be looked at")
	}
}

func TestPixelsAreSentToTerminalsThatAnswer(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(true)
	ok := uv.KittyGraphicsEvent{Options: kitty.Options{ID: 31}, Payload: []byte("OK")}
	s.send(ok)
	if s.pixels() {
		t.Error("without the size of a cell")
	}
	s.send(uv.CellSizeEvent{Width: 9, Height: 18})
	if s.pixels() {
		t.Error("without placeholders")
	}
	s.send(tea.TerminalVersionMsg{Name: "kitty(0.32.2)"})
	if got := s.tape.look; !s.pixels() || got.Width != mostPixels || got.Height < 350 {
		t.Errorf("look %+v", got)
	}
	s.graphics.busy = false
	s.picture(6 * time.Second)
	if !s.graphics.busy {
		t.Fatal("no picture is sent")
	}
	s.send(sentMsg{s.serial, canvas{lines: []string{"x"}, image: 41}})
	if s.Model.clip.canvas.image != 41 || !s.graphics.busy && s.graphics.again {
		t.Errorf("canvas %+v", s.Model.clip.canvas)
	}
	s.send(tea.ColorProfileMsg{Profile: colorprofile.ASCII})
	if s.pixels() {
		t.Error("without colours")
	}
}

func TestEveryColourDepth(t *testing.T) {
	for _, p := range []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII} {
		for _, dark := range []bool{true, false} {
			s := newStage(t, 80, 24)
			s.dark = dark
			s.clip(true)
			s.send(tea.ColorProfileMsg{Profile: p})
			s.shows("#2 93%")
			if p == colorprofile.ASCII {
				s.shows("┌")
				if picture := strings.Join(s.Model.clip.canvas.lines, ""); strings.Contains(picture, "38;") {
					t.Errorf("colours without colours: %q", picture)
				}
			}
		}
	}
}

func TestFacesAreRankedAndLeadToTheirMoments(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(true)
	s.press("f")
	text := s.text()
	if strings.Index(text, "FACE #2") > strings.Index(text, "FACE #1") {
		t.Errorf("the strongest face is not the first:\n%s", text)
	}
	s.press("right", "enter")
	if got := s.tape.orders[len(s.tape.orders)-1]; got != "seek 7s" || s.Model.clip.chosen != 2 || s.view != clipView {
		t.Errorf("%s, face %d", got, s.Model.clip.chosen)
	}
	s.press("f", "down", "down", "enter")
	if got := s.tape.orders[len(s.tape.orders)-1]; got != "seek 800ms" || s.Model.clip.chosen != 1 {
		t.Errorf("%s, face %d", got, s.Model.clip.chosen)
	}
}

func TestTimelinesOfManyFilesAreForgotten(t *testing.T) {
	s := newStage(t, 120, 30)
	for i := range 4 {
		r := newRow(fmt.Sprintf("%d.mp4", i))
		s.addRow(r, input.Item{Path: r.path})
		r.state, r.result = done, interview(true)
	}
	s.queue.trim(s.queue.rows[0], 130) // of 240
	var kept []int
	for _, r := range s.queue.rows {
		kept = append(kept, len(r.result.Timeline))
	}
	if fmt.Sprint(kept) != "[60 0 0 60]" {
		t.Errorf("kept %v", kept)
	}
}

func TestAStoredResultShowsWhereItPoints(t *testing.T) {
	s := newStage(t, 120, 40)
	s.clip(true)
	s.Model.clip.record = record.New()
	s.Model.clip.finished(interview(false))
	s.picture(3 * time.Second)
	s.shows("·····")
	s.shows("scores are known at the")
	s.press("w")
	if got := s.tape.orders; len(got) != 1 || got[0] != "seek 6s" {
		t.Errorf("orders %v", got)
	}
}

func TestHelpFitsEveryWindow(t *testing.T) {
	for width := leastWidth; width < 200; width += 20 {
		s := newStage(t, width, leastHeight)
		s.clip(true)
		s.press("?")
		text := s.text()
		for _, b := range s.keys.forView(clipView, false) {
			if !strings.Contains(text, b.Help().Key) {
				t.Errorf("at width %d: %q is missing", width, b.Help().Key)
			}
		}
		s.press("q")
		if s.quitting || s.helping {
			t.Error("a key does more than take the help away")
		}
	}
}

func TestPastedTextIsNoKeys(t *testing.T) {
	s := newStage(t, 80, 24)
	s.files()
	s.send(tea.PasteMsg{Content: "Q"})
	s.press("/")
	s.send(tea.PasteMsg{Content: "zeb"})
	s.press("enter")
	if s.quitting || len(s.queue.shown) != 1 {
		t.Errorf("%d files", len(s.queue.shown))
	}
}

func BenchmarkUpdateAndView(b *testing.B) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			s := newStage(b, size[0], size[1])

			s.clip(true)
			pics := make([]pictureMsg, 25)
			for i := range pics {
				s.picture(time.Duration(i) * 40 * time.Millisecond)
				pics[i] = pictureMsg{s.serial, s.Model.clip.pic, true}
			}
			i := 0
			for b.Loop() {
				s.Update(pics[i%len(pics)])
				s.View()
				i++
			}
		})
	}
}

func BenchmarkScrollThroughFiveThousandFiles(b *testing.B) {
	s := newStage(b, 120, 40)
	for i := range 5000 {
		r := newRow(fmt.Sprintf("archive/%d/clip.mp4", i))
		s.addRow(r, input.Item{Path: r.path})
		r.state, r.result = done, interview(false)
	}
	s.queue.order = byScore
	s.queue.arrange()
	i := 0
	for b.Loop() {
		k := press("pgdown")
		if i++; i%100 == 0 {
			k = press("home")
		}
		s.Update(k)
		s.View()
	}
}

func BenchmarkNewsWithFiveThousandFiles(b *testing.B) {
	s := newStage(b, 120, 40)
	for i := range 5000 {
		r := newRow(fmt.Sprintf("archive/%d/clip.mp4", i))
		s.addRow(r, input.Item{Path: r.path})
	}
	s.queue.order = byScore
	s.queue.arrange()
	i := 0
	for b.Loop() {
		i++
		s.Update(newsMsg{desk.News{Results: map[int]*score.Result{i % 5000: interview(false)}, Reached: map[int]int64{i % 5000: 5}}, true})
		s.View()
	}
}
