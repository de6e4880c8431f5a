//go:build cgo

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/blendscope/blendscope/score"
)

// The long versions of these tests are scripts/soak/soak.sh's.
var (
	mutants = flag.Int("mutants", 40, "damaged files to scan")
	steady  = flag.Int("steady", 0, "clips to scan in one run while its memory is watched")
	sources = flag.String("sources", "", "folder with the files to damage and to repeat (default: those of testdata)")
	seed    = flag.Uint64("seed", 1, "of the damage")
	keep    = flag.String("keep", "", "folder for the damaged files whose scoring process did not survive")
)

// material are the files to work with.
func material(t *testing.T) []string {
	t.Helper()
	folders := []string{"../../testdata/clips", "../../testdata/photos"}
	if *sources != "" {
		folders = []string{*sources}
	}
	var files []string
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, "*.*"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatal("no files")
	}
	return files
}

// scan is a run of the program in a session of its own, by which its processes are known.
type scan struct {
	*exec.Cmd
	rows *bufio.Scanner
	errs strings.Builder
}

func start(t *testing.T, args ...string) *scan {
	t.Helper()
	s := &scan{Cmd: exec.Command("blendscope", append([]string{"scan", "--quiet", "--format", "jsonl"}, args...)...)}
	s.Env = append(os.Environ(), "BLENDSCOPE_ONNXRUNTIME="+runtimeLibrary(t))
	s.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	s.Stderr = &s.errs
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.rows = bufio.NewScanner(out)
	s.rows.Buffer(nil, 64<<20)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-s.Process.Pid, syscall.SIGKILL) })
	return s
}

// next gives the next row, nil at the end.
func (s *scan) next(t *testing.T) *score.Result {
	t.Helper()
	if !s.rows.Scan() {
		return nil
	}
	r := &score.Result{}
	if err := json.Unmarshal(s.rows.Bytes(), r); err != nil {
		t.Fatalf("%v: %s", err, s.rows.Text())
	}
	return r
}

// end waits for the program, which must have come to a regular end and left nothing behind.
func (s *scan) end(t *testing.T) {
	t.Helper()
	var failed *exec.ExitError
	if err := s.Wait(); err != nil && !(errors.As(err, &failed) && failed.ExitCode() == 3) { // 3: some without a score
		t.Errorf("%v: %s", err, s.errs.String())
	}
	left := session(t, s.Process.Pid)
	for end := time.Now().Add(30 * time.Second); len(left) > 0 && time.Now().Before(end); left = session(t, s.Process.Pid) {
		time.Sleep(50 * time.Millisecond) // dying takes as long as the machine is busy
	}
	if len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
}

// session lists the processes of a session.
func session(t *testing.T, id int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var members []int
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // gone
		}
		after := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:])) // state ppid pgrp session
		if len(after) > 3 && after[3] == strconv.Itoa(id) && after[0] != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			members = append(members, pid)
		}
	}
	return members
}

// Whatever is in the files, each gets just one row, and the program comes to its end.
func TestMutantsHaveOneRowEach(t *testing.T) {
	folder := t.TempDir()
	paths := damaged(t, folder, *mutants)
	began := time.Now()
	s := start(t, "--jobs", "2", "--max-duration", "2s", "--stall", "20s", "--include", "*", folder)
	rows, outcomes := map[string]int{}, map[string]int{}
	for r := s.next(t); r != nil; r = s.next(t) {
		rows[r.Input.Path]++
		name := string(r.Outcome.Status)
		if r.Outcome.Status == score.Failed {
			name += " " + string(r.Outcome.Reasons[0])
		}
		outcomes[name]++
		switch r.Outcome.Status {
		case score.Failed:
			note(t, r)
		case score.Scored, score.Inconclusive, score.NotApplicable:
		default:
			t.Errorf("%s: status %q", r.Input.Path, r.Outcome.Status)
		}
	}
	s.end(t)
	if len(rows) != len(paths) {
		t.Errorf("rows for %d of %d files", len(rows), len(paths))
	}
	for _, path := range paths {
		if rows[path] != 1 {
			t.Errorf("%s: %d rows", path, rows[path])
		}
	}
	t.Logf("%d files in %v", len(paths), time.Since(began).Round(time.Second))
	for _, name := range slices.Sorted(maps.Keys(outcomes)) {
		t.Logf("%6d %s", outcomes[name], name)
	}
}

// note tells of files that native code could not take, and keeps them if asked to: they are worth a look.
func note(t *testing.T, r *score.Result) {
	t.Helper()
	switch r.Outcome.Reasons[0] {
	case score.Crashed, score.Hung, score.OutOfMemory, score.TimedOut, score.Internal:
	default:
		return
	}
	t.Logf("%s: %s: %s", filepath.Base(r.Input.Path), r.Outcome.Reasons[0], r.Outcome.Detail)
	if *keep == "" {
		return
	}
	data, err := os.ReadFile(r.Input.Path)
	if err == nil {
		err = os.WriteFile(filepath.Join(*keep, filepath.Base(r.Input.Path)), data, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

func damaged(t *testing.T, folder string, count int) []string {
	t.Helper()
	files := material(t)
	m := &mutator{}
	for _, file := range files {
		m.others = append(m.others, readFile(t, file))
	}
	var paths []string
	for i := range count {
		m.random = rand.New(rand.NewPCG(*seed, uint64(i)))
		n := i % len(files)
		data := m.mutate(m.others[n])
		data = append(data, fmt.Sprintf("%08d", i)...) // no two are the same, so that each is scored
		paths = append(paths, filepath.Join(folder, fmt.Sprintf("%05d%s", i, filepath.Ext(files[n]))))
		if err := os.WriteFile(paths[i], data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A playlist that passes for a video must lead neither to another file nor to the network.
func TestDisguisedPlaylistsOpenNothing(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var calls atomic.Int32
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			_ = c.Close()
		}
	}()
	folder := t.TempDir()
	canary := filepath.Join(folder, "canary.ts")
	copyFile(t, "../../testdata/clips/portrait.mp4", canary)
	fixTimes(t, canary)
	inputs := filepath.Join(folder, "inputs")
	if err := os.Mkdir(inputs, 0o700); err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String() + "/x.ts"
	ftyp := "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" // the gate lets it pass as far as it reads
	lists := map[string]string{
		"hls":    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + canary + "\n#EXTINF:1,\n" + url + "\n#EXT-X-ENDLIST\n",
		"concat": "ffconcat version 1.0\nfile '" + canary + "'\nfile '" + url + "'\n",
		"sdp":    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
	}
	var paths []string
	for name, text := range lists {
		for prefix, head := range map[string]string{"": "", "ftyp-": ftyp} {
			path := filepath.Join(inputs, prefix+name+".mp4")
			if err := os.WriteFile(path, []byte(head+text), 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	s := start(t, paths...)
	count := 0
	for r := s.next(t); r != nil; r = s.next(t) {
		if count++; r.Outcome.Status != score.Failed {
			t.Errorf("%s: %s", r.Input.Path, r.Outcome.Status)
		}
	}
	s.end(t)
	if count != len(paths) {
		t.Errorf("%d rows for %d playlists", count, len(paths))
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	if wasRead(t, canary) {
		t.Error("the canary was read")
	}
}

// fixTimes makes a file look unread since long before it was last changed, so that any reading shows in its access time,
// also where the file system notes only the first (relatime).
func fixTimes(t *testing.T, path string) {
	t.Helper()
	now := time.Now()
	if err := os.Chtimes(path, now.Add(-48*time.Hour), now.Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func wasRead(t *testing.T, path string) bool {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	at := info.Sys().(*syscall.Stat_t).Atim
	return time.Since(time.Unix(at.Unix())) < 24*time.Hour
}

func TestCanaryCanBeSeenReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "canary")
	copyFile(t, "../../testdata/clips/portrait.mp4", path)
	fixTimes(t, path)
	if wasRead(t, path) {
		t.Fatal("it counts as read before anybody read it")
	}
	readFile(t, path)
	if !wasRead(t, path) {
		t.Skip("this file system keeps no access times")
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, readFile(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
}

// use is what the processes of a run hold.
type use struct {
	parent, child int64 // resident bytes
	files         int   // descriptors of both; 0 where they cannot be counted
}

// Memory and descriptors are the same after 500 clips as after 50.
func TestManyClipsTakeNoMoreThanFew(t *testing.T) {
	if *steady == 0 {
		t.Skip("with -steady N only")
	}
	folder := t.TempDir()
	files := slices.DeleteFunc(material(t), func(name string) bool { return filepath.Ext(name) != ".mp4" })
	for i := range *steady {
		data := readFile(t, files[i%len(files)])
		data = append(binary.BigEndian.AppendUint32(data, 16), fmt.Sprintf("free%08d", i)...) // an empty box: no two files are the same
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%05d.mp4", i)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, folder)
	var uses []use
	for r := s.next(t); r != nil; r = s.next(t) {
		uses = append(uses, s.use(t))
	}
	s.end(t)
	const window = 50
	if len(uses) < 3*window {
		t.Fatalf("%d rows are too few to tell", len(uses))
	}
	early, late := uses[window:2*window], uses[len(uses)-window-1:len(uses)-1] // the last row comes as the child ends
	for _, m := range []struct {
		name string
		of   func(use) int64
		most float64
	}{
		{"memory of the parent", func(u use) int64 { return u.parent }, 1.05},
		{"memory of the child", func(u use) int64 { return u.child }, 1.05},
		{"file descriptors", func(u use) int64 { return int64(u.files) }, 1},
	} {
		before, after := median(early, m.of), median(late, m.of)
		t.Logf("%s: %d after %d clips, %d after %d: %+.1f %%", m.name, before, window, after, len(uses), 100*(float64(after)/float64(max(1, before))-1))
		if float64(after) > m.most*float64(before) {
			t.Errorf("%s grows", m.name)
		}
	}
}

func (s *scan) use(t *testing.T) use {
	t.Helper()
	var u use
	for _, pid := range session(t, s.Process.Pid) {
		held := resident(pid)
		if pid == s.Process.Pid {
			u.parent = held
		} else {
			u.child = max(u.child, held)
		}
		if open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
			u.files += len(open)
		} else if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return u
}

func resident(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data))
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func median(uses []use, of func(use) int64) int64 {
	var values []int64
	for _, u := range uses {
		values = append(values, of(u))
	}
	slices.Sort(values)
	return values[len(values)/2]
}
