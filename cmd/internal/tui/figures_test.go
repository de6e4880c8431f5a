//go:build linux

package tui

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// measured builds the program if it is to be measured.
func measured(t *testing.T) (program, environment, root string) {
	t.Helper()
	if os.Getenv(figures) == "" {
		t.Skip("measures for minutes: " + figures + "=1 go test -run Figures -v ./cmd/internal/tui")
	}
	return binary(t)
}

// TestFigures measures what a reviewer feels: when the first picture is there, whether every frame is shown and scored in
// real time, and the memory that an hour of video takes.
func TestFigures(t *testing.T) {
	program, environment, root := measured(t)
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

// TestFiguresOfKeys measures how soon a key is answered while every frame of a clip is shown and scored: it presses pause
// and play, and waits until the answer is written to the terminal. That is a bare one: tmux would take longer than the
// program.
func TestFiguresOfKeys(t *testing.T) {
	program, environment, root := measured(t)
	master, slave := bare(t, 120, 40)
	review := exec.Command(program, "review", "--all-frames", film(t, root, 60))
	review.Env = append(os.Environ(), strings.Fields(environment)...)
	review.Stdin, review.Stdout, review.Stderr = slave, slave, slave
	review.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := review.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = review.Process.Signal(syscall.SIGTERM)
		_ = review.Wait() // interrupted
	}()
	slave.Close()
	written := make(chan []byte, 100)
	go func() {
		for {
			chunk := make([]byte, 64<<10)
			n, err := master.Read(chunk)
			if err != nil {
				return
			}
			written <- chunk[:n]
		}
	}()
	until := func(text string) {
		t.Helper()
		var all []byte
		for late := time.After(patience); !bytes.Contains(all, []byte(text)); {
			select {
			case chunk := <-written:
				all = append(all, chunk...)
			case <-late:
				t.Fatalf("%q was not written", text)
			}
		}
	}
	until("highest so far") // scoring is under way
	var took []time.Duration
	for i := range 60 {
		for pause := time.After(150*time.Millisecond + time.Duration(i)*time.Millisecond); pause != nil; {
			select {
			case <-written:
			case <-pause:
				pause = nil
			}
		}
		pressed := time.Now()
		if _, err := master.WriteString(" "); err != nil {
			t.Fatal(err)
		}
		until([]string{"▮▮", "▶"}[i%2])
		took = append(took, time.Since(pressed))
	}
	slices.Sort(took)
	middle, most, all := took[len(took)/2], took[len(took)*9/10], took[len(took)-1]
	t.Logf("a key is answered while scoring: half within %v, 9 of 10 within %v, all within %v (to reach: 50 ms)",
		middle.Round(time.Millisecond), most.Round(time.Millisecond), all.Round(time.Millisecond))
}

// bare opens a terminal of that size: the end of whoever looks at it, and that of the program.
func bare(t *testing.T, width, height uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { master.Close() })
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: height, Col: width})
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}
