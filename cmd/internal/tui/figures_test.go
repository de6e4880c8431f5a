package tui

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// figures is the variable that has the speed of a review measured: it takes minutes, and says something on an idle machine
// only.
const figures = "BLENDSCOPE_FIGURES"

// film makes a clip of the face in testdata: 720p, 30 frames a second, H.264.
func film(t *testing.T, root string, seconds int) string {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg to make a clip with")
	}
	name := filepath.Join(t.TempDir(), fmt.Sprintf("%ds.mp4", seconds))
	short := min(seconds, 20)
	filter := fmt.Sprintf("zoompan=z='1.1+0.1*sin(on/90)':x='(iw-iw/zoom)*(0.5+0.3*sin(on/70))':y='(ih-ih/zoom)*0.3':d=%d:s=1280x720:fps=30,format=yuv420p", 30*short)
	run := func(args ...string) {
		if out, err := exec.Command(ffmpeg, append([]string{"-v", "error", "-nostdin", "-y"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("ffmpeg: %v\n%s", err, out)
		}
	}
	run("-loop", "1", "-i", root+"/testdata/photos/portrait.jpg", "-vf", "scale=2560:1440:force_original_aspect_ratio=increase,crop=2560:1440,"+filter,
		"-frames:v", fmt.Sprint(30*short), "-c:v", "libx264", "-preset", "veryfast", "-b:v", "3M", name)
	if short == seconds {
		return name
	}
	long := name + ".long.mp4"
	run("-stream_loop", fmt.Sprint(seconds/short-1), "-i", name, "-c", "copy", long)
	return long
}

// TestFigures measures what a reviewer feels: when the first picture is there, whether every frame is shown and scored in
// real time, how soon a key is answered meanwhile, and the memory that an hour of video takes.
func TestFigures(t *testing.T) {
	if os.Getenv(figures) == "" {
		t.Skip("measures for minutes: " + figures + "=1 go test -run Figures -v ./cmd/internal/tui")
	}
	program, environment, root := binary(t)
	clip := film(t, root, 20)
	review := func(args string) (*terminal, func() string) {
		pid := filepath.Join(t.TempDir(), "pid")
		term := newTerminal(t, 120, 40, fmt.Sprintf("%s sh -c 'echo $$ >%s; exec %s review %s'", environment, pid, program, args))
		return term, func() string {
			data, err := os.ReadFile(pid)
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(string(data))
		}
	}
	begin := time.Now()
	term, _ := review("--all-frames " + clip)
	term.quickly("▀▀▀▀▀▀▀▀")
	t.Logf("first picture: %v after the start, tmux's own included (to reach: 0.7 s)", time.Since(begin).Round(time.Millisecond))
	term.quickly("highest so far") // scoring is under way, whether or not it keeps up with playing
	var worst time.Duration
	for range 20 { // pause and play
		want := "▮▮ 0:"
		if strings.Contains(term.screen(), want) {
			want = "▶  0:"
		}
		pressed := time.Now()
		term.keys("space")
		term.quickly(want)
		worst = max(worst, time.Since(pressed))
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("a key is answered within %v while scoring, two calls of tmux included (to reach: 50 ms)", worst.Round(time.Millisecond))
	start := time.Now()
	for end := start.Add(10 * time.Minute); !strings.Contains(term.screen(), "A score is one hint") && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("the rest of 20 s of 720p30 was scored in %v, every frame", time.Since(start).Round(100*time.Millisecond))
	_, line, _ := strings.Cut(term.until("▮▮ 0:"), "▮▮ 0:")
	line, _, _ = strings.Cut(line, "\n")
	t.Logf("after playing: %s (to reach: nothing that was not shown)", strings.TrimSpace(line))

	hour := film(t, root, 3600)
	term, pid := review(hour)
	term.until("▶  0:")
	time.Sleep(30 * time.Second)
	term.keys("G")
	term.until("59:5")
	time.Sleep(10 * time.Second)
	out, err := exec.Command("ps", "-o", "rss=,args=", "--pid", pid(), "--ppid", pid()).CombinedOutput()
	if err != nil {
		t.Fatalf("ps: %v", err)
	}
	t.Logf("memory with an hour of video open (KB, to reach: under 500 MB):\n%s", out)
}

// quickly waits for a text with as little delay as tmux allows.
func (term *terminal) quickly(text string) {
	term.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(term.screen(), text); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			term.t.Fatalf("%q did not come onto the screen:\n%s", text, term.screen())
		}
	}
}
