package evidence

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// SchemaID names the version of the manifest. Fields are only added within a version.
const SchemaID = "blendscope.evidence/1"

// ManifestFile is the file that makes a folder one of evidence.
const ManifestFile = "manifest.json"

// The names of other files in the folder.
const (
	signatureFile = "manifest.json.sig"
	resultFile    = "result.json"
	timelineFile  = "timeline.csv"
	pageFile      = "report.html"
	sheetFile     = "contact-sheet.jpg"
)

// ErrBadManifest is the error of a manifest that can not be one of ours.
var ErrBadManifest = errors.New("not a manifest of evidence")

// Manifest says what is in the folder, what it speaks of and how it came to be.
type Manifest struct {
	Schema   string           `json:"schema"`
	Made     string           `json:"made"` // RFC 3339, UTC
	Tool     score.Tool       `json:"tool"` // that made the folder
	ScoredBy score.Tool       `json:"scored_by"`
	Models   []score.ModelRef `json:"models"`
	Input    Identity         `json:"input"`
	Files    []File           `json:"files"` // all but the manifest and its signature, in the order in which they were written
	Log      []Entry          `json:"log"`   // every step, in order
	Signer   *Signer          `json:"signer,omitempty"`
}

// Identity is the file that was scored.
type Identity struct {
	Path   string `json:"path"` // as it was named
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// File is one file of the folder.
type File struct {
	Path   string `json:"path"` // below the folder, with slashes
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	What   string `json:"what"`
}

// Step is one of the four of ISO/IEC 27037.
type Step string

// The steps.
const (
	Identification Step = "identification"
	Collection     Step = "collection"
	Acquisition    Step = "acquisition"
	Preservation   Step = "preservation"
)

// Entry is one line of the log.
type Entry struct {
	At     string `json:"at"` // RFC 3339, UTC
	Step   Step   `json:"step"`
	Action string `json:"action"`
}

// log records what is done.
type log struct {
	now     func() time.Time
	entries []Entry
}

func (l *log) stamp() string { return l.now().UTC().Format(time.RFC3339) }

func (l *log) note(step Step, format string, args ...any) {
	l.entries = append(l.entries, Entry{l.stamp(), step, output.Printable(fmt.Sprintf(format, args...))})
}

func (m Manifest) encode() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	return append(output.EscapeJSON(text), '\n'), err
}

// mostManifest bounds a manifest that is read.
const mostManifest = 16 << 20

// decodeManifest reads a manifest and refuses what a folder of evidence can not have: above all paths that lead out of it.
func decodeManifest(text []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadManifest, err)
	}
	if m.Schema != SchemaID {
		return nil, fmt.Errorf("%w: its schema is %q, not %q", ErrBadManifest, m.Schema, SchemaID)
	}
	seen := map[string]bool{ManifestFile: true, signatureFile: true}
	for _, f := range m.Files {
		if !isInside(f.Path) || seen[f.Path] {
			return nil, fmt.Errorf("%w: it lists %q", ErrBadManifest, f.Path)
		}
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 || f.Bytes < 0 {
			return nil, fmt.Errorf("%w: no digest of %q", ErrBadManifest, f.Path)
		}
		seen[f.Path] = true
	}
	return &m, nil
}

// isInside reports whether a path is a plain one below the folder, on every system.
func isInside(path string) bool {
	return filepath.IsLocal(path) && !strings.ContainsAny(path, "\\:") && path == filepath.ToSlash(filepath.Clean(path)) && path != "."
}
