package model

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// Limits on what is read from a folder that somebody else may have filled.
const (
	maxManifest = 1 << 20 // bytes
	maxWeights  = 1 << 30 // bytes
)

// Registry finds models in folders of the form <name>/manifest.json. It keeps no state: every call looks again.
type Registry struct {
	sources []Folder
}

// Folder is a place with models.
type Folder struct {
	FS     fs.FS
	Origin string // for people: "built in" or a path
	// Defaults name the model to use for a task when the user names none. Of several folders the first that has one counts.
	Defaults map[Task]string
}

// Entry is one model that was found. With Err set the manifest is unusable and only Name and Origin hold.
type Entry struct {
	Name     string
	Origin   string
	Default  bool // the one used for its task when none is named
	Manifest Manifest
	Err      error

	fsys fs.FS
}

// NewRegistry looks into the folders in their order; of two models of one name the first counts and the second is
// listed with an error, so that a user's model can not pass for a built-in one.
func NewRegistry(folders ...Folder) *Registry { return &Registry{sources: folders} }

// List gives every model, sorted by task and name, broken ones last.
func (r *Registry) List() []Entry {
	var all []Entry
	seen := map[string]string{}
	for _, source := range r.sources {
		manifests, err := fs.Glob(source.FS, "*/manifest.json")
		if err != nil {
			continue // the pattern is constant and good
		}
		for _, file := range manifests {
			e := source.entry(path.Dir(file))
			if first, taken := seen[e.Name]; taken {
				e.Err = fmt.Errorf("%w: the name %q is taken by the model of %s", ErrManifest, e.Name, first)
			} else {
				seen[e.Name] = e.Origin
			}
			e.Default = e.Err == nil && e.Name == r.defaultName(e.Manifest.Task)
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b Entry) int {
		return cmp.Or(boolCompare(a.Err != nil, b.Err != nil), cmp.Compare(a.Manifest.Task, b.Manifest.Task), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// Get finds a model by name, or the task's default when the name is empty. It fails with ErrNotFound or ErrManifest.
func (r *Registry) Get(task Task, name string) (Entry, error) {
	if name == "" {
		name = r.defaultName(task)
	}
	var known []string
	for _, e := range r.List() {
		if e.Name == name {
			return e, e.usable(task)
		}
		if e.Err == nil && e.Manifest.Task == task {
			known = append(known, e.Name)
		}
	}
	return Entry{}, fmt.Errorf("%w: %q for %s; known are %q", ErrNotFound, name, task, known)
}

// usable reports why an entry that was found can not serve a task.
func (e Entry) usable(task Task) error {
	if e.Err != nil {
		return e.Err
	}
	if e.Manifest.Task != task {
		return fmt.Errorf("%w: %q is for %s, not for %s", ErrNotFound, e.Name, e.Manifest.Task, task)
	}
	return nil
}

func (r *Registry) defaultName(task Task) string {
	for _, source := range r.sources {
		if name, ok := source.Defaults[task]; ok {
			return name
		}
	}
	return ""
}

func (f Folder) entry(dir string) Entry {
	e := Entry{Name: dir, Origin: f.Origin, fsys: f.FS}
	data, err := readBounded(f.FS, path.Join(dir, "manifest.json"), maxManifest)
	if err != nil {
		e.Err = fmt.Errorf("%w: %w", ErrManifest, err)
		return e
	}
	if e.Manifest, err = ParseManifest(data); err != nil {
		e.Err = fmt.Errorf("model %q: %w", dir, err)
		return e
	}
	if e.Manifest.Name != dir {
		e.Err = fmt.Errorf("%w: field name is %q but the folder is %q", ErrManifest, e.Manifest.Name, dir)
	}
	return e
}

// Card reads the model card; empty when the manifest names none.
func (e Entry) Card() (string, error) {
	if e.Err != nil || e.Manifest.Card == "" {
		return "", e.Err
	}
	data, err := readBounded(e.fsys, path.Join(e.Name, e.Manifest.Card), maxManifest)
	return string(data), err
}

// Open reads the weights and verifies them; see NewWeights.
func (e Entry) Open() (*Weights, error) {
	if e.Err != nil {
		return nil, e.Err
	}
	data, err := readBounded(e.fsys, path.Join(e.Name, e.Manifest.File), maxWeights)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", e.Manifest, err)
	}
	return NewWeights(e.Manifest, data)
}

func readBounded(fsys fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	if info.Size() > limit {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("larger than %d bytes", limit)}
	}
	return fs.ReadFile(fsys, name)
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
