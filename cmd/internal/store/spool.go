package store

import (
	"encoding/json"
	"io"
	"os"
	"sync"

	"github.com/blendscope/blendscope/score"
)

// Spool keeps results that wait for others out of memory, in a file that ends with the process. The zero Spool is ready
// to use, and safe for concurrent use.
type Spool struct {
	mu   sync.Mutex
	file *os.File
	size int64
}

// Park writes a result down and gives what reads it again. Where no file can be written the result stays in memory.
func (s *Spool) Park(r *score.Result) func() (*score.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, n, err := s.append(r)
	if err != nil {
		return func() (*score.Result, error) { return r, nil }
	}
	file := s.file
	return func() (*score.Result, error) {
		var r score.Result
		err := json.NewDecoder(io.NewSectionReader(file, at, n)).Decode(&r)
		return &r, err
	}
}

func (s *Spool) append(r *score.Result) (at, n int64, err error) {
	if s.file == nil {
		if s.file, err = unnamed(); err != nil {
			return 0, 0, err
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return 0, 0, err
	}
	if _, err := s.file.WriteAt(data, s.size); err != nil {
		return 0, 0, err
	}
	at, n = s.size, int64(len(data))
	s.size += n
	return at, n, nil
}

// Close gives the file back. What was parked is gone.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// unnamed is a temporary file that nobody else finds and that nothing is left of.
func unnamed() (*os.File, error) {
	f, err := os.CreateTemp("", "blendscope-*.jsonl")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
