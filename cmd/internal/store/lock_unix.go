//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes from locking the file. It ends with the process, however that ends. File systems that know
// no locks are used without.
func lock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrInUse
		case errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOLCK):
			return nil
		}
		return err
	}
}
