package evidence

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

// Passed keeps a walk out of folders of evidence and away from pictures that Blendscope made for viewing, which are no
// material, and remembers them: nothing is left out in silence. The zero Passed is ready for one walk.
type Passed struct {
	folders, pictures tally
}

// tally counts what was passed over.
type tally struct {
	number int
	first  string
}

// Skip reports whether what nobody named is to be passed over; see input.Skip.
func (p *Passed) Skip(path string, info fs.FileInfo) bool {
	if info.IsDir() {
		return p.folders.add(path, Holds(path))
	}
	return p.pictures.add(path, isView(path))
}

// Note is one line on what was passed over, empty when nothing was. It is asked for after the walk.
func (p *Passed) Note() string {
	var parts []string
	for _, of := range []struct {
		what string
		tally
	}{{"folders of evidence", p.folders}, {"pictures made by Blendscope", p.pictures}} {
		if of.number > 0 {
			parts = append(parts, fmt.Sprintf("%s passed over: %d, the first is %s", of.what, of.number, output.Printable(of.first)))
		}
	}
	if parts == nil {
		return ""
	}
	return strings.Join(append(parts, "to score one, name it"), "; ")
}

func (t *tally) add(path string, passed bool) bool {
	if passed {
		if t.number++; t.number == 1 {
			t.first = path
		}
	}
	return passed
}

// Holds reports whether a folder is one of evidence, by the beginning of its manifest, or one that is still being made or
// was never finished, by its name.
func Holds(folder string) bool {
	return isDraft(filepath.Base(folder)) ||
		bytes.Contains(beginning(filepath.Join(folder, ManifestFile), 100), []byte(`"schema": "blendscope.evidence/`))
}

// isView reports whether a file is a picture that Blendscope made for viewing. Others than those that are called PNG are
// not opened: a folder can hold very many.
func isView(path string) bool {
	return strings.EqualFold(filepath.Ext(path), ".png") && exhibit.Declared(beginning(path, exhibit.DeclaredWithin))
}

// beginning is up to n bytes of a file, none of what is no file or cannot be read: a pipe, for one, must not be opened.
func beginning(name string, n int) []byte {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, n)
	read, _ := io.ReadFull(f, b) // a shorter one is looked at as well
	return b[:read]
}
