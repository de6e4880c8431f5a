package tui

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
)

// panicking is the variable that makes this test binary a review that panics.
const panicking = "TUI_TEST_PANIC"

func TestMain(m *testing.M) {
	if os.Getenv(panicking) == "" {
		os.Exit(m.Run())
	}
	e := env.OS()
	nothing := func(context.Context, string) (engine.Preview, error) { return nil, os.ErrNotExist }
	err := Run(context.Background(), e, Options{Desk: &bomb{}, Preview: nothing})
	fmt.Fprintln(e.Out, "ended:", err)
	os.Exit(int(exit.Of(err)))
}

// bomb is a desk that goes off soon after the screen is up.
type bomb struct{ clerk }

func (*bomb) Next(context.Context) (desk.News, bool) {
	time.Sleep(300 * time.Millisecond)
	panic("a bug")
}

// terminal is a real one, run by tmux on a socket of its own.
type terminal struct {
	t      testing.TB
	socket string
}

// newTerminal runs a shell command in a terminal of that size.
func newTerminal(t testing.TB, width, height int, command string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux to run a terminal with: apt-get install tmux")
	}
	if pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		t.Skip("no terminals here: ", err)
	} else {
		pty.Close()
	}
	folder, err := os.MkdirTemp("", "tui") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t, filepath.Join(folder, "s")}
	term.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), command+`; echo "EXIT $?"; sleep 600`)
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", term.socket, "kill-server").Run() // it may be gone
		os.RemoveAll(folder)
	})
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", term.socket}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %s: %v\n%s", args[0], err, out)
	}
	return string(out)
}

func (term *terminal) screen() string { return term.tmux("capture-pane", "-p") }

func (term *terminal) keys(keys ...string) {
	term.t.Helper()
	term.tmux(append([]string{"send-keys"}, keys...)...)
}

// patience is how long a loaded machine may take.
const patience = 2 * time.Minute

// until waits for a screen that has all the texts.
func (term *terminal) until(texts ...string) string {
	term.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		screen, missing := term.screen(), ""
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				missing = text
			}
		}
		if missing == "" {
			return screen
		}
		if time.Now().After(end) {
			term.t.Fatalf("%q did not come onto the screen:\n%s", missing, screen)
		}
	}
}

// clean checks that the terminal is as a program must leave it.
func (term *terminal) clean() {
	term.t.Helper()
	if got := strings.TrimSpace(term.tmux("display", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{bracket_paste_flag}")); got != "0 0 1 0" && got != "0 0 1" {
		term.t.Errorf("alternate screen, mouse, cursor, paste mode: %s", got)
	}
}

// binary builds the program, for real clips and models.
func binary(t testing.TB) (program, environment, root string) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Skip("without cgo there is no native part to test")
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	library := os.Getenv("BLENDSCOPE_ONNXRUNTIME")
	if library == "" {
		library = filepath.Join(root, "lib", "libonnxruntime.so")
	}
	if _, err := os.Stat(library); err != nil {
		t.Skip("no ONNX Runtime to test with (make setup installs it): ", err)
	}
	program = filepath.Join(t.TempDir(), "blendscope")
	build := exec.Command("go", "build", "-o", program, "./cmd/blendscope")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the program with its native part cannot be built here: %v\n%s", err, out)
	}
	return program, "BLENDSCOPE_ONNXRUNTIME=" + library + " TERM=xterm-256color COLORTERM=truecolor", root
}

func TestAReviewFromBeginningToEnd(t *testing.T) {
	program, environment, root := binary(t)
	out := t.TempDir()
	term := newTerminal(t, 120, 40, fmt.Sprintf("%s %s review --to %s %s/testdata/clips/selfblended.mp4", environment, program, out, root))
	term.until("selfblended.mp4", "▀▀▀▀▀▀▀▀", "640×360")
	term.until("VERDICT", "├", "A score is one hint")
	term.keys("G")
	term.until("frame 99")
	term.keys("N") // back to a stretch, or to the strongest moment
	for strings.Contains(term.until("▮▮ 0:0"), "frame 99") {
		time.Sleep(50 * time.Millisecond)
	}
	term.keys("a")
	term.until("comment:")
	term.keys("the jaw", "Enter")
	term.until("marked 0:0")
	term.keys("e", "j")
	term.until("wrote", "selfblended.review.json")
	var e Exported
	data, err := os.ReadFile(filepath.Join(out, "selfblended.review.json"))
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil || len(e.Marks) != 1 || e.Marks[0].Comment != "the jaw" || e.Outcome.Score == nil {
		t.Fatalf("exported: %+v, %v", e.Marks, err)
	}
	term.keys("e", "p")
	picture := fmt.Sprintf("selfblended.frame-%d.png", e.Marks[0].Frame)
	term.until(picture)
	term.keys("f")
	term.until("FACE #1", "▀▀▀▀")
	term.keys("q")
	term.until("VERDICT")
	term.tmux("resize-window", "-x", "80", "-y", "24")
	term.until("VERDICT", "? help")
	term.keys("q")
	term.until("EXIT 0")
	term.clean()
	if info, err := os.Stat(filepath.Join(out, picture)); err != nil || info.Size() < 1000 {
		t.Errorf("%s: %v", picture, err)
	}
}

func TestTheTerminalIsCleanAfterASignal(t *testing.T) {
	program, environment, root := binary(t)
	for _, signal := range []string{"TERM", "HUP"} {
		pid := filepath.Join(t.TempDir(), "pid")
		term := newTerminal(t, 100, 30, fmt.Sprintf("%s sh -c 'echo $$ >%s; exec %s review %s/testdata/clips/portrait.mp4'", environment, pid, program, root))
		term.until("portrait.mp4", "▀▀▀▀")
		number, err := os.ReadFile(pid)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("kill", "-"+signal, strings.TrimSpace(string(number))).CombinedOutput(); err != nil {
			t.Fatalf("kill: %v %s", err, out)
		}
		term.until("EXIT 130")
		term.clean()
	}
}

func TestTheTerminalIsCleanAfterAPanic(t *testing.T) {
	term := newTerminal(t, 100, 30, fmt.Sprintf("%s=1 TERM=xterm-256color %s", panicking, os.Args[0]))
	if screen := term.until("EXIT 1"); !strings.Contains(screen, "panic") {
		t.Errorf("nothing is said:\n%s", screen)
	}
	term.clean()
}
