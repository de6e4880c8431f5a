package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// File is a file that appears under its name only when it is complete. Until Commit the text is in a hidden file beside
// it.
type File struct {
	*os.File
	mu     sync.Mutex
	target string // what Commit renames to; empty when File is the target itself, and when all is over
}

// Create begins a file. What is no regular file, such as /dev/null or a pipe, is written to directly; a link is followed.
func Create(name string) (*File, error) {
	target := name
	if resolved, err := filepath.EvalSymlinks(name); err == nil {
		target = resolved
	}
	mode := fs.FileMode(0o666) // before the process's umask
	info, err := os.Stat(target)
	there := err == nil
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder", name)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(target, os.O_WRONLY, 0)
		return &File{File: f}, err
	case err == nil:
		mode = info.Mode().Perm()
	}
	for i := range 1000 {
		hidden := filepath.Join(filepath.Dir(target), fmt.Sprintf(".%s.%d-%d.part", filepath.Base(target), os.Getpid(), i))
		f, err := os.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			if path := (*fs.PathError)(nil); errors.As(err, &path) {
				path.Path = name // which was asked for: nobody has heard of the hidden one
			}
			return nil, err
		}
		if there {
			_ = f.Chmod(mode) // as it was, whatever the umask; some file systems know no modes
		}
		return &File{File: f, target: target}, nil
	}
	return nil, fmt.Errorf("%s: too many unfinished files beside it", name)
}

// Commit makes the text durable and gives the file its name. Discard does nothing afterwards.
func (f *File) Commit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.target == "" {
		return f.Close()
	}
	err := errors.Join(f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), f.target)
	}
	if err != nil {
		os.Remove(f.Name())
	} else {
		err = SyncFolder(filepath.Dir(f.target))
	}
	f.target = ""
	return err
}

// SyncFolder makes the names in a folder durable. A file system that cannot do that for a folder is left alone.
func SyncFolder(name string) error {
	d, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return nil // it may be written to but not read
	}
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// Discard removes what was written so far. It may be called at any time, from any goroutine, and more than once.
func (f *File) Discard() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.target == "" {
		return
	}
	os.Remove(f.Name())
	f.target = ""
	f.Close()
}

var _ io.Writer = (*File)(nil)
