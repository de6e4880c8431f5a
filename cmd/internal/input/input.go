// Package input turns what the user named - files, folders, lists - into the files to score, each path once and in an
// order that depends on nothing but the file system.
package input

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// Item is one thing that gets a row in the results.
type Item struct {
	Path  string
	Bytes int64 // size when it was found; 0 when unknown
	Err   error // when set, the path cannot be scored, and why: an unreadable folder, a file that is not there
}

// The ways in which a path can be no file to score. They wrap no error of the system.
var (
	ErrNoMedia    = errors.New("no photo or video in this folder (by their extensions; a file that is named is always tried)")
	ErrEmpty      = errors.New("the file is empty")
	ErrNotRegular = errors.New("not a regular file")
)

// Spec says what to look for, and where.
type Spec struct {
	Sources []iter.Seq[Path]         // files and folders, in the order in which they were named; see Named, List and ListFile
	Filter  Filter                   // for files found in folders; a file that is named is always taken
	Shard   Shard                    // the part of the items that is given
	Skip    func(folder string) bool // tells of folders below those that were named whether not to enter them; may be nil
}

// Path is one path to look at, or the error that ended a list of them.
type Path struct {
	Name string
	Err  error
}

// Walk gives every item once, folders in the order of their names, depth first. It stops when ctx is done.
func Walk(ctx context.Context, spec Spec) iter.Seq[Item] {
	return func(yield func(Item) bool) {
		w := walker{filter: spec.Filter, shard: spec.Shard, skip: spec.Skip, seen: map[pathKey]struct{}{}, yield: func(i Item) bool { return ctx.Err() == nil && yield(i) }}
		for _, source := range spec.Sources {
			for p := range source {
				if p.Err != nil && !w.emit(Item{Path: p.Name, Err: p.Err}, p.Name) || p.Err == nil && !w.named(p.Name) {
					return
				}
			}
		}
	}
}

// Named is a path from the command line.
func Named(path string) iter.Seq[Path] {
	return func(yield func(Path) bool) { yield(Path{Name: path}) }
}

type walker struct {
	filter Filter
	shard  Shard
	skip   func(folder string) bool
	seen   map[pathKey]struct{} // cleaned paths that have been given
	yield  func(Item) bool
}

// pathKey stands for a path in a set of very many: it is shorter, and no two paths have the same.
type pathKey [16]byte

func keyOf(path string) (k pathKey) {
	sum := sha256.Sum256([]byte(filepath.Clean(path)))
	copy(k[:], sum[:])
	return k
}

// emit gives an item unless its path has been given before, or place - its path below the folder that was named - puts
// it into another shard.
func (w *walker) emit(item Item, place string) bool {
	key := keyOf(item.Path)
	if _, again := w.seen[key]; again {
		return true
	}
	w.seen[key] = struct{}{}
	return !w.shard.has(place) || w.yield(item)
}

// named handles a path from the command line or a list.
func (w *walker) named(path string) bool {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?["):
		return w.pattern(path, err)
	case err != nil:
		return w.emit(Item{Path: path, Err: Reason(err)}, path)
	case info.IsDir():
		return w.folder(path)
	default:
		return w.emit(file(path, info), path)
	}
}

// pattern handles a path that is no file but may be a pattern which no shell has expanded: there is a limit to what a
// command line can hold, and none to a list.
func (w *walker) pattern(path string, notFound error) bool {
	matches, err := filepath.Glob(path)
	if err != nil || len(matches) == 0 {
		return w.emit(Item{Path: path, Err: Reason(notFound)}, path)
	}
	for _, match := range matches {
		if _, err := os.Stat(match); err != nil {
			if !w.emit(Item{Path: match, Err: Reason(err)}, match) {
				return false
			}
		} else if !w.named(match) {
			return false
		}
	}
	return true
}

// folder walks a folder that was named. A folder without media is an item itself: what was named gets its row.
func (w *walker) folder(root string) bool {
	t := tree{walker: w, root: root, entered: map[string]bool{}}
	if !t.walk(root, "") {
		return false
	}
	if !t.found {
		return w.emit(Item{Path: root, Err: ErrNoMedia}, "")
	}
	return true
}

// tree is the walk of one named folder.
type tree struct {
	*walker
	root    string
	entered map[string]bool // real paths of folders entered: links to folders are followed, each folder once
	found   bool
}

func (t *tree) walk(dir, rel string) bool {
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return t.fail(dir, rel, err)
	}
	if t.entered[real] {
		return true
	}
	t.entered[real] = true
	entries, err := os.ReadDir(dir) // sorted by name; what could be read comes with the error
	for i, entry := range entries {
		entries[i] = nil // a folder can be long; what is behind need not be kept
		if !t.entry(filepath.Join(dir, entry.Name()), filepath.Join(rel, entry.Name()), entry) {
			return false
		}
	}
	if err != nil {
		return t.fail(dir, rel, err)
	}
	return true
}

func (t *tree) entry(path, rel string, entry fs.DirEntry) bool {
	if entry.Type().IsRegular() && !t.filter.File(rel) {
		return true // the common case first: no need to look at the file itself
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return t.filter.prunes(rel) || t.skip != nil && t.skip(path) || t.walk(path, rel)
	case !t.filter.File(rel):
		return true
	case err != nil:
		return t.fail(path, rel, err)
	default:
		t.found = true
		return t.emit(file(path, info), rel)
	}
}

func (t *tree) fail(path, rel string, err error) bool {
	t.found = true
	return t.emit(Item{Path: path, Err: Reason(err)}, rel)
}

// file looks at what can be known without opening: a pipe, for one, must not be opened.
func file(path string, info fs.FileInfo) Item {
	item := Item{Path: path, Bytes: info.Size()}
	switch {
	case !info.Mode().IsRegular():
		item.Bytes, item.Err = 0, fmt.Errorf("%w: %s", ErrNotRegular, kind(info.Mode()))
	case info.Size() == 0:
		item.Err = ErrEmpty
	}
	return item
}

func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return mode.Type().String()
	}
}

// Reason takes the operation and the path off an error of the file system: the row names the path already.
func Reason(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
