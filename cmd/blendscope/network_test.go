//go:build cgo

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The kernel sees every call: not one is about the network.
func TestNoNetworkCalls(t *testing.T) {
	tracer, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace to watch with")
	}
	log := filepath.Join(t.TempDir(), "calls")
	trace := exec.Command(tracer, "-f", "-qq", "-e", "trace=%network", "-e", "signal=none", "-o", log,
		"blendscope", "scan", "--quiet", "--max-duration", "1s", "../../testdata/clips/portrait.mp4", "../../testdata/photos/portrait.jpg")
	trace.Env = append(os.Environ(), "BLENDSCOPE_ONNXRUNTIME="+runtimeLibrary(t))
	if out, err := trace.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "ptrace") {
			t.Skipf("tracing is not allowed here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	if calls := networkCalls(string(readFile(t, log))); len(calls) > 0 {
		t.Errorf("network calls:\n%s", strings.Join(calls, "\n"))
	}
}

// networkCalls are the lines of a trace that tell of a call. A thread that the end of its process kills as it enters one
// leaves a line without a name: strace can no longer ask which call it was, be it one that was asked for or not, and the
// kernel no longer carries it out. The line ends as unfinished where that of another thread comes next.
func networkCalls(trace string) []string {
	nameless := regexp.MustCompile(`^\d+ +\?+\( <(detached|unfinished) \.\.\.>$`)
	return slices.DeleteFunc(strings.FieldsFunc(trace, func(r rune) bool { return r == '\n' }), nameless.MatchString)
}

func TestNetworkCallsAreTold(t *testing.T) {
	got := networkCalls("12 socket(AF_INET, SOCK_STREAM, 0) = 3\n14 ???( <unfinished ...>\n13 ???( <detached ...>\n" +
		"11 bind(3,  <unfinished ...>\n12 connect(3,  <detached ...>\n")
	if want := []string{"12 socket(AF_INET, SOCK_STREAM, 0) = 3", "11 bind(3,  <unfinished ...>", "12 connect(3,  <detached ...>"}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}
