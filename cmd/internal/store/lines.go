package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/blendscope/blendscope/score"
)

// ending is how a file of lines ends.
type ending struct {
	whole int64 // bytes of what can stay
	torn  bool  // what follows is the beginning of a row
	open  bool  // the last row is complete but for its newline
}

// eachLine gives the lines with their offsets. A last line without a newline that take refuses, and that can be the
// beginning of a row, was cut off; any other refusal is an error.
func eachLine(from io.Reader, take func(text []byte, at int64) error) (ending, error) {
	r := bufio.NewReader(from)
	var e ending
	for line := 1; ; line++ {
		text, err := r.ReadBytes('\n')
		cut := errors.Is(err, io.EOF)
		if err != nil && !cut {
			return e, err
		}
		if cut && len(text) == 0 {
			return e, nil
		}
		if len(bytes.TrimSpace(text)) > 0 {
			wrong := take(text, e.whole)
			if wrong != nil && cut && rowBegins(text) {
				e.torn = true
				return e, nil
			} else if wrong != nil {
				return e, fmt.Errorf("line %d: %w", line, wrong)
			}
		}
		e.whole += int64(len(text))
		if cut {
			e.open = true
			return e, nil
		}
	}
}

// rowBegins reports whether a text that is no row can be what a power cut left of one: nothing else is taken away. Some
// file systems keep the length of what was not written in time, as NUL bytes.
func rowBegins(text []byte) bool {
	text = bytes.TrimRight(text, "\x00")
	start := []byte(`{"schema":"` + score.SchemaID + `"`)
	return bytes.HasPrefix(text, start) || bytes.HasPrefix(start, text)
}
