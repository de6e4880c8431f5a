package output

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// TableOptions are how the table for people is to look.
type TableOptions struct {
	Columns int      // width of the terminal; 0 means 80
	Names   []string // of all inputs, so that the table is as wide as the longest needs from its first row on
	Color   bool
}

// The widths of the columns but for the file's, in terminal columns, with the gaps after them.
const (
	defaultColumns = 80
	signColumns    = 4  // "!!! "
	scoreColumns   = 5  // "  93%"
	rangeColumns   = 9  // "   84-97%"
	wordColumns    = 12 // "inconclusive"
	gap            = 2
	leastFile      = 12
)

// table writes rows as they come, a summary and the caveat.
type table struct {
	w       io.Writer
	color   bool
	columns int
	file    int
	folder  string // that all inputs are in, named once instead of in each row; may be empty
	tally   Tally
}

func newTable(w io.Writer, o TableOptions) *table {
	t := &table{w: w, color: o.Color, columns: o.Columns}
	if t.columns <= 0 {
		t.columns = defaultColumns
	}
	room := t.columns - signColumns - gap - scoreColumns - gap - rangeColumns - gap - wordColumns
	room = max(room, leastFile)
	if longest(o.Names, "") > room {
		t.folder = commonFolder(o.Names)
	}
	t.file = min(max(longest(o.Names, t.folder), leastFile), room)
	return t
}

// longest is how many columns the longest name takes without the folder.
func longest(names []string, folder string) int {
	n := 0
	for _, name := range names {
		n = max(n, columnsOf(Printable(strings.TrimPrefix(name, folder))))
	}
	return n
}

// commonFolder is the longest folder, with its slash, that all names begin with.
func commonFolder(names []string) string {
	if len(names) < 2 {
		return ""
	}
	folder := names[0]
	for _, name := range names {
		for folder != "" && (!strings.HasPrefix(name, folder) || !strings.HasSuffix(folder, "/") || folder == name) {
			folder = folder[:strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')+1]
		}
	}
	return folder
}

func (t *table) Write(r *score.Result) error {
	var b strings.Builder
	if t.tally.Total == 0 {
		if t.folder != "" {
			b.WriteString("in " + Shorten(Printable(t.folder), t.columns-len("in ")) + "\n")
		}
		t.line(&b, look{}, "FILE", "SCORE", "95% RANGE", "SIGNS")
	}
	t.tally.Add(r)
	l := lookOf(r)
	file := Shorten(Printable(strings.TrimPrefix(r.Input.Path, t.folder)), t.file)
	lines := notes(r)
	if r.Outcome.Score != nil {
		t.line(&b, l, file, percent(*r.Outcome.Score), rangeText(r), l.words)
	} else {
		lines = append(t.message(&b, l, file, r), lines...)
	}
	for _, line := range lines {
		for i, part := range Wrap(line, t.columns-signColumns-gap) {
			b.WriteString(strings.Repeat(" ", signColumns+min(i, 1)*gap) + t.paint(dim, part) + "\n")
		}
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// Close writes the summary.
func (t *table) Close() error {
	var b strings.Builder
	if t.tally.Total > 0 {
		b.WriteByte('\n')
	}
	if t.tally.Total > few {
		b.WriteString(t.tally.Summary(0) + "\n")
	} else {
		for _, line := range Wrap(t.tally.String(), t.columns) {
			b.WriteString(line + "\n")
		}
	}
	if t.tally.Total > t.tally.NotScored {
		for _, line := range Wrap(Caveat, t.columns) {
			b.WriteString(t.paint(dim, line) + "\n")
		}
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

func (t *table) line(b *strings.Builder, l look, file, score, interval, words string) {
	text := t.paint(l.color, pad(l.sign, signColumns)) + pad(file, t.file) +
		fmt.Sprintf("%*s%*s%*s", gap+scoreColumns, score, gap+rangeColumns, interval, gap, "") + t.paint(l.color, words)
	b.WriteString(strings.TrimRight(text, " ") + "\n")
}

// message is the row of an input without a score: why takes the place of the numbers, or the next line if it is long.
func (t *table) message(b *strings.Builder, l look, file string, r *score.Result) (rest []string) {
	why := reasons(r)
	if text := l.words + ": " + why; why != "" && signColumns+t.file+gap+columnsOf(text) <= t.columns {
		l.words = text
	} else if why != "" {
		rest = []string{why}
	}
	b.WriteString(t.paint(l.color, pad(l.sign, signColumns)) + pad(file, t.file+gap) + t.paint(l.color, l.words) + "\n")
	return rest
}

func rangeText(r *score.Result) string {
	if r.Outcome.Interval == nil {
		return ""
	}
	return fmt.Sprintf("%.0f-%s", score.WholePercent(r.Outcome.Interval[0]), percent(r.Outcome.Interval[1]))
}

// look is how a row stands out. The sign says the same as the colour, for those who cannot see it.
type look struct{ sign, color, words string }

// Select graphic rendition codes of terminals. There is no green: nothing here says that all is well.
const (
	dim    = "2"
	bold   = "1"
	red    = "31"
	yellow = "33"
	purple = "35"
)

func lookOf(r *score.Result) look {
	switch r.Outcome.Status {
	case score.Inconclusive:
		return look{"?", purple, "inconclusive"}
	case score.NotApplicable:
		return look{"-", dim, "not applicable"}
	case score.Failed:
		return look{"x", purple, "error"}
	}
	words := Printable(string(r.Outcome.Band))
	switch r.Outcome.Band {
	case score.VeryStrong:
		return look{"!!!", bold + ";" + red, words}
	case score.Strong:
		return look{"!!", red, words}
	case score.Moderate:
		return look{"!", yellow, words}
	}
	return look{".", "", words}
}

// notes are the lines under a row: where to look, why a score is not a firm one, what else went wrong, and what the file
// says of itself.
func notes(r *score.Result) []string {
	var lines []string
	if r.Outcome.Score != nil {
		if r.Input.Kind != "image" && r.Outcome.Status == score.Scored && r.Outcome.Band != score.Weak && len(r.Segments) > 0 {
			lines = append(lines, "look at "+spans(r.Segments))
		}
		if why := reasons(r); why != "" {
			lines = append(lines, why)
		}
	}
	if r.Outcome.Detail != "" && !tellsAll(r.Outcome.Reasons) {
		lines = append(lines, "("+Printable(r.Outcome.Detail)+")")
	}
	if said := declared(r.Provenance); said != "" {
		lines = append(lines, said)
	}
	return lines
}

// declared is what a file says of its source, where that is more than nothing: apart from the score, and not verified.
func declared(p *score.Provenance) string {
	switch {
	case p == nil:
		return ""
	case p.DeclaredSourceType != "":
		return "the file declares its source as " + Printable(p.DeclaredSourceType) + " (not verified)"
	case p.C2PA == string(frames.Present):
		return "the file carries a C2PA manifest (not verified)"
	}
	return ""
}

func reasons(r *score.Result) string {
	if r.Outcome.Status == score.NotApplicable && slices.Contains(r.Outcome.Reasons, score.NotMedia) {
		return "no photo or video in this folder" // nothing is wrong with it
	}
	why := make([]string, len(r.Outcome.Reasons))
	for i, reason := range r.Outcome.Reasons {
		why[i] = Explained(reason, r.Input)
	}
	return strings.Join(why, "; ")
}

// paint wraps s in an escape sequence where colour is wanted.
func (t *table) paint(code, s string) string {
	if !t.color || code == "" || strings.TrimSpace(s) == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
