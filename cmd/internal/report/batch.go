package report

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/chart"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/score"
)

//go:embed batch.html
var batchText string

//go:embed batch.js
var batchScript string

// Batch is what the overview of many results is made of.
type Batch struct {
	Entries []Entry
	Words   *words.Words
	Made    time.Time // zero leaves it out
}

// Entry is what an overview keeps of a result.
type Entry struct {
	Path       string
	Outcome    score.Outcome
	Segments   []score.Segment // the strongest few
	More       int             // segments beyond these
	Strongest  *int64          // ms of the strongest moment, where there is no segment and yet reason to look
	DurationMS int64
	Thresholds score.Thresholds
	Maker      [8]byte // of models and settings: scores of different ones do not compare
	Page       string  // where the result's own page is, relative to the overview; empty when there is none
	Thumb      []byte  // JPEG; nil when there is none
}

// mostLooks are the segments that an overview names of a file.
const mostLooks = 3

// NewEntry keeps of a result what an overview shows.
func NewEntry(r *score.Result) Entry {
	e := Entry{
		Path: r.Input.Path, Outcome: r.Outcome, DurationMS: r.Input.DurationMS, Thresholds: r.Settings.Thresholds,
	}
	sum := sha256.Sum256(fmt.Append(nil, r.Models, r.Settings))
	copy(e.Maker[:], sum[:])
	sorted := slices.SortedStableFunc(slices.Values(r.Segments), func(a, b score.Segment) int { return cmp.Compare(b.Score, a.Score) })
	kept := min(len(sorted), mostLooks)
	e.Segments, e.More = slices.Clone(sorted[:kept]), len(sorted)-kept
	slices.SortFunc(e.Segments, func(a, b score.Segment) int { return cmp.Compare(a.StartMS, b.StartMS) })
	e.Strongest = strongest(r)
	return e
}

// strongest is the moment that the file's own page shows first, when the score asks for a look and no segment says where.
// Of a weak score, or none, no moment is named: it would be a suspicion where there is none. A photo has but one.
func strongest(r *score.Result) *int64 {
	o, m := r.Outcome, maker{r: r}
	if len(r.Segments) > 0 || r.Input.Kind == "image" || o.Status != score.Scored || o.Score == nil || m.band(*o.Score) == score.Weak {
		return nil
	}
	shown := exhibit.Choose(r.Tracks, exhibit.Limits{Faces: 1, PerFace: 1})
	if len(shown) == 0 {
		return nil
	}
	return new(shown[0].Best.TMS)
}

// longestPageName leaves room for the digest in what file systems allow.
const longestPageName = 80

// PageName is the name of a result's page in a folder of many: that of the file, as far as it is harmless, and the
// beginning of its digest, so that files of one name do not meet.
func PageName(r *score.Result) string {
	tame := func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
			return c
		}
		return '-'
	}
	name := strings.TrimLeft(strings.Map(tame, filepath.Base(r.Input.Path)), ".-")
	sum := sha256.Sum256([]byte(r.Input.Path))
	id := hex.EncodeToString(sum[:])
	if len(r.Input.SHA256) == len(id) && strings.Trim(r.Input.SHA256, "0123456789abcdef") == "" {
		id = r.Input.SHA256
	}
	return name[:min(len(name), longestPageName)] + "-" + id[:12] + ".html"
}

// Overview writes the page of many results, highest scores first.
func Overview(ctx context.Context, w io.Writer, b Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t, err := parse(batchText, b.Words)
	if err != nil {
		return err
	}
	return t.Execute(w, newBatch(b))
}

// batchPage is what the template sees.
type batchPage struct {
	Lang, Policy, Title, Made string
	Style                     template.CSS
	Script                    template.JS
	Counts                    []batchCount
	Rows                      []batchRow
	Thumbs                    bool
	Makers                    int
	Total                     int
}

// batchCount is how many files ended in a band or status.
type batchCount struct {
	Class, Name, N string
}

type batchRow struct {
	Name, Folder  string
	Class, Signs  string
	Sentence      string
	Score         string
	Interval      string
	Whisker       *chart.Whisker
	Look, LookWhy string
	Length        string
	More          int
	Value, Rank   string // what the script sorts by
	DurationMS    int64
	Page          string
	Thumb         []byte
	probability   float64
	statusOrdinal int
}

// longestFolder and longestFile are what a row shows of a path.
const longestFolder, longestFile = 60, 80

func newBatch(b Batch) batchPage {
	p := batchPage{
		Lang: string(b.Words.Language()), Policy: policy(styleText, batchScript), Style: template.CSS(styleText), Script: template.JS(batchScript),
		Title: b.Words.Count("batch.title", len(b.Entries)), Total: len(b.Entries),
	}
	if !b.Made.IsZero() {
		p.Made = b.Words.Say("page.made", "when", b.Words.Moment(b.Made))
	}
	makers, counts := map[[8]byte]bool{}, map[string]int{}
	for _, e := range b.Entries {
		row := newRow(e, b.Words)
		p.Rows = append(p.Rows, row)
		p.Thumbs = p.Thumbs || row.Thumb != nil
		counts[row.Class]++
		if e.Outcome.Score != nil {
			makers[e.Maker] = true
		}
	}
	p.Makers = len(makers)
	slices.SortStableFunc(p.Rows, func(a, b batchRow) int {
		return cmp.Or(cmp.Compare(a.statusOrdinal, b.statusOrdinal), cmp.Compare(b.probability, a.probability), cmp.Compare(a.Name, b.Name))
	})
	for _, c := range classes() {
		if n := counts[c.class]; n > 0 {
			p.Counts = append(p.Counts, batchCount{c.class, c.name(b.Words, n), b.Words.Integer(int64(n))})
		}
	}
	return p
}

// classKey is an end; the signs of a band, and the key of a status.
type classKey struct{ class, signs, status string }

// name stands behind the number of files that came to it.
func (c classKey) name(w *words.Words, n int) string {
	if c.signs != "" {
		return w.Say("batch.signs", "signs", w.Say(c.signs))
	}
	return w.Count(c.status, n)
}

// classes are all ends that a file can come to, the most urgent first.
func classes() []classKey {
	return []classKey{
		{"very-strong", "signs.very strong", ""},
		{"strong", "signs.strong", ""},
		{"moderate", "signs.moderate", ""},
		{"weak", "signs.weak", ""},
		{"inconclusive", "", "batch.inconclusive"},
		{"not_applicable", "", "batch.not_applicable"},
		{"error", "", "batch.error"},
	}
}

func newRow(e Entry, w *words.Words) batchRow {
	m := maker{w: w, r: &score.Result{Outcome: e.Outcome, Settings: score.Settings{Thresholds: e.Thresholds}}}
	o := m.outcome()
	folder, file := filepath.Split(e.Path)
	row := batchRow{
		Name: output.Shorten(output.Printable(file), longestFile), Folder: output.Shorten(output.Printable(folder), longestFolder),
		Class: o.Class, Signs: o.Signs, Sentence: o.Sentence, Interval: "", Page: e.Page, Thumb: e.Thumb, DurationMS: e.DurationMS, More: e.More,
		statusOrdinal: slices.Index([]score.Status{score.Scored, score.Inconclusive, score.NotApplicable, score.Failed}, e.Outcome.Status),
	}
	row.Rank = fmt.Sprint(row.statusOrdinal)
	if e.DurationMS > 0 {
		row.Length = w.ShortClock(e.DurationMS)
	}
	if s := e.Outcome.Score; s != nil {
		row.probability = *s
		row.Value = fmt.Sprint(*s)
		row.Score = w.Score(*s)
		if i := e.Outcome.Interval; i != nil {
			row.Interval = w.Say("unit.range", "from", w.Score(i[0]), "to", w.Score(i[1]))
			row.Whisker = chart.NewWhisker(unit(*s), unit(i[0]), unit(i[1]))
		}
	}
	var looks []string
	for _, s := range e.Segments {
		looks = append(looks, w.ShortClock(s.StartMS)+"–"+w.ShortClock(s.EndMS))
	}
	row.Look = strings.Join(looks, ", ")
	if e.Strongest != nil {
		row.Look, row.LookWhy = w.Clock(*e.Strongest), w.Say("batch.strongest")
	}
	return row
}
