package supervise

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
)

const (
	// startLimit is generous: a graphics processor's first start may compile for minutes.
	startLimit = 10 * time.Minute
	// parting is how long a child may take to end by itself, and one that was killed to be gone.
	parting = 3 * time.Second
	// sendLimit is how long a child that runs may leave a message unread.
	sendLimit = 10 * time.Second
)

// child is a process that scores one file at a time. Its methods are for one goroutine at a time, kill is for any.
type child struct {
	cmd         *exec.Cmd
	in          *os.File
	frames      chan frame // closed when there will be no more
	said        *said
	grants      grants
	protections []sandbox.Protection
	about       engine.About
	broken      error // why its frames could not be read; set before frames is closed

	gone      chan struct{} // closed when the process has ended and is reaped
	unwanted  chan struct{} // closed when nobody reads frames any more
	abandoned sync.Once
	killed    atomic.Bool // by us
}

// mission is what a process is started for.
type mission struct {
	read    []string // beside what grants name
	grants  grants
	devices bool
	memory  int64 // limit, in bytes
	kind    kind  // of its first frame
	body    any
}

// launch starts a process. It is not ready yet.
func launch(w world, m mission) (*child, error) {
	c := &child{
		frames: make(chan frame, 4), said: &said{also: w.messages}, grants: m.grants,
		gone: make(chan struct{}), unwanted: make(chan struct{}),
	}
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, stdin.Close(), in.Close())
	}
	widen(stdout)
	c.in, c.cmd = in, command(w)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = stdin, stdout, c.said
	started := make(chan error)
	go c.keep(sandbox.Plan{Program: self, Read: append(m.read, m.grants...), Devices: m.devices}, started)
	err = errors.Join(<-started, stdin.Close(), stdout.Close())
	if err != nil {
		return nil, exit.Hint(errors.Join(fmt.Errorf("the scoring process does not start: %w", err), in.Close(), out.Close()),
			"to score without one: --in-process")
	}
	// Neither is vital: where they fail, the limit that is watched remains.
	_ = sandbox.Limit(c.cmd.Process.Pid, dataLimit(m.memory, m.devices))
	_ = sandbox.Expendable(c.cmd.Process.Pid)
	go c.listen(out)
	_ = c.send(m.kind, m.body) // one that does not listen is found out, with the reason, when it is to be ready
	return c, nil
}

// self is the program that runs, even when its file was replaced meanwhile.
const self = "/proc/self/exe"

func command(w world) *exec.Cmd {
	program := self
	if there, err := os.Stat(w.executable); err == nil {
		if running, err := os.Stat(self); err == nil && os.SameFile(there, running) {
			program = w.executable // the same, with its name in lists of processes
		}
	}
	cmd := exec.Command(program, Command)
	cmd.Args[0] = build.Name
	// Native messages come to us, not to the terminal. Of a crash, its cause is enough, not 200 lines, unless the user wants
	// them: what comes later counts.
	cmd.Env = slices.Concat([]string{"GOTRACEBACK=none"}, cmd.Environ(), []string{env.NativeMessages + "=1"})
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = parting
	return cmd
}

// dataLimit is a wall behind the limit that is watched, for what grows faster than the watch looks. It counts memory that
// was asked for, used or not, and so has to be well beyond; a graphics processor's driver asks for all there is.
func dataLimit(memory int64, devices bool) sandbox.Limits {
	if devices {
		return sandbox.Limits{}
	}
	return sandbox.Limits{Data: 2*memory + 2<<30}
}

// keep starts the process and waits for its end. The thread that does so is restricted for good and ends with this
// function; not before, since its end is what kills the process when this one dies.
func (c *child) keep(plan sandbox.Plan, started chan<- error) {
	runtime.LockOSThread()
	c.protections = sandbox.Confine(plan)
	err := c.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = c.cmd.Wait() // how it ended is in ProcessState
	close(c.gone)
}

// listen passes on what the child sends. A child that does not keep to the protocol is ended.
func (c *child) listen(out *os.File) {
	defer close(c.frames)
	defer out.Close()
	for in := bufio.NewReaderSize(out, 64<<10); ; {
		f, err := read(in)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				c.broken = err
				c.kill()
			}
			return
		}
		select {
		case c.frames <- f:
		case <-c.unwanted:
			return
		}
	}
}

func (c *child) send(k kind, body any) error {
	if err := c.in.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
		return err
	}
	return write(c.in, k, body)
}

// ready waits until the engine in the child has started.
func (c *child) ready(ctx context.Context) error {
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	for {
		select {
		case f, ok := <-c.frames:
			if !ok {
				return c.stillborn()
			}
			if done, err := c.greeted(f); done || err != nil {
				return err
			}
		case <-limit.C:
			return fmt.Errorf("the scoring process was not ready after %v", startLimit)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errKilled is wrapped by the error of a process that somebody killed before it could do anything wrong.
var errKilled = errors.New("it was killed")

func (c *child) stillborn() error {
	err := fmt.Errorf("the scoring process ended at its start: %s", c.ending())
	if c.killedByOthers() {
		err = fmt.Errorf("%w: %w", err, errKilled)
	}
	return exit.Hint(err, "to score without one: --in-process")
}

// greeted takes what a child sends before it is ready; done tells that it is.
func (c *child) greeted(f frame) (done bool, err error) {
	switch f.kind {
	case kindHello:
		h, err := decode[hello](f)
		if tool := build.Read().Tool(); err == nil && h.Tool != tool {
			err = fmt.Errorf("the scoring process is %s %s (%s), not %s (%s)", h.Tool.Name, h.Tool.Version, h.Tool.Commit, tool.Version, tool.Commit)
		}
		c.protections = append(c.protections, h.Protections...)
		return false, err
	case kindAbout:
		c.about, err = decode[engine.About](f)
		return true, err
	case kindFailed:
		told, err := decode[failure](f)
		if err == nil {
			err = told.err()
		}
		return false, err
	}
	return false, fmt.Errorf("%w: a frame %q before the start", errProtocol, f.kind)
}

// ended tells whether the process is gone, or about to be.
func (c *child) ended() bool {
	select {
	case <-c.gone:
		return true
	case <-c.unwanted:
		return true
	default:
		return false
	}
}

// kill ends the process and all it may have started, now. It does not wait. One that is gone is left alone: another may
// have its number by now.
func (c *child) kill() {
	c.killed.Store(true)
	select {
	case <-c.gone:
	default:
		killGroup(c.cmd.Process)
	}
}

// killedByOthers tells how a process has ended that is no more.
func (c *child) killedByOthers() bool {
	select {
	case <-c.gone:
		return !c.killed.Load() && wasKilled(c.cmd.ProcessState)
	default:
		return false
	}
}

// stop lets a process end that has nothing to do, and ends one that has. A process that not even a signal ends, because it
// waits for a dead disk, is left to the system.
func (c *child) stop() {
	c.abandoned.Do(func() {
		close(c.unwanted)
		_ = c.in.Close() // its sign to end
		for _, last := range []func(){c.kill, func() {}} {
			select {
			case <-c.gone:
				return
			case <-time.After(parting):
				last()
			}
		}
	})
}

// discard ends a process that is beyond hope.
func (c *child) discard() {
	c.kill()
	c.stop()
}

// ending says how the process ended, in words.
func (c *child) ending() string {
	select {
	case <-c.gone:
	case <-time.After(parting):
		return "it does not answer"
	}
	text := c.cmd.ProcessState.String() // exit status 2, signal: segmentation fault
	if c.broken != nil {
		return c.broken.Error()
	}
	if cause := c.said.cause(); cause != "" {
		text += ": " + cause
	}
	return text
}
