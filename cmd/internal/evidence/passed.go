package evidence

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/blendscope/blendscope/cmd/internal/output"
)

// Passed keeps a walk out of folders of evidence, whose pictures are no material, and remembers them: nothing is left out
// in silence. The zero Passed is ready for one walk.
type Passed struct {
	number int
	first  string
}

// Skip reports whether a folder that nobody named is not to be entered; see input.Spec.
func (p *Passed) Skip(folder string) bool {
	if !Holds(folder) {
		return false
	}
	if p.number++; p.number == 1 {
		p.first = folder
	}
	return true
}

// Note is one line on what was passed over, empty when nothing was. It is asked for after the walk.
func (p *Passed) Note() string {
	if p.number == 0 {
		return ""
	}
	return fmt.Sprintf("folders of evidence passed over: %d, the first is %s; to score one, name it", p.number, output.Printable(p.first))
}

// Holds reports whether a folder is one of evidence, by the beginning of its manifest, or one that is still being made or
// was never finished, by its name.
func Holds(folder string) bool {
	if isDraft(filepath.Base(folder)) {
		return true
	}
	name := filepath.Join(folder, ManifestFile)
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return false // a pipe, for one, must not be opened
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 100)
	n, _ := io.ReadFull(f, head) // a shorter one is none
	return bytes.Contains(head[:n], []byte(`"schema": "blendscope.evidence/`))
}
