package env

import (
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// hush takes standard error away from native libraries: libjpeg for one writes its complaints about damaged files right
// into a terminal's table. It gives the stream that the program itself writes to. What the Go runtime says when it
// crashes goes there too. On any error all stays as it was.
func hush() *os.File {
	own, err := unix.FcntlInt(os.Stderr.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return os.Stderr
	}
	stream := os.NewFile(uintptr(own), "/dev/stderr")
	if debug.SetCrashOutput(stream, debug.CrashOptions{}) != nil {
		return os.Stderr
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return os.Stderr
	}
	defer null.Close()
	if unix.Dup3(int(null.Fd()), unix.Stderr, 0) != nil {
		return os.Stderr
	}
	return stream
}
