package output

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/blendscope/blendscope/score"
)

// few inputs are summed up in a line, more in a table.
const few = 20

// Summary is how a run went: by status and band, and errors by reason. took is how long it was; 0 leaves that out.
func (t *Tally) Summary(took time.Duration) string {
	if t.Total <= few {
		return t.String()
	}
	lines := t.lines()
	width := 0
	for _, l := range lines {
		width = max(width, columnsOf(l.name))
	}
	var b strings.Builder
	b.WriteString(t.headline(took))
	for _, l := range lines {
		fmt.Fprintf(&b, "\n%s %*d", pad(l.name, width), countColumns, l.count)
	}
	return b.String()
}

// countColumns is the width of the summary's numbers.
const countColumns = 8

type summaryLine struct {
	name  string
	count int
}

// lines are what there is any of, with what belongs to it indented below it.
func (t *Tally) lines() []summaryLine {
	var lines []summaryLine
	add := func(indent, name string, n int) {
		if n > 0 {
			lines = append(lines, summaryLine{indent + name, n})
		}
	}
	add("  ", "scored", t.Status[score.Scored])
	for _, band := range []score.Band{score.VeryStrong, score.Strong, score.Moderate, score.Weak} {
		add("    ", string(band), t.Bands[band])
	}
	add("  ", "inconclusive", t.Status[score.Inconclusive])
	add("  ", "not applicable", t.Status[score.NotApplicable])
	add("  ", "errors", t.Status[score.Failed])
	reasons := slices.SortedFunc(maps.Keys(t.Errors), func(a, b score.Reason) int {
		return cmp.Or(cmp.Compare(t.Errors[b], t.Errors[a]), cmp.Compare(a, b))
	})
	for _, reason := range reasons {
		add("    ", Saying(reason), t.Errors[reason])
	}
	return lines
}

func (t *Tally) headline(took time.Duration) string {
	s := plural(t.Total, "input")
	if took > 0 {
		s += " in " + took.Round(time.Second).String() + ", " + Rate(t.Total-t.Known, took)
	}
	if t.Known > 0 {
		s += fmt.Sprintf(", %d known before", t.Known)
	}
	return s
}

// Rate is how many files a second or a minute.
func Rate(files int, took time.Duration) string {
	perSecond := float64(files) / took.Seconds()
	if perSecond < 1 {
		return fmt.Sprintf("%.0f files/min", 60*perSecond)
	}
	return fmt.Sprintf("%.1f files/s", perSecond)
}
