//go:build linux

package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The full figure: go test ./cmd/internal/cli -run TestKilled -kills 50 -clips 300, and with the real engine and copies of
// real clips: -program bin/blendscope -from testdata/clips.
var (
	kills   = flag.Int("kills", 6, "TestKilled: how often the run is killed")
	clips   = flag.Int("clips", 40, "TestKilled: files in the run")
	program = flag.String("program", "", "TestKilled: the program that is killed instead of one with a fake engine")
	from    = flag.String("from", "", "TestKilled: folder with real clips")
	jobs    = flag.Int("jobs", 1, "TestKilled: --jobs of the run")
	seed    = flag.Uint64("seed", 1, "TestKilled: of the moments at which it is killed")
)

// A run that is killed over and over, itself or one of its children, ends with the rows of one that nothing happened to.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "archive")
	grow(t, archive)
	undisturbed, disturbed := filepath.Join(dir, "undisturbed.jsonl"), filepath.Join(dir, "disturbed.jsonl")
	start := time.Now()
	if err := scanCommand(t, undisturbed, archive).Run(); err != nil && exitCode(err) != 3 {
		t.Fatal(err)
	}
	whole := time.Since(start)

	random := rand.New(rand.NewPCG(*seed, 0))
	killed, children := 0, 0
	for killed < *kills {
		at := time.Duration(random.Float64() * float64(whole) * 2 / float64(*kills))
		hit, child := kill(t, scanCommand(t, disturbed, archive), at, random)
		if !hit {
			disturbed, whole = filepath.Join(dir, fmt.Sprintf("disturbed-after-%d.jsonl", killed)), whole/2
			continue // it was through before: the machine has become quicker
		}
		killed++
		if child {
			children++
		}
	}
	err := scanCommand(t, disturbed, archive).Run()
	if err != nil && exitCode(err) != 3 {
		t.Fatal(err)
	}
	want, got := rowsOf(t, undisturbed), rowsOf(t, disturbed)
	t.Logf("%d kills (%d of children) in %d rows; undisturbed %v", killed, children, len(want), whole.Round(time.Millisecond))
	if len(want) != *clips || !slices.Equal(got, want) {
		t.Errorf("%d rows, want %d; the first that differs:\n%s", len(got), len(want), firstDifference(got, want))
	}
}

// grow fills a folder with as many files as the run is to have, some of them broken, in folders.
func grow(t *testing.T, archive string) {
	t.Helper()
	var real []string
	if *from != "" {
		real, _ = filepath.Glob(filepath.Join(*from, "*"))
	}
	for i := range *clips {
		name := filepath.Join(archive, strconv.Itoa(i%7), fmt.Sprintf("%03d.mp4", i))
		data := fmt.Appendf(nil, "score 0.%03d\nsleep %dms\n", 1+i, i%5)
		switch {
		case len(real) > 0:
			var err error
			if data, err = os.ReadFile(real[i%len(real)]); err != nil {
				t.Fatal(err)
			}
			data = fmt.Append(data, i) // bytes of its own; players ignore what follows the end
		case i%11 == 3:
			data = []byte("nonsense " + name)
		case i%13 == 5:
			data = []byte("panic\n" + name)
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// scanCommand is one run.
func scanCommand(t *testing.T, store, archive string) *exec.Cmd {
	t.Helper()
	name := *program
	if name == "" {
		name = os.Args[0]
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, "scan", "-q", "--resume", store, "--jobs", strconv.Itoa(*jobs), "-o", store+".csv", archive)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

func exitCode(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return -1
}

// kill starts the run and kills it, or one of its children, at some moment. It is false when the run ends before.
func kill(t *testing.T, cmd *exec.Cmd, at time.Duration, random *rand.Rand) (hit, child bool) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
		return false, false
	case <-time.After(at):
	}
	if pids := childrenOf(cmd.Process.Pid); len(pids) > 0 && random.IntN(2) == 0 {
		_ = syscall.Kill(pids[random.IntN(len(pids))], syscall.SIGKILL)
		time.Sleep(time.Duration(random.Float64() * float64(at)))
		child = true // the parent is to go on; it is killed all the same, later
	}
	_ = cmd.Process.Kill()
	<-ended
	return true, child
}

func childrenOf(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		data, _ := os.ReadFile(list)
		for _, field := range strings.Fields(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// rowsOf are the rows of a store without what may differ between runs: the time they took, and with several jobs their
// order.
func rowsOf(t *testing.T, store string) []string {
	t.Helper()
	data, err := os.ReadFile(store)
	if err != nil {
		t.Fatal(err)
	}
	data = regexp.MustCompile(`(?m),"timing":.*$`).ReplaceAll(data, nil)
	rows := strings.Split(string(bytes.TrimSuffix(data, []byte("\n"))), "\n")
	if *jobs > 1 {
		slices.Sort(rows)
	}
	return rows
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return got[i] + "\n" + want[i]
		}
	}
	return "none but the number"
}
