package output

import (
	"fmt"
	"strings"

	"github.com/blendscope/blendscope/score"
)

// Tally counts how inputs ended.
type Tally struct {
	Status map[score.Status]int
	Bands  map[score.Band]int // of the scored ones
	Total  int
	// NotScored counts the inputs without a score: errors, not applicable ones, and inconclusive ones without a usable face.
	NotScored int
	Errors    map[score.Reason]int // first reasons of the errors
	Known     int                  // results that were taken from elsewhere; for the caller to count
}

// Add counts one result.
func (t *Tally) Add(r *score.Result) {
	if t.Status == nil {
		t.Status, t.Bands, t.Errors = map[score.Status]int{}, map[score.Band]int{}, map[score.Reason]int{}
	}
	t.Total++
	if r.Outcome.Score == nil {
		t.NotScored++
	}
	t.Status[r.Outcome.Status]++
	switch {
	case r.Outcome.Status == score.Scored:
		t.Bands[r.Outcome.Band]++
	case r.Outcome.Status == score.Failed && len(r.Outcome.Reasons) > 0:
		t.Errors[r.Outcome.Reasons[0]]++
	}
}

// String is one line for people.
func (t *Tally) String() string {
	if t.Total == 0 {
		return "no inputs"
	}
	parts := []string{plural(t.Status[score.Failed], "error")}
	if n := t.Status[score.NotApplicable]; n > 0 {
		parts = append([]string{fmt.Sprintf("%d not applicable", n)}, parts...)
	}
	if n := t.Status[score.Inconclusive]; n > 0 {
		parts = append([]string{fmt.Sprintf("%d inconclusive", n)}, parts...)
	}
	return plural(t.Total, "input") + ": " + strings.Join(append([]string{t.scored()}, parts...), ", ")
}

func (t *Tally) scored() string {
	var bands []string
	for _, b := range []score.Band{score.VeryStrong, score.Strong, score.Moderate, score.Weak} {
		if n := t.Bands[b]; n > 0 {
			bands = append(bands, fmt.Sprintf("%d %s", n, b))
		}
	}
	s := fmt.Sprintf("%d scored", t.Status[score.Scored])
	if len(bands) > 0 {
		s += " (" + strings.Join(bands, ", ") + ")"
	}
	return s
}
