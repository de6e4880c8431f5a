package evidence

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

// draft is a folder that is being filled under a hidden name beside its place.
type draft struct {
	folder  string
	files   []File
	written []string // where those and the others lie
}

// newDraft begins a folder. Who may read it is for the process's umask to say.
func newDraft(parent string) (*draft, error) {
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, err
	}
	for i := range 1000 {
		folder := filepath.Join(parent, draftName(os.Getpid(), i))
		err := os.Mkdir(folder, 0o777)
		if !errors.Is(err, fs.ErrExist) {
			return &draft{folder: folder}, err
		}
	}
	return nil, fmt.Errorf("%s: too many unfinished folders in it", parent)
}

func draftName(pid, i int) string { return fmt.Sprintf(".unfinished-%d-%d", pid, i) }

// isDraft reports whether a folder's name is that of a draft.
func isDraft(name string) bool {
	var pid, i int
	_, err := fmt.Sscanf(name, ".unfinished-%d-%d", &pid, &i)
	return err == nil && name == draftName(pid, i)
}

// at is where a file of the folder lies now.
func (d *draft) at(name string) string { return filepath.Join(d.folder, filepath.FromSlash(name)) }

// add writes a file and lists it.
func (d *draft) add(name, what string, fill func(io.Writer) error) error {
	h := sha256.New()
	var n counter
	if err := d.write(name, func(f io.Writer) error { return fill(io.MultiWriter(f, h, &n)) }); err != nil {
		return err
	}
	d.files = append(d.files, File{Path: name, SHA256: hex.EncodeToString(h.Sum(nil)), Bytes: int64(n), What: what})
	return nil
}

// write makes a file that commit will make durable.
func (d *draft) write(name string, fill func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(d.at(name)), 0o777); err != nil {
		return err
	}
	f, err := os.OpenFile(d.at(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	d.written = append(d.written, f.Name())
	buffered := bufio.NewWriterSize(f, 1<<16)
	err = fill(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	return errors.Join(err, f.Close())
}

// commit gives the folder its name, which must be free.
func (d *draft) commit(name string) error {
	if err := d.sync(); err != nil {
		return err
	}
	free, err := isFree(name)
	if err != nil {
		return err
	}
	if !free {
		return fmt.Errorf("%s: %w", name, fs.ErrExist)
	}
	if err := os.Rename(d.folder, name); err != nil {
		return err
	}
	d.folder = ""
	return output.SyncFolder(filepath.Dir(name))
}

// sync makes files and folders durable, several at once: file systems then write them in one go.
func (d *draft) sync() error {
	var group errgroup.Group
	group.SetLimit(16)
	folders := map[string]bool{d.folder: true}
	for _, name := range d.written {
		folders[filepath.Dir(name)] = true
		group.Go(func() error {
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			return errors.Join(f.Sync(), f.Close())
		})
	}
	err := group.Wait()
	for name := range folders {
		err = errors.Join(err, output.SyncFolder(name))
	}
	return err
}

// discard removes what was not committed.
func (d *draft) discard() {
	if d.folder != "" {
		_ = os.RemoveAll(d.folder) // a hidden rest is no harm
	}
}

func isFree(name string) (bool, error) {
	_, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return false, err
}

// safeName makes a file's name one that is safe on every system, whatever it holds: letters, digits, dots, dashes and
// underscores of ASCII, not hidden, at most 60 of them.
func safeName(path string) string {
	const most = 60
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, filepath.Base(path))
	if len(name) > most {
		ext := filepath.Ext(name)
		ext = ext[:min(len(ext), 8)]
		name = name[:most-len(ext)] + ext
	}
	name = strings.TrimLeft(strings.TrimRight(name, "."), ".-")
	if strings.Trim(name, "_.") == "" {
		return "file"
	}
	return name
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

func render(fill func(io.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	err := fill(&b)
	return b.Bytes(), err
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// copyOf copies a file and stops when ctx is done.
func copyOf(ctx context.Context, path string) func(io.Writer) error {
	return func(w io.Writer) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, _, err = hash.Stream(ctx, io.TeeReader(f, w))
		return err
	}
}
