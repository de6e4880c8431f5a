package cli

import (
	"io"
	"os"

	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/progress"
)

// sink is where a document goes: standard output, or a file that appears when it is complete.
type sink struct {
	w      io.Writer
	file   *output.File // nil for standard output
	forget func()
}

// openSink fails before hours of work are spent on results that cannot be kept, and rather than write over an input.
func openSink(e *env.Env, name string, items []input.Item) (*sink, error) {
	if name == "" || name == "-" {
		return &sink{w: e.Out}, nil
	}
	if isInput(name, items) {
		return nil, overInput(name)
	}
	f, err := output.Create(name)
	if err != nil {
		return nil, err
	}
	return &sink{w: f, file: f, forget: e.OnAbort(f.Discard)}, nil
}

// isInput reports whether name is one of the inputs, perhaps by another path.
func isInput(name string, items []input.Item) bool {
	target, err := os.Stat(name)
	if err != nil || !target.Mode().IsRegular() {
		return false
	}
	for _, item := range items {
		if item.Bytes != target.Size() {
			continue // spares looking at every file
		}
		if info, err := os.Stat(item.Path); err == nil && os.SameFile(target, info) {
			return true
		}
	}
	return false
}

// isFile reports whether name is a file of any kind that is there.
func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

func (s *sink) toFile() bool { return s.file != nil }

func (s *sink) commit() error {
	if s.file == nil {
		return nil
	}
	return s.file.Commit()
}

// discard removes an incomplete file; after commit it does nothing.
func (s *sink) discard() {
	if s.file != nil {
		s.forget()
		s.file.Discard()
	}
}

// printer shows progress on a terminal and is silent elsewhere.
func (o *scanOptions) printer(e *env.Env) progress.Printer {
	if o.quiet || !e.Cursor() {
		return progress.Silent{}
	}
	return progress.NewLine(progress.Options{W: e.Err, Now: e.Now, Columns: e.Columns})
}

// stream keeps results and progress apart where both go to one terminal.
func (s *scanRun) stream(out *sink, p progress.Printer) io.Writer {
	if out.toFile() || !s.env.OutTTY {
		return out.w
	}
	return progress.Below(p, out.w)
}

// namesAhead is how many names decide how wide a table is: those of all inputs in most runs, and the same ones whenever
// the same is scored.
const namesAhead = 500

// document says how the results are to look.
func (s *scanRun) document(out *sink) output.Options {
	var names []string
	if s.format == string(output.Text) {
		for _, item := range s.finder.peek(namesAhead) {
			names = append(names, item.Path)
		}
	}
	return document(s.env, s.format, out, names)
}

func document(e *env.Env, format string, out *sink, names []string) output.Options {
	o := output.Options{Format: output.Format(format)}
	o.Table.Names = names
	if !out.toFile() && e.OutTTY {
		o.Table.Color, o.Table.Columns = e.Color(), e.Columns()
	}
	return o
}
