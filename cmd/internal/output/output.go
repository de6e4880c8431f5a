// Package output writes results: a table for people, and JSON, JSON lines and CSV for programs. File names come from
// strangers: whatever they hold, they cannot forge a row, a terminal's escape sequence or a spreadsheet's formula.
package output

import (
	"fmt"
	"io"
	"strings"

	"github.com/blendscope/blendscope/score"
)

// Format is a way to write results.
type Format string

// The formats.
const (
	Text  Format = "text"  // a table
	JSON  Format = "json"  // one array of results
	JSONL Format = "jsonl" // one result a line
	CSV   Format = "csv"   // one row a result, fields named as in JSON, joined by dots
)

// Formats are all formats, for help and completion.
func Formats() []string { return []string{string(Text), string(JSON), string(JSONL), string(CSV)} }

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	for _, f := range Formats() {
		if s == f {
			return Format(f), nil
		}
	}
	return "", fmt.Errorf("unknown format %q: use %s", s, strings.Join(Formats(), ", "))
}

// Writer writes results one by one.
type Writer interface {
	Write(*score.Result) error
	// Close ends the document. It leaves the stream open, and is called once, after the last Write.
	Close() error
}

// Options are how a document is to look.
type Options struct {
	Format Format
	Table  TableOptions
}

// New is a writer on w. Every Write reaches w before it returns.
func New(w io.Writer, o Options) (Writer, error) {
	switch o.Format {
	case JSON:
		return &jsonWriter{w: w}, nil
	case JSONL:
		return &jsonlWriter{w: w}, nil
	case CSV:
		return newCSV(w), nil
	case Text:
		return newTable(w, o.Table), nil
	}
	return nil, fmt.Errorf("unknown format %q", o.Format)
}
