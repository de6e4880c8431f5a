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
	var b strings.Builder
	b.WriteString(t.headline(took) + "\n")
	line := func(indent int, name string, n int) {
		if n > 0 {
			fmt.Fprintf(&b, "%s %*d\n", pad(strings.Repeat("  ", indent)+name, summaryColumns), countColumns, n)
		}
	}
	line(1, "scored", t.Status[score.Scored])
	for _, band := range []score.Band{score.VeryStrong, score.Strong, score.Moderate, score.Weak} {
		line(2, string(band), t.Bands[band])
	}
	line(1, "inconclusive", t.Status[score.Inconclusive])
	line(1, "not applicable", t.Status[score.NotApplicable])
	line(1, "errors", t.Status[score.Failed])
	reasons := slices.SortedFunc(maps.Keys(t.Errors), func(a, b score.Reason) int {
		return cmp.Or(cmp.Compare(t.Errors[b], t.Errors[a]), cmp.Compare(a, b))
	})
	for _, reason := range reasons {
		line(2, Shorten(say(reason), summaryColumns-4), t.Errors[reason])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// The widths of the summary's columns.
const (
	summaryColumns = 56
	countColumns   = 8
)

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
