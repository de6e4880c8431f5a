//go:build linux

package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A child fills a store up to the size that its files may have, as on a full disk: the row that no longer fits is an
// error, and the store stays one that the next run goes on with.
func TestFullDisk(t *testing.T) {
	if name := os.Getenv("STORE_TEST_FILL"); name != "" {
		fill(name)
	}
	name := filepath.Join(t.TempDir(), "store.jsonl")
	cmd := exec.Command(os.Args[0], "-test.run=TestFullDisk$")
	cmd.Env = append(os.Environ(), "STORE_TEST_FILL="+name)
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 9 {
		t.Fatalf("child: %v\n%s", err, out)
	}
	rows := 0
	fmt.Sscanf(string(out), "%d rows", &rows)
	s := open(t, name, Options{})
	if rows < 3 || s.Rows() != rows || s.Torn {
		t.Errorf("%d rows in the store, %d were added; torn %t", s.Rows(), rows, s.Torn)
	}
	if err := s.Add(row("next", "f")); err != nil || found(t, s, "f") != "next" {
		t.Errorf("the store cannot be gone on with: %v", err)
	}
}

// fill adds rows until one does not fit, and exits with 9.
func fill(name string) {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Open(name, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4000, Max: 4000}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for rows := 0; rows < 100; rows++ {
		if err := s.Add(row(fmt.Sprint(rows), fmt.Sprint(rows%10))); err != nil {
			fmt.Printf("%d rows; %v\n", rows, err)
			os.Exit(9)
		}
	}
	os.Exit(2)
}

// A store that ends with the process goes on when there is room again, and finds what it was given since.
func TestFullDiskForAWhile(t *testing.T) {
	if os.Getenv("STORE_TEST_FILL_TEMPORARY") != "" {
		fillForAWhile()
	}
	cmd := exec.Command(os.Args[0], "-test.run=TestFullDiskForAWhile$")
	cmd.Env = append(os.Environ(), "STORE_TEST_FILL_TEMPORARY=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fillForAWhile() {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := Temporary(Options{})
	var limit syscall.Rlimit
	if err := errors.Join(err, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	tight := limit
	tight.Cur = 1000 // a row and a half
	err = errors.Join(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &tight), s.Add(row("first", "a")))
	full := s.Add(row("second", "b"))
	err = errors.Join(err, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit), s.Add(row("third", "c")))
	for sum, want := range map[string]string{"a": "first", "c": "third"} {
		if r, wrong := s.Find(strings.Repeat(sum, 64)); wrong != nil || r == nil || r.Input.Path != want {
			err = errors.Join(err, fmt.Errorf("%s: %+v, %w", want, r, wrong))
		}
	}
	if err != nil || full == nil {
		fmt.Println("full:", full, "error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
