// Package progress tells people how a run goes, on standard error and only where that is a terminal. Results never go
// through it.
package progress

import (
	"io"

	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Printer is told about a run, from several goroutines.
type Printer interface {
	queue.Observer
	// Found counts an input that there is; after AllFound there are no more.
	Found(item input.Item)
	AllFound()
	// Close takes the display away. It may be called twice.
	Close()
}

// Silent says nothing.
type Silent struct{}

var _ Printer = Silent{}

// Found does nothing.
func (Silent) Found(input.Item) {}

// AllFound does nothing.
func (Silent) AllFound() {}

// Started does nothing.
func (Silent) Started(int, input.Item) {}

// Opened does nothing.
func (Silent) Opened(int, frames.Info) {}

// Scored does nothing.
func (Silent) Scored(int, score.Moment) {}

// Finished does nothing.
func (Silent) Finished(queue.Row) {}

// Close does nothing.
func (Silent) Close() {}

// Below is w with the printer's line kept below what is written, for results that go to the same terminal.
func Below(p Printer, w io.Writer) io.Writer {
	if line, ok := p.(*Line); ok {
		return below{line, w}
	}
	return w
}

type below struct {
	line *Line
	w    io.Writer
}

func (b below) Write(data []byte) (n int, err error) {
	b.line.aside(func() { n, err = b.w.Write(data) })
	return n, err
}
