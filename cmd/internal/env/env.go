// Package env is the outside world in one value: arguments, streams, terminals, environment variables, clock, signals
// and the way out of the process. Nothing else in cmd touches them, so tests can hand in a world of their own.
package env

import (
	"bytes"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Env is the world a command runs in.
type Env struct {
	Args []string // without the program's name

	Executable string // path of the running program; empty when unknown

	In     io.Reader
	Out    io.Writer // results
	Err    io.Writer // talk
	InTTY  bool
	OutTTY bool
	ErrTTY bool

	Columns   func() int // width of the terminal, 0 when there is none
	LookupEnv func(string) (string, bool)
	Now       func() time.Time
	Exit      func(int)

	// Signals starts delivery of the signals that ask the process to end; stop ends it.
	Signals func() (ch <-chan os.Signal, stop func())

	mu    sync.Mutex
	abort []func()
}

// NativeMessages is the variable that, when not empty, lets native libraries write to standard error.
const NativeMessages = "BLENDSCOPE_NATIVE_MESSAGES"

// OS is the world of the running process. It is called once.
func OS() *Env {
	executable, _ := os.Executable() // empty on error
	stderr := os.Stderr
	if os.Getenv(NativeMessages) == "" {
		stderr = hush()
	}
	return &Env{
		Args: os.Args[1:], Executable: executable, In: os.Stdin, Out: os.Stdout, Err: stderr,
		InTTY: isTerminal(os.Stdin), OutTTY: isTerminal(os.Stdout), ErrTTY: isTerminal(stderr),
		Columns:   func() int { return columns(os.Stdout, stderr) },
		LookupEnv: os.LookupEnv,
		Now:       time.Now,
		Exit:      os.Exit,
		Signals:   signals,
	}
}

// Buffers are the streams of a test's world.
type Buffers struct{ In, Out, Err bytes.Buffer }

// Test is a world without terminals, variables or signals. Exit panics with the code, as a process would not go on.
func Test(args ...string) (*Env, *Buffers) {
	b := &Buffers{}
	return &Env{
		Args: args, In: &b.In, Out: &b.Out, Err: &b.Err,
		Columns:   func() int { return 0 },
		LookupEnv: func(string) (string, bool) { return "", false },
		Now:       time.Now,
		Exit:      func(code int) { panic(code) },
		Signals:   func() (<-chan os.Signal, func()) { return nil, func() {} },
	}, b
}

// Color reports whether escape sequences for colour may be written to Out (see no-color.org).
func (e *Env) Color() bool {
	if no, _ := e.LookupEnv("NO_COLOR"); no != "" {
		return false
	}
	name, _ := e.LookupEnv("TERM")
	return e.OutTTY && name != "dumb"
}

// Cursor reports whether the terminal behind Err understands returning to the start of a line.
func (e *Env) Cursor() bool {
	name, _ := e.LookupEnv("TERM")
	return e.ErrTTY && name != "dumb"
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func columns(streams ...*os.File) int {
	for _, f := range streams {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 0
}

// signals leaves alone what the parent chose to ignore: nohup ignores SIGHUP, a shell's background job SIGINT.
func signals() (<-chan os.Signal, func()) {
	ch := make(chan os.Signal, 2)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	return ch, func() { signal.Stop(ch) }
}
