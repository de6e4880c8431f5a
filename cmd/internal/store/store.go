// Package store keeps results in a file, one JSON object a line, that grows as files are scored. A row is on the disk
// before anybody hears of it, so a run that was cut off - by Ctrl-C, kill -9, a full disk or a power cut - goes on where
// it ended and neither loses nor repeats a row.
//
// A file is known by the SHA-256 of its bytes: one that was moved or renamed is recognised, one that was changed is not.
// All rows of a store were made with the same models and settings.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// The ways in which a file can be no store to work with.
var (
	ErrInUse         = errors.New("in use by another run")
	ErrNotResults    = errors.New("not a result; the file must be one that scan --resume, scan --format jsonl or eval --results has written")
	ErrNewer         = errors.New("written by a newer version of this program")
	ErrOtherSettings = errors.New("made with other models or settings")
)

// Options say which rows are as good as new ones.
type Options struct {
	RetryErrors bool // rows that are errors are not found
	Timeline    bool // rows need their timeline
}

// Store is an open file of results. It is safe for concurrent use.
type Store struct {
	Torn bool // the last line was cut off, and has been taken away

	name    string
	options Options
	durable bool

	mu    sync.Mutex
	file  *os.File
	lines output.Writer // writes to file
	size  int64
	index index
}

// Open opens the file, or makes it, and keeps others from using it until Close. A last line that was cut off is removed.
func Open(name string, o Options) (*Store, error) {
	_, statErr := os.Stat(name)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666) // before the process's umask
	if err != nil {
		return nil, err
	}
	s := &Store{name: name, file: f, options: o, durable: true}
	err = s.open()
	if err == nil && errors.Is(statErr, os.ErrNotExist) {
		err = output.SyncFolder(filepath.Dir(name)) // a power cut must not take the file's name
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// Temporary is a store that ends with the process, for finding files with the same bytes within a run.
func Temporary(o Options) (*Store, error) {
	f, err := unnamed()
	if err != nil {
		return nil, err
	}
	s := &Store{name: f.Name(), file: f, options: o}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

func (s *Store) open() (err error) {
	if info, err := s.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("%s: not a regular file", s.name), err)
	}
	if err := lock(s.file); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if s.lines, err = output.New(appender{s}, output.Options{Format: output.JSONL}); err != nil {
		return err
	}
	return s.load()
}

// load indexes the rows that are there and makes sure that the next one begins on a line of its own.
func (s *Store) load() error {
	end, err := eachLine(s.file, func(text []byte, at int64) error { return s.index.take(text, at) })
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.size = end.whole
	switch {
	case end.torn:
		s.Torn = true
		return s.file.Truncate(end.whole)
	case end.open:
		_, err := appender{s}.Write([]byte("\n"))
		return err
	}
	return nil
}

// appender keeps count of the file's size.
type appender struct{ *Store }

func (a appender) Write(p []byte) (int, error) {
	n, err := a.file.Write(p)
	a.size += int64(n)
	return n, err
}

// Add appends a result, which is on the disk when Add returns. After an error nothing of it is left in the file, as far
// as the disk allows, and what is left is removed by the next Open.
func (s *Store) Add(r *score.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.size
	err := s.lines.Write(r)
	if err == nil && s.durable {
		err = s.file.Sync()
	}
	if err != nil {
		if s.cut(at) == nil {
			s.size = at
		}
		return err // it names the file
	}
	s.index.add(summarize(r), at)
	return nil
}

// cut takes away what lies behind a place, and goes on there: not every store is written to at its end whatever comes.
func (s *Store) cut(at int64) error {
	if err := s.file.Truncate(at); err != nil {
		return err
	}
	_, err := s.file.Seek(at, io.SeekStart)
	return err
}

// Find is a stored result of a file with these bytes, nil when there is none that is as good as a new one. The path in
// it is that of the file as it was then.
func (s *Store) Find(sha256 string) (*score.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.index.find(sha256)
	if !ok || p.failed && s.options.RetryErrors {
		return nil, nil
	}
	var r score.Result
	if err := json.NewDecoder(io.NewSectionReader(s.file, p.at, s.size-p.at)).Decode(&r); err != nil {
		return nil, fmt.Errorf("%s: reading a row again: %w", s.name, err)
	}
	if s.options.Timeline && r.Timeline == nil && r.Outcome.Score != nil {
		return nil, nil
	}
	if !s.options.Timeline {
		r.Timeline = nil
	}
	return &r, nil
}

// Holds reports whether the last row of the result's path says the same about the same bytes: it need not be added.
func (s *Store) Holds(r *score.Result) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.holds(summarize(r))
}

// Close closes the file and lets others use it.
func (s *Store) Close() error { return s.file.Close() }
