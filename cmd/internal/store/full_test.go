//go:build linux

package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
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
