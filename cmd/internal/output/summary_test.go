package output

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/blendscope/blendscope/score"
)

func TestSummary(t *testing.T) {
	var tally Tally
	for range 3 {
		for _, r := range results() {
			tally.Add(r)
		}
	}
	tally.Known = 13
	want := `33 inputs in 1m40s, 12 files/min, 13 known before
  scored                                                    12
    very strong                                              3
    strong                                                   3
    moderate                                                 3
    weak                                                     3
  inconclusive                                               3
  not applicable                                             6
  errors                                                    12
    a reason of tomorrow that is longer than one line        3
    internal error                                           3
    no such file                                             3
    not a photo or video that can be read                    3`
	if diff := cmp.Diff(want, tally.Summary(100*time.Second)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	few := Tally{}
	few.Add(scored("a", 0.3, score.Weak))
	if got := few.Summary(time.Second); got != "1 input: 1 scored (1 weak), 0 errors" {
		t.Errorf("few: %s", got)
	}
}
