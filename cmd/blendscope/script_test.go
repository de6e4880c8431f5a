//go:build cgo

package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/blendscope/blendscope/cmd/internal/scripttest"
	"github.com/blendscope/blendscope/models"
)

var update = flag.Bool("update", false, "write the expected files of the scripts instead of comparing with them")

// TestMain lets the scripts call this test binary as blendscope, the real one.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"blendscope": main, "unprivileged": unprivileged})
}

func TestScripts(t *testing.T) {
	p := scripttest.Params("../..", "native", *update)
	library := runtimeLibrary(t)
	setup := p.Setup
	p.Setup = func(e *testscript.Env) error {
		e.Setenv("BLENDSCOPE_ONNXRUNTIME", library)
		return setup(e)
	}
	p.Condition = func(name string) (bool, error) {
		if name != "shipped" {
			return false, fmt.Errorf("unknown condition %q", name)
		}
		folders, err := fs.Glob(models.FS(), "*/manifest.json")
		return len(folders) >= 2, err
	}
	testscript.Run(t, p)
}

// runtimeLibrary is the ONNX Runtime to test with.
func runtimeLibrary(t *testing.T) string {
	t.Helper()
	library := os.Getenv("BLENDSCOPE_ONNXRUNTIME")
	if library == "" {
		library, _ = filepath.Abs("../../lib/libonnxruntime.so")
	}
	if _, err := os.Stat(library); err != nil {
		t.Skip("no ONNX Runtime to test with (make setup installs it): ", err)
	}
	return library
}

// unprivileged runs a command that may not read everything, which root may. It ends with the command's code.
func unprivileged() {
	// Capabilities go with the thread that makes the new process.
	runtime.LockOSThread()
	if os.Geteuid() == 0 {
		for _, capability := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
			if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
				fmt.Fprintln(os.Stderr, "cannot drop root's rights:", err)
				os.Exit(99)
			}
		}
	}
	path, err := exec.LookPath(os.Args[1])
	if err == nil {
		err = syscall.Exec(path, os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(99)
}
