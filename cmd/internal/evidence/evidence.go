// Package evidence keeps what speaks for a result in a folder of its own: the result, pictures of its strongest moments
// at full resolution, a timeline, a page to read, and a manifest with the digest of every file, which may be signed. Verify
// says later whether the folder is still as it was made.
//
// The folder follows the spirit of ISO/IEC 27037: what was examined is identified by its digest, the file is only ever
// read, its digest is taken before and after the work, and every step is on record in the manifest.
package evidence

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// ErrUnidentified is the error of a result without a digest: nobody could tell what it speaks of.
var ErrUnidentified = errors.New("the result does not identify its file: it could not be read to its end")

// limits bound the pictures of one folder. Frames keep their full resolution, and so do crops but for faces that fill a
// photo: what a result from a file asks for must not take all memory.
func limits() exhibit.Limits { return exhibit.Limits{Faces: 6, PerFace: 3, CropSide: 4096} }

// Maker makes evidence folders. It keeps no state.
type Maker struct {
	Folder   string // where the folders go; made when it is not there
	Original bool   // put a copy of the file itself into its folder, and take the pictures from that
	Key      *Key   // signs the manifests; nil leaves them unsigned
	Tool     score.Tool

	Preview func(ctx context.Context, path string) (engine.Preview, error)
	// Page writes the page to read; nil leaves it out.
	Page func(ctx context.Context, w io.Writer, r *score.Result, clip engine.Preview) error
	Now  func() time.Time
}

// work is one folder being made.
type work struct {
	*Maker
	*draft
	log
	result *score.Result
	path   string // of the file that pictures are taken from
}

// Make makes the folder of one result and gives its path. path opens the file that was scored, which must still be the
// same. The folder appears when it is complete. A folder that is there already is left alone: where it holds this very
// result, its path is given, else the new one gets a number behind its name.
func (m *Maker) Make(ctx context.Context, path string, r *score.Result) (folder string, err error) {
	if r.Input.SHA256 == "" {
		return "", ErrUnidentified
	}
	text, err := resultText(r)
	if err != nil {
		return "", err
	}
	name, done, err := m.name(r, text)
	if done || err != nil {
		return name, err
	}
	d, err := newDraft(m.Folder)
	if err != nil {
		return "", err
	}
	defer d.discard()
	w := &work{Maker: m, draft: d, log: log{now: m.Now}, result: r, path: path}
	if err := w.fill(ctx, text); err != nil {
		return "", err
	}
	return name, d.commit(name)
}

// name is the first free one; done is set when a folder holds this result already.
func (m *Maker) name(r *score.Result, text []byte) (folder string, done bool, err error) {
	base := filepath.Join(m.Folder, safeName(r.Input.Path)+"-"+r.Input.SHA256[:min(12, len(r.Input.SHA256))])
	for i := 1; i < 1000; i++ {
		folder = base
		if i > 1 {
			folder = fmt.Sprintf("%s-%d", base, i)
		}
		if free, err := isFree(folder); free || err != nil {
			return folder, false, err
		}
		if holds(folder, resultFile, text) {
			return folder, true, nil
		}
	}
	return "", false, fmt.Errorf("%s: too many folders of that name", base)
}

func (w *work) fill(ctx context.Context, text []byte) error {
	in := w.result.Input
	w.note(Identification, "named as %q; %d bytes; SHA-256 %s, taken while it was scored%s", in.Path, in.Bytes, in.SHA256, modified(w.path))
	if err := w.acquire(ctx); err != nil {
		return err
	}
	if err := w.add(resultFile, "the result, as scan --format json gives it", bytesOf(text)); err != nil {
		return err
	}
	if len(w.result.Timeline) > 0 {
		if err := w.add(timelineFile, "every scored face, one a line", func(f io.Writer) error { return writeTimeline(f, w.result) }); err != nil {
			return err
		}
	}
	if err := w.illustrate(ctx); err != nil {
		return err
	}
	if err := exhibit.Check(ctx, w.path, in.SHA256); err != nil {
		return fmt.Errorf("after the pictures were taken: %w", err)
	}
	w.note(Acquisition, "the file's SHA-256 is still the same")
	return w.seal()
}

// modified tells what the file system says of a file's age.
func modified(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return "; last modified " + info.ModTime().UTC().Format(time.RFC3339) + " according to the file system"
}

// acquire makes sure that the file is the one that was scored, and copies it where that was asked for.
func (w *work) acquire(ctx context.Context) error {
	if !w.Original {
		if err := exhibit.Check(ctx, w.path, w.result.Input.SHA256); err != nil {
			return err
		}
		w.note(Collection, "the file stays where it is, opened for reading only; its SHA-256 was taken again and is the same")
		return nil
	}
	name := "original/" + safeName(w.result.Input.Path)
	if err := w.add(name, "a copy of the file that was scored", copyOf(ctx, w.path)); err != nil {
		return err
	}
	if w.files[len(w.files)-1].SHA256 != w.result.Input.SHA256 {
		return exhibit.ErrOtherFile
	}
	w.note(Collection, "copied as %s with the same SHA-256; all that follows is taken from the copy", name)
	w.path = w.at(name)
	return nil
}

// illustrate takes the pictures and writes the page. A file that can be scored and not be shown again leaves a folder
// without them, which says so.
func (w *work) illustrate(ctx context.Context) error {
	var clip engine.Preview
	moments := exhibit.Choose(w.result.Tracks, limits())
	if len(moments) > 0 {
		opened, err := w.Preview(ctx, w.path)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil {
			w.note(Acquisition, "no pictures: %v", err)
		} else {
			defer opened.Close()
			clip = opened
		}
	}
	if clip != nil {
		if err := w.pictures(ctx, clip, moments); err != nil {
			return err
		}
	}
	if w.Page == nil {
		return nil
	}
	return w.add(pageFile, "a page to read", func(f io.Writer) error { return w.Page(ctx, f, w.result, clip) })
}

// seal writes the manifest, which lists all files but itself, and its signature.
func (w *work) seal() error {
	w.note(Preservation, "%d files written, their SHA-256 taken on the way and listed here", len(w.files))
	r := w.result
	m := Manifest{
		Schema: SchemaID, Made: w.stamp(), Tool: w.Tool, Models: r.Models, ScoredBy: r.Tool,
		Input: Identity{Path: r.Input.Path, SHA256: r.Input.SHA256, Bytes: r.Input.Bytes},
		Files: w.files, Log: w.entries,
	}
	if w.Key != nil {
		m.Signer = w.Key.public()
	}
	text, err := m.encode()
	if err != nil {
		return err
	}
	if err := w.write(ManifestFile, bytesOf(text)); err != nil || w.Key == nil {
		return err
	}
	return w.write(signatureFile, bytesOf(w.Key.sign(text)))
}

// holds reports whether a folder has a file of just this content.
func holds(folder, name string, content []byte) bool {
	sum, _, err := hash.File(context.Background(), filepath.Join(folder, name))
	return err == nil && sum == sumOf(content)
}

// resultText is the result as scan writes it.
func resultText(r *score.Result) ([]byte, error) {
	return render(func(w io.Writer) error {
		doc, err := output.New(w, output.Options{Format: output.JSON})
		if err != nil {
			return err
		}
		return errors.Join(doc.Write(r), doc.Close())
	})
}
