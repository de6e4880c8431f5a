package score

import (
	"regexp"
	"testing"
)

// Every phrase exists in every language, and none calls anything authentic.
func TestPhrases(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)authenti|genuine|\breal\b|original|véritable|vrai`)
	for language, table := range phrases {
		if len(table) != len(english) {
			t.Errorf("%s has %d phrases, English %d", language, len(table), len(english))
		}
		for key := range english {
			if table[key] == "" {
				t.Errorf("%s: no phrase for %v", language, key)
			}
		}
		for key, text := range table {
			if forbidden.MatchString(text) {
				t.Errorf("%s %v: %q claims too much", language, key, text)
			}
		}
	}
}

func TestWords(t *testing.T) {
	out := Outcome{Status: Scored, Band: Strong, Reasons: []Reason{Truncated}}
	if got := out.Words(French); got != french[phrase{Scored, "strong"}] {
		t.Errorf("got %q", got)
	}
	if got := out.Words("xx"); got != english[phrase{Scored, "strong"}] {
		t.Errorf("got %q", got)
	}
	if got := (Outcome{Status: Failed, Reasons: []Reason{"brand_new"}}).Words(English); got != "could not be examined" {
		t.Errorf("got %q", got)
	}
	if got := (Outcome{Status: Inconclusive}).Words(English); got == "" {
		t.Error("no words without a reason")
	}
}
