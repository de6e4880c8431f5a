package cli

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/cmd/internal/scripttest"
	"github.com/blendscope/blendscope/cmd/internal/supervise"
)

var update = flag.Bool("update", false, "write the expected files of the scripts instead of comparing with them")

// TestMain lets the scripts call this test binary as blendscope, with an engine that needs no libraries.
func TestMain(m *testing.M) {
	program := func() {
		e := env.OS()
		e.Exit(Main(e, supervise.New(enginetest.Platform{}, e)))
	}
	if os.Getenv(asProgram) != "" {
		program()
	}
	testscript.Main(m, map[string]func(){"blendscope": program})
}

// asProgram is the variable that makes this test binary behave as blendscope for tests that start it themselves.
const asProgram = "BLENDSCOPE_TEST_AS_PROGRAM"

func TestScripts(t *testing.T) {
	p := scripttest.Params("../../..", "fake", *update)
	p.Condition = func(name string) (bool, error) {
		if name != "sandbox" {
			return false, fmt.Errorf("unknown condition %q", name)
		}
		return sandboxed(), nil
	}
	testscript.Run(t, p)
}

// sandboxed tells whether this system can take from a process all that it should not have. It costs a thread.
func sandboxed() bool {
	holds := make(chan bool)
	go func() {
		runtime.LockOSThread() // and ends with the goroutine
		_, lacking := sandbox.Describe(sandbox.Confine(sandbox.Plan{}))
		holds <- lacking == ""
	}()
	return <-holds
}
