package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"github.com/blendscope/blendscope/score"
)

// Read gives the results in a JSON document one by one: an array of them, a single one, or several in a row.
func Read(from io.Reader, yield func(*score.Result) error) error {
	buffered := bufio.NewReader(from)
	first, err := firstByte(buffered)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(buffered)
	if first == '[' {
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	for {
		if first == '[' && !dec.More() {
			_, err := dec.Token()
			return err
		}
		var r score.Result
		switch err := dec.Decode(&r); {
		case errors.Is(err, io.EOF) && first != '[':
			return nil
		case err != nil:
			return err
		}
		if err := yield(&r); err != nil {
			return err
		}
	}
}

// firstByte looks at the first byte that is no white space.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case ' ', '\t', '\r', '\n':
			continue
		}
		return b, r.UnreadByte()
	}
}
