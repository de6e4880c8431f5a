package enginetest

import (
	"errors"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"
)

// fault is what native code may do to the process it runs in, as a line of a file says: "crash" (a segmentation fault),
// "abort", "hang" (whatever the context says), "bomb" (1 GiB of memory), "write PATH" and "dial ADDRESS" (what hostile
// input would like). "crash worn" crashes an engine that has scored another file before.
type fault struct{ kind, argument string }

func (f *fault) read(key, value string) {
	switch key {
	case "crash", "abort", "hang", "bomb", "write", "dial":
		f.kind, f.argument = key, value
	}
}

// strike does it. What comes back is an error, or nil where nothing stood in the way.
func (f fault) strike(worn bool, alive func()) error {
	switch f.kind {
	case "crash":
		if f.argument == "worn" && !worn {
			return nil
		}
		return f.die(syscall.SIGSEGV)
	case "abort":
		return f.die(syscall.SIGABRT)
	case "hang":
		time.Sleep(time.Hour)
	case "bomb":
		return bomb(alive)
	case "write":
		return os.WriteFile(f.argument, []byte("written"), 0o600)
	case "dial":
		c, err := net.Dial("tcp", f.argument)
		if err != nil {
			return err
		}
		return c.Close()
	}
	return nil
}

func (fault) die(s syscall.Signal) error {
	_, _ = syscall.Write(syscall.Stderr, []byte("a library grumbles\n"))
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		return err
	}
	time.Sleep(time.Minute) // until the signal is delivered
	return nil
}

// bomb takes memory slowly enough to be caught, and gets on as far as anybody can see.
func bomb(alive func()) error {
	var held [][]byte
	for range 64 {
		block := make([]byte, 16<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		held = append(held, block)
		if alive != nil {
			alive()
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(time.Minute)
	runtime.KeepAlive(held)
	return errors.New("all this was not too much")
}
