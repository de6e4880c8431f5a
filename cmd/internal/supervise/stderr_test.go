package supervise

import (
	"fmt"
	"strings"
	"testing"
)

func TestSaidIsBounded(t *testing.T) {
	var s said
	fmt.Fprintln(&s, "first")
	for range 10_000 {
		fmt.Fprintln(&s, "a library grumbles")
	}
	fmt.Fprintln(&s, "last")
	lines := s.lines()
	if kept := len(s.first) + len(s.last); kept > 2*mostSaid || lines[0] != "first" || lines[len(lines)-1] != "last" {
		t.Errorf("%d bytes kept, from %q to %q", kept, lines[0], lines[len(lines)-1])
	}
	if s.forget(); s.cause() != "" {
		t.Errorf("still says %q", s.cause())
	}
}

func TestCause(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"Corrupt JPEG data\nSIGSEGV: segmentation violation\nPC=0x1 m=3\n\ngoroutine 1": "SIGSEGV: segmentation violation",
		"a\n\nb\n":                 "b",
		"evil \x1b[2J\n":           `evil \x1b[2J`,
		strings.Repeat("x", 5_000): strings.Repeat("x", mostCause) + "...",
		"terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc": "terminate called after throwing an instance of 'std::bad_alloc'",
	} {
		var s said
		fmt.Fprint(&s, text)
		if got := s.cause(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if strings.Contains(text, "bad_alloc") != s.starved() {
			t.Errorf("%q: starved %t", text, s.starved())
		}
	}
}
