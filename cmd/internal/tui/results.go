package tui

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/report"
	"github.com/blendscope/blendscope/cmd/internal/store"
	"github.com/blendscope/blendscope/score"
)

// readResults reads what scan has written, as lines or as one document, or an earlier export of a review with its marks.
func readResults(path string) (results []Exported, err error) {
	take := func(r *score.Result) error {
		if r.Schema != score.SchemaID {
			return fmt.Errorf("not results that this version reads: their schema is %q", output.Printable(r.Schema))
		}
		results = append(results, Exported{Result: *r})
		return nil
	}
	if strings.EqualFold(filepath.Ext(path), ".json") {
		err = readDocument(path, take)
	} else {
		err = store.Read(path, take)
	}
	switch {
	case err != nil:
		return nil, err
	case len(results) == 0:
		return nil, errors.New("no results in it")
	case len(results) == 1:
		results[0].Marks = readMarks(path)
	}
	return results, nil
}

func readDocument(path string, take func(*score.Result) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return report.Read(f, take)
}

// readMarks reads the marks of an export. Other files have none.
func readMarks(path string) []Mark {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var export struct{ Marks []Mark }
	if json.Unmarshal(data, &export) != nil {
		return nil
	}
	return export.Marks
}
