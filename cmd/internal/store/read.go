package store

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/blendscope/blendscope/score"
)

// Read gives the rows of a store, also of one that a run is writing to at the moment, in their order: of each path the
// last. What was cut off is passed over.
func Read(name string, yield func(*score.Result) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	last := map[string]int64{}
	end, err := eachLine(f, func(text []byte, at int64) error {
		s, err := parse(text)
		if err == nil {
			last[s.Input.Path] = at
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, err = eachLine(io.NewSectionReader(f, 0, end.whole), func(text []byte, at int64) error {
		var r score.Result
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		if last[r.Input.Path] != at {
			return nil
		}
		return yield(&r)
	})
	return err
}
