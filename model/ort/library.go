package ort

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

// The beginning of ONNX Runtime's entry point, unchanged since its first release.
typedef struct {
	const void *(*GetApi)(unsigned int version);
	const char *(*GetVersionString)(void);
} bs_api_base;

// bs_version is the library's version, or NULL when it is not ONNX Runtime.
static const char *bs_version(void *library) {
	const bs_api_base *(*entry)(void) = (const bs_api_base *(*)(void)) dlsym(library, "OrtGetApiBase");
	const bs_api_base *base = entry ? entry() : NULL;
	return base && base->GetVersionString ? base->GetVersionString() : NULL;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"
)

// oldest is the first release with the interface that the wrapper was compiled for (ORT_API_VERSION 24).
var oldest = [2]int{1, 24}

// ErrLibrary means that no usable ONNX Runtime library was found; LibraryError has the details.
var ErrLibrary = errors.New("no usable ONNX Runtime library")

// LibraryError tells what was tried. Each Reasons entry belongs to the path at the same place.
type LibraryError struct {
	Paths   []string
	Reasons []error
}

// Error lists every path with its reason.
func (e *LibraryError) Error() string {
	var b strings.Builder
	b.WriteString(ErrLibrary.Error())
	for i, p := range e.Paths {
		fmt.Fprintf(&b, "; %s: %v", p, e.Reasons[i])
	}
	return b.String()
}

// Hint is what the user can do.
func (e *LibraryError) Hint() string {
	return fmt.Sprintf("run `make setup`, or set BLENDSCOPE_ONNXRUNTIME to ONNX Runtime %d.%d or later (%s)", oldest[0], oldest[1], fileName())
}

// Is makes errors.Is(err, ErrLibrary) true.
func (e *LibraryError) Is(target error) bool { return target == ErrLibrary }

// Libraries are the places where the runtime's library is looked for. A path given by the user is the only one, so that
// a mistake in it shows. Otherwise: lib/ beside the executable, lib/ beside the executable's folder, and whatever the
// system's loader knows.
func Libraries(explicit, executable string) []string {
	if explicit != "" {
		return []string{explicit}
	}
	var paths []string
	if executable != "" {
		if real, err := filepath.EvalSymlinks(executable); err == nil {
			executable = real
		}
		dir := filepath.Dir(executable)
		paths = append(paths, filepath.Join(dir, "lib", fileName()), filepath.Join(filepath.Dir(dir), "lib", fileName()))
	}
	return append(paths, fileName())
}

func fileName() string {
	if runtime.GOOS == "darwin" {
		return "libonnxruntime.dylib"
	}
	return "libonnxruntime.so"
}

// findLibrary returns the first usable library of paths and its version. A name without a folder is left to the
// system's loader.
func findLibrary(paths []string) (path, version string, err error) {
	failure := &LibraryError{}
	for _, p := range paths {
		version, err := probe(p)
		if err == nil {
			return p, version, nil
		}
		failure.Paths, failure.Reasons = append(failure.Paths, p), append(failure.Reasons, err)
	}
	return "", "", failure
}

// probe loads a library and asks for its version. It is done apart from the wrapper, which answers an old library with
// an error number and keeps pointers into what it has unloaded. A good library stays loaded until the process ends:
// threads of its own may outlive the environment (CUDA's do), and unmapping their code would crash them.
func probe(path string) (version string, err error) {
	if filepath.Base(path) != path {
		if info, err := os.Stat(path); err != nil {
			return "", errors.Unwrap(err) // the path stands beside it already
		} else if info.IsDir() {
			return "", &fs.PathError{Op: "load", Path: path, Err: errors.New("is a directory")}
		}
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	runtime.LockOSThread() // dlerror is per thread
	defer runtime.UnlockOSThread()
	library := C.dlopen(name, C.RTLD_LAZY|C.RTLD_LOCAL)
	if library == nil {
		return "", errors.New(strings.TrimPrefix(C.GoString(C.dlerror()), path+": "))
	}
	defer func() {
		if err != nil {
			C.dlclose(library)
		}
	}()
	text := C.bs_version(library)
	if text == nil {
		return "", errors.New("it is not ONNX Runtime")
	}
	version = C.GoString(text)
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return "", fmt.Errorf("it reports the version %q", version)
	}
	if major < oldest[0] || major == oldest[0] && minor < oldest[1] {
		return "", fmt.Errorf("version %s is too old, %d.%d or later is needed", version, oldest[0], oldest[1])
	}
	return version, nil
}
