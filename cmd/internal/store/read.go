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
func Read(name string, yield func(*score.Result) error) error { return ReadAll([]string{name}, yield) }

// ReadAll is Read of several stores, such as those of shards, one after the other. Of a path that is in several the last
// one counts.
func ReadAll(names []string, yield func(*score.Result) error) error {
	files := make([]kept, len(names))
	last := map[string]position{}
	for i, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		files[i] = kept{file: f}
		if err := files[i].index(last, i); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for i, f := range files {
		if err := f.rows(last, i, yield); err != nil {
			return err
		}
	}
	return nil
}

// position is where a row is: in which file, and at which byte.
type position struct {
	file int
	at   int64
}

// kept is one of several files of results.
type kept struct {
	file *os.File
	size int64 // of what is whole
}

// index notes where the last row of each path is.
func (k *kept) index(last map[string]position, i int) error {
	end, err := eachLine(k.file, func(text []byte, at int64) error {
		s, err := parse(text)
		if err == nil {
			last[s.identity()] = position{i, at}
		}
		return err
	})
	k.size = end.whole
	return err
}

// rows gives those rows that are the last of their path.
func (k *kept) rows(last map[string]position, i int, yield func(*score.Result) error) error {
	_, err := eachLine(io.NewSectionReader(k.file, 0, k.size), func(text []byte, at int64) error {
		var r score.Result
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		if last[summarize(&r).identity()] != (position{i, at}) {
			return nil
		}
		return yield(&r)
	})
	return err
}
