package input

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"time"
)

// maxPath is the longest entry of a list; Linux allows 4096 bytes in a path.
const maxPath = 64 << 10

// patience is how long a list may take for an entry once it is to end.
const patience = 100 * time.Millisecond

// List reads paths from r, one a line, or ended by NUL bytes when null is set; only the latter can carry names with a
// newline. Empty entries are passed over. name stands for the list in errors. When ctx is done the list ends with the
// first entry that is long in coming: what has been named still counts, but a reader that blocks holds nobody up.
func List(ctx context.Context, name string, r io.Reader, null bool) iter.Seq[Path] {
	return func(yield func(Path) bool) {
		entries, done := make(chan Path), make(chan struct{})
		defer close(done)
		go readList(name, r, null, entries, done)
		var late <-chan time.Time
		stop := ctx.Done()
		for {
			select {
			case <-stop:
				stop, late = nil, time.After(patience)
			case <-late:
				return
			case p, ok := <-entries:
				if !ok || !yield(p) {
					return
				}
				if late != nil {
					late = time.After(patience)
				}
			}
		}
	}
}

// ListFile is List of a file's contents.
func ListFile(ctx context.Context, name string, null bool) iter.Seq[Path] {
	return func(yield func(Path) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(Path{Name: name, Err: fmt.Errorf("reading the list: %w", Reason(err))})
			return
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			ctx = context.WithoutCancel(ctx) // it has an end, and holds up nobody
		}
		for p := range List(ctx, name, f, null) {
			if !yield(p) {
				return
			}
		}
	}
}

func readList(name string, r io.Reader, null bool, entries chan<- Path, done <-chan struct{}) {
	defer close(entries)
	send := func(p Path) bool {
		select {
		case entries <- p:
			return true
		case <-done:
			return false
		}
	}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxPath)
	if null {
		scanner.Split(splitNull)
	}
	for scanner.Scan() {
		if path := scanner.Text(); path != "" && !send(Path{Name: path}) {
			return
		}
	}
	if err := scanner.Err(); err != nil {
		send(Path{Name: name, Err: fmt.Errorf("reading the list: %w", err)})
	}
}

func splitNull(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}
