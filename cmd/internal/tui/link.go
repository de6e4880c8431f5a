package tui

import (
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Link is the way to the terminal. It measures how long writing takes: on a slow connection the terminal's end is not read
// as fast as pictures are made, and writing waits.
type Link struct {
	*os.File
	busy atomic.Int64 // nanoseconds that a write has taken, averaged
}

var _ io.ReadWriteCloser = (*Link)(nil)

// NewLink measures writes to a terminal.
func NewLink(f *os.File) *Link { return &Link{File: f} }

// Write writes to the terminal.
func (l *Link) Write(data []byte) (int, error) {
	start := time.Now()
	n, err := l.File.Write(data)
	l.note(time.Since(start), len(data))
	return n, err
}

// large is the size in bytes from which on a write is a picture's: small ones say nothing about the link.
const large = 4096

func (l *Link) note(took time.Duration, bytes int) {
	if bytes < large {
		return
	}
	old := l.busy.Load()
	l.busy.Store(old + (int64(took)-old)/4)
}

// Pace is the least time between two pictures: half of it is left for what the user types to be answered. It is at most a
// second.
func (l *Link) Pace() time.Duration {
	busy := time.Duration(l.busy.Load())
	if busy < 8*time.Millisecond {
		return 0
	}
	return min(time.Second, 2*busy)
}
