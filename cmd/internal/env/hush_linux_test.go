package env

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The child says "own", then "native" as a library would, then crashes.
func TestHush(t *testing.T) {
	if os.Getenv("HUSH_TEST_CHILD") != "" {
		stream := hush()
		io.WriteString(stream, "own\n")
		unix.Write(unix.Stderr, []byte("native\n"))
		go panic("boom")
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=TestHush$")
	cmd.Env = append(os.Environ(), "HUSH_TEST_CHILD=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil {
		t.Error("the child did not crash")
	}
	said := stderr.String()
	if !strings.Contains(said, "own\n") || strings.Contains(said, "native") || !strings.Contains(said, "panic: boom") {
		t.Errorf("stderr: %s", said)
	}
}
