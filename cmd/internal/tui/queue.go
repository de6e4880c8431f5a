package tui

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// state is where a file stands.
type state int

// The states of a file.
const (
	waiting state = iota
	scoring
	done
)

// row is one file of the review.
type row struct {
	number  int    // at the desk
	path    string // opens the file
	name    string // for the screen
	folded  string // name for searching
	state   state
	info    frames.Info
	reached time.Duration // scored so far
	result  *score.Result
	stored  bool // the result was read from a file
	marks   []Mark
	saved   int // marks that were exported
}

func newRow(path string) *row {
	name := output.Printable(path)
	return &row{path: path, name: name, folded: strings.ToLower(name)}
}

// length is the clip's, 0 when unknown.
func (r *row) length() time.Duration {
	if r.result != nil && r.result.Input.DurationMS > 0 {
		return ms(r.result.Input.DurationMS)
	}
	return r.info.Duration
}

// score is -1 without one.
func (r *row) score() float64 {
	if r.result != nil && r.result.Outcome.Score != nil {
		return *r.result.Outcome.Score
	}
	return -1
}

// status is empty until there is a result.
func (r *row) status() score.Status {
	if r.result == nil {
		return ""
	}
	return r.result.Outcome.Status
}

// order is what rows are sorted by.
type order int

// The orders.
const (
	byArrival order = iota
	byScore
	byName
	byLength
	byFaces
	orders
)

func (o order) String() string { return [...]string{"as added", "score", "name", "length", "faces"}[o] }

// filter is which rows are shown.
type filter int

// The filters.
const (
	everything filter = iota
	withSigns
	unclear
	failed
	unscored
	filters
)

func (f filter) String() string {
	return [...]string{"all", "signs found", "inconclusive", "errors", "not scored yet"}[f]
}

func (f filter) takes(r *row) bool {
	switch f {
	case withSigns:
		return r.status() == score.Scored && r.result.Outcome.Band != score.Weak
	case unclear:
		return r.status() == score.Inconclusive || r.status() == score.NotApplicable
	case failed:
		return r.status() == score.Failed
	case unscored:
		return r.result == nil
	}
	return true
}

// queue is the view of all files.
type queue struct {
	rows   []*row // in order of arrival
	byPath map[string]*row
	shown  []*row
	order  order
	back   bool // the other way round
	filter filter
	search string
	cursor int // in shown
	top    int // first row on the screen
	counts map[score.Status]int
	folder string // that all files are in, as it is shown; may be empty
	number int    // of files that folder was found for
}

func newQueue() queue { return queue{byPath: map[string]*row{}, counts: map[score.Status]int{}} }

// add takes a file unless it is there already.
func (q *queue) add(r *row) (added bool) {
	key := filepath.Clean(r.path)
	if q.byPath[key] != nil {
		return false
	}
	q.byPath[key] = r
	q.rows = append(q.rows, r)
	return true
}

// arrange makes the list anew, and keeps the cursor on its file if it is still shown.
func (q *queue) arrange() {
	at := q.current()
	q.counts = map[score.Status]int{}
	q.findFolder()
	q.shown = q.shown[:0]
	for _, r := range q.rows {
		q.counts[r.status()]++
		if q.filter.takes(r) && strings.Contains(r.folded, q.search) {
			q.shown = append(q.shown, r)
		}
	}
	if q.order != byArrival {
		slices.SortStableFunc(q.shown, q.compare)
	}
	if q.back {
		slices.Reverse(q.shown)
	}
	if i := slices.Index(q.shown, at); i >= 0 {
		q.cursor = i
	}
	q.cursor = max(0, min(q.cursor, len(q.shown)-1))
}

// mostMoments is how many moments of finished files are kept, some 100 bytes each: of the others the timeline shows only
// what their results point to.
const mostMoments = 500_000

// trim forgets the timelines of the files that came first, but for the one that is open, until the rest is within bounds.
func (q *queue) trim(open *row, most int) {
	kept := 0
	for _, r := range q.rows {
		if r.result != nil {
			kept += len(r.result.Timeline)
		}
	}
	for _, r := range q.rows {
		if kept <= most {
			return
		}
		if r.result != nil && r != open && len(r.result.Timeline) > 0 {
			short := *r.result
			kept -= len(short.Timeline)
			short.Timeline = nil
			r.result = &short
		}
	}
}

// findFolder finds what all names begin with, up to a slash.
func (q *queue) findFolder() {
	if len(q.rows) < 2 || q.number == len(q.rows) {
		return
	}
	q.number = len(q.rows)
	q.folder = q.rows[0].name
	for _, r := range q.rows {
		for !strings.HasPrefix(r.name, q.folder) || !strings.HasSuffix(q.folder, "/") && q.folder != "" {
			q.folder = q.folder[:1+strings.LastIndexByte(strings.TrimSuffix(q.folder, "/"), '/')]
		}
	}
}

// compare puts first what is most worth looking at.
func (q *queue) compare(a, b *row) int {
	switch q.order {
	case byScore:
		return cmp.Compare(b.score(), a.score())
	case byName:
		return cmp.Compare(a.folded, b.folded)
	case byLength:
		return cmp.Compare(b.length(), a.length())
	case byFaces:
		return cmp.Compare(faceCount(b), faceCount(a))
	}
	return 0
}

func faceCount(r *row) int {
	if r.result == nil {
		return -1
	}
	return len(r.result.Tracks)
}

// current is the row under the cursor, nil when there is none.
func (q *queue) current() *row {
	if q.cursor < 0 || q.cursor >= len(q.shown) {
		return nil
	}
	return q.shown[q.cursor]
}

// move moves the cursor by n rows.
func (q *queue) move(n int) { q.cursor = max(0, min(q.cursor+n, len(q.shown)-1)) }

// scroll brings the cursor into a window of height rows.
func (q *queue) scroll(height int) {
	q.top = max(min(q.top, q.cursor), q.cursor-height+1)
	q.top = max(0, min(q.top, len(q.shown)-height))
}
