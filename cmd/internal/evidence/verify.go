package evidence

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/blendscope/blendscope/cmd/internal/hash"
)

// Report says whether a folder is as it was made.
type Report struct {
	Folder    string    `json:"folder"`
	Intact    bool      `json:"intact"` // all files are there and unchanged, nothing else is, and no signature is wrong or missing where one was asked for
	Input     Identity  `json:"input"`
	Made      string    `json:"made"`
	Files     int       `json:"files"`    // listed
	Problems  []Problem `json:"problems"` // in the order of the manifest, then what is too much
	Signature Signature `json:"signature"`
}

// Problem is one file that is not as it should be.
type Problem struct {
	Path  string `json:"path"`
	State State  `json:"state"`
}

// State is what is wrong with a file.
type State string

// The states of files.
const (
	Changed    State = "changed"
	Missing    State = "missing"
	Extra      State = "extra"      // nobody listed it
	NotRegular State = "not_a_file" // a link, a folder or a device where a file was
	Unreadable State = "unreadable" // it can not be told
)

// Signature is what can be said about the manifest's.
type Signature struct {
	State       SignatureState `json:"state"`
	Fingerprint string         `json:"fingerprint,omitempty"` // of the key that it was checked with
	KeyGiven    bool           `json:"key_given"`             // by the caller; else the manifest named it, which proves nothing about who signed
}

// SignatureState is the outcome of checking a signature.
type SignatureState string

// The outcomes.
const (
	Unsigned SignatureState = "absent"
	Valid    SignatureState = "valid"
	Invalid  SignatureState = "invalid" // or by another key
)

// Verify checks a folder, with the key when one is given. The error is for folders that can not be checked at all.
func Verify(ctx context.Context, folder string, key *PublicKey) (*Report, error) {
	root, err := os.OpenRoot(folder) // no link leads out of it
	if err != nil {
		return nil, err
	}
	defer root.Close()
	text, err := readSmall(root, ManifestFile, mostManifest)
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(text)
	if err != nil {
		return nil, err
	}
	r := &Report{Folder: folder, Input: m.Input, Made: m.Made, Files: len(m.Files), Problems: []Problem{}}
	listed := map[string]bool{ManifestFile: true, signatureFile: true}
	for _, f := range m.Files {
		listed[f.Path] = true
		if state := check(ctx, root, f); state != "" {
			r.Problems = append(r.Problems, Problem{f.Path, state})
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if r.Problems, err = strangers(root, listed, r.Problems); err != nil {
		return nil, err
	}
	r.Signature, err = checkSignature(root, m, text, key)
	wrong := r.Signature.State == Invalid || r.Signature.State == Unsigned && key != nil
	r.Intact = len(r.Problems) == 0 && !wrong
	return r, err
}

// check compares a file with its entry; empty when it is as it should be.
func check(ctx context.Context, root *os.Root, f File) State {
	info, err := root.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing
	case err != nil:
		return Unreadable
	case !info.Mode().IsRegular():
		return NotRegular
	case info.Size() != f.Bytes:
		return Changed
	}
	file, err := root.Open(f.Path)
	if err != nil {
		return Unreadable
	}
	defer file.Close()
	switch sum, _, err := hash.Stream(ctx, file); {
	case err != nil:
		return Unreadable
	case sum != f.SHA256:
		return Changed
	}
	return ""
}

// strangers adds what lies in the folder and is not listed. Folders count when nothing listed lies in them.
func strangers(root *os.Root, listed map[string]bool, problems []Problem) ([]Problem, error) {
	folders := map[string]bool{".": true}
	for name := range listed {
		for dir := path.Dir(name); !folders[dir]; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			problems = append(problems, Problem{name, Unreadable})
			return nil
		case d.IsDir() && folders[name], listed[name]:
			return nil
		case d.IsDir():
			problems = append(problems, Problem{name + "/", Extra})
			return fs.SkipDir
		}
		problems = append(problems, Problem{name, Extra})
		return nil
	})
	return problems, err
}

func checkSignature(root *os.Root, m *Manifest, text []byte, key *PublicKey) (Signature, error) {
	s := Signature{State: Unsigned, KeyGiven: key != nil}
	signature, err := readSmall(root, signatureFile, 1<<16)
	if errors.Is(err, fs.ErrNotExist) {
		if m.Signer != nil { // it says that it was signed
			s.State = Invalid
		}
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if key == nil {
		key = m.Signer.key()
	}
	s.State = Invalid
	if key != nil {
		s.Fingerprint = key.Fingerprint()
		if key.verify(text, signature) {
			s.State = Valid
		}
	}
	return s, nil
}

// readSmall reads a regular file of bounded size.
func readSmall(root *os.Root, name string, most int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%w: %s is no file of that kind", ErrBadManifest, name)
	}
	return root.ReadFile(name)
}
