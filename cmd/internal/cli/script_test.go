package cli

import (
	"flag"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/scripttest"
)

var update = flag.Bool("update", false, "write the expected files of the scripts instead of comparing with them")

// TestMain lets the scripts call this test binary as blendscope, with an engine that needs no libraries.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"blendscope": func() {
		e := env.OS()
		e.Exit(Main(e, enginetest.Platform{}))
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, scripttest.Params("../../..", "fake", *update))
}
