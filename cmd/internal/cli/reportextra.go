package cli

import (
	"context"
	"os"

	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/score"
)

// reportExtra makes a page of each result, and one that leads to them.
type reportExtra struct {
	pages  *pages
	folder folder
}

func newReportExtra(pages *pages) *reportExtra {
	return &reportExtra{pages: pages, folder: folder{pages: pages, resumes: true}}
}

func (x *reportExtra) flags(f *pflag.FlagSet) {
	f.StringVar(&x.folder.name, "report", "", "make in `dir` a page to read for each file, and an index.html of all")
	x.pages.langFlag(f)
}

func (x *reportExtra) check() error {
	if err := x.pages.check(); err != nil || x.folder.name == "" {
		return err
	}
	return os.MkdirAll(x.folder.name, 0o777)
}

// timeline asks for results with one: a page has curves.
func (x *reportExtra) timeline() bool { return x.folder.name != "" }

// finished makes the page. The file was read to its end a moment ago to identify it; it is not read once more for that.
func (x *reportExtra) finished(ctx context.Context, path string, r *score.Result) error {
	if x.folder.name == "" {
		return nil
	}
	return x.folder.add(ctx, r, path, nil)
}

func (x *reportExtra) end(ctx context.Context) error {
	if x.folder.name == "" {
		return nil
	}
	return x.folder.end(ctx)
}
