package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	htmlreport "github.com/blendscope/blendscope/cmd/internal/report"
	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// pages makes pages of results.
type pages struct {
	env      *env.Env
	platform engine.Platform
	models   *string // folder with further models
	lang     string
	words    *words.Words
}

func newPages(e *env.Env, p engine.Platform, models *string) *pages {
	return &pages{env: e, platform: p, models: models}
}

// langFlag is that of every command that writes pages.
func (p *pages) langFlag(f *pflag.FlagSet) {
	f.StringVar(&p.lang, "lang", "", "`language` of pages: "+strings.Join(words.Languages(), " or ")+" (default: that of the locale)")
}

func (p *pages) completeLang(cmd *cobra.Command) { choose(cmd, "lang", words.Languages()...) }

// check settles the language.
func (p *pages) check() (err error) {
	name := p.lang
	if name == "" {
		name = words.FromLocale(p.env.LookupEnv)
	}
	if p.words, err = words.For(name); err != nil {
		return exit.Usagef("--lang: %w", err)
	}
	return nil
}

// write writes the page of one result. clip is nil when there are to be no pictures, for the reason given.
func (p *pages) write(ctx context.Context, w io.Writer, r *score.Result, clip engine.Preview, why error) (pictures []htmlreport.Picture, err error) {
	if clip != nil {
		if pictures, err = htmlreport.Pictures(ctx, clip, r, htmlreport.PictureLimits()); err != nil {
			return nil, err
		}
	}
	return pictures, htmlreport.Write(ctx, w, htmlreport.Input{
		Result: r, Words: p.words, Pictures: pictures, NoClip: why, Model: p.model(r), Made: p.env.Now(),
	})
}

// Page is how packages that have opened the clip ask for its page.
func (p *pages) page(ctx context.Context, w io.Writer, r *score.Result, clip engine.Preview) error {
	_, err := p.write(ctx, w, r, clip, nil)
	return err
}

// save writes the page of one result to a file that appears when it is complete.
func (p *pages) save(ctx context.Context, name string, r *score.Result, path string, why error) ([]htmlreport.Picture, error) {
	f, err := output.Create(name)
	if err != nil {
		return nil, err
	}
	defer p.env.OnAbort(f.Discard)()
	defer f.Discard()
	pictures, err := p.open(ctx, f, r, path, why)
	if err != nil {
		return nil, err
	}
	return pictures, f.Commit()
}

// open writes the page with pictures from the file at path, unless there is a reason against that. A file that cannot be
// shown is no reason to have no page.
func (p *pages) open(ctx context.Context, w io.Writer, r *score.Result, path string, why error) ([]htmlreport.Picture, error) {
	if why != nil || len(r.Tracks) == 0 {
		return p.write(ctx, w, r, nil, why)
	}
	clip, err := p.platform.Preview(ctx, path)
	if err != nil {
		return p.write(ctx, w, r, nil, err)
	}
	pictures, err := p.write(ctx, w, r, clip, nil)
	return pictures, errors.Join(err, clip.Close())
}

// model is what the makers of the result's classifier say about it, nil when these very weights are not at hand.
func (p *pages) model(r *score.Result) *htmlreport.Model {
	for _, ref := range r.Models {
		if ref.Task != string(model.ForgeryClassification) {
			continue
		}
		entry, err := p.platform.Models(*p.models).Get(model.ForgeryClassification, ref.Name)
		if err != nil || entry.Manifest.SHA256 != ref.SHA256 {
			return nil
		}
		card, err := entry.Card()
		if err != nil {
			card = ""
		}
		return &htmlreport.Model{Manifest: entry.Manifest, Card: card}
	}
	return nil
}

// clipFinder finds the files that results speak of.
type clipFinder struct {
	folders []string // that relative paths are taken from, besides the current one
	none    bool
}

// find gives the path of the very file that was scored, or why it is not at hand.
func (c clipFinder) find(ctx context.Context, r *score.Result) (string, error) {
	if c.none {
		return "", htmlreport.ErrUnasked
	}
	if r.Input.SHA256 == "" || len(r.Tracks) == 0 {
		return "", fs.ErrNotExist
	}
	why := error(fs.ErrNotExist)
	for _, path := range c.candidates(r.Input.Path) {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if info.Size() != r.Input.Bytes {
			why = exhibit.ErrOtherFile
			continue
		}
		err = exhibit.Check(ctx, path, r.Input.SHA256)
		if err == nil || ctx.Err() != nil {
			return path, ctx.Err()
		}
		why = err
	}
	return "", why
}

func (c clipFinder) candidates(path string) []string {
	list := []string{path}
	for _, folder := range c.folders {
		if !filepath.IsAbs(path) {
			list = append(list, filepath.Join(folder, path))
		}
		list = append(list, filepath.Join(folder, filepath.Base(path)))
	}
	return list
}

// indexPage is the overview of the pages in a folder.
const indexPage = "index.html"

// mostThumbs are the files whose picture an overview shows: it is one page, however large the archive.
const mostThumbs = 5000

// folder collects the pages of many results, and the overview that leads to them.
type folder struct {
	pages   *pages
	name    string
	resumes bool // pages that are there already, and say the same, are left alone
	entries []htmlreport.Entry
	owners  map[string]string // the file that a page's name belongs to
}

// add makes the page of one result, unless it is there, and gives it a place in the overview.
func (f *folder) add(ctx context.Context, r *score.Result, path string, why error) error {
	entry := htmlreport.NewEntry(r)
	entry.Page = f.page(r)
	full := filepath.Join(f.name, entry.Page)
	known := false
	if entry.Thumb, known = f.known(full, r); !known {
		pictures, err := f.pages.save(ctx, full, r, path, why)
		if err != nil {
			return fmt.Errorf("the page: %w", err)
		}
		entry.Thumb = htmlreport.Thumb(pictures)
	}
	if len(f.entries) >= mostThumbs {
		entry.Thumb = nil
	}
	f.entries = append(f.entries, entry)
	return nil
}

// page is the name of a result's page. Files of one name and the same bytes may lie in several folders: the first has the
// usual name, and the others' tells of their path.
func (f *folder) page(r *score.Result) string {
	name := htmlreport.PageName(r)
	if owner, taken := f.owners[name]; taken && owner != r.Input.Path {
		other := *r
		other.Input.SHA256 = ""
		return htmlreport.PageName(&other)
	}
	if f.owners == nil {
		f.owners = map[string]string{}
	}
	f.owners[name] = r.Input.Path
	return name
}

// known reports whether an earlier run has made this very page, perhaps from a result with more in it.
func (f *folder) known(name string, r *score.Result) (thumb []byte, known bool) {
	if !f.resumes {
		return nil, false
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	mark, thumb, err := htmlreport.Known(file)
	if err != nil || mark == "" || mark != htmlreport.Mark(r, f.pages.words) {
		return nil, false
	}
	return thumb, true
}

// end writes the overview, if there is more than one page.
func (f *folder) end(ctx context.Context) error {
	if len(f.entries) < 2 {
		return nil
	}
	file, err := output.Create(filepath.Join(f.name, indexPage))
	if err != nil {
		return err
	}
	defer f.pages.env.OnAbort(file.Discard)()
	defer file.Discard()
	if err := f.pages.overview(ctx, file, f.entries); err != nil {
		return err
	}
	return file.Commit()
}

func (p *pages) overview(ctx context.Context, w io.Writer, entries []htmlreport.Entry) error {
	return htmlreport.Overview(ctx, w, htmlreport.Batch{Entries: entries, Words: p.words, Made: p.env.Now()})
}
