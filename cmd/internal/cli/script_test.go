package cli

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
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
	testscript.Run(t, scripttest.Params("../../..", "fake", *update))
}
