package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/score"
)

func TestOverview(t *testing.T) {
	var entries []Entry
	for i, p := range []float64{0.2, 0.95, 0.6} {
		r := clip()
		r.Input.Path, r.Outcome.Score = fmt.Sprintf("desk/%d.mp4", i), &p
		entries = append(entries, NewEntry(r))
	}
	even := clip()
	even.Input.Path, even.Segments = "desk/even.mp4", nil
	failed := clip()
	failed.Outcome = score.Outcome{Status: score.Failed, Reasons: []score.Reason{score.NotMedia}}
	entries = append(entries, NewEntry(even), NewEntry(failed))
	entries[1].Page, entries[1].Thumb = "1.html", []byte("thumb")
	entries[2].Maker[0]++
	made := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	for _, language := range []string{"en", "fr"} {
		var b bytes.Buffer
		if err := Overview(t.Context(), &b, Batch{Entries: entries, Words: in(t, language), Made: made}); err != nil {
			t.Fatal(err)
		}
		golden(t, "overview."+language+".html", b.String())
	}
}

func TestOverviewCountsInPlural(t *testing.T) {
	for n, want := range map[int][]string{
		1: {"<b>1</b> with strong signs", "<b>1</b> error<", "<b>1</b> avec signes forts", "<b>1</b> erreur<"},
		2: {"<b>2</b> with strong signs", "<b>2</b> errors<", "<b>2</b> avec signes forts", "<b>2</b> erreurs<"},
	} {
		var entries []Entry
		for range n {
			failed := clip()
			failed.Outcome = score.Outcome{Status: score.Failed, Reasons: []score.Reason{score.NotMedia}}
			entries = append(entries, NewEntry(clip()), NewEntry(failed))
		}
		var b bytes.Buffer
		for _, language := range []string{"en", "fr"} {
			if err := Overview(t.Context(), &b, Batch{Entries: entries, Words: in(t, language)}); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("no %q", text)
			}
		}
	}
}

func TestEntriesNameTheStrongestSegmentsInOrderOfTime(t *testing.T) {
	r := clip()
	r.Segments = nil
	for i, p := range []float64{0.6, 0.9, 0.5, 0.8, 0.7} {
		r.Segments = append(r.Segments, score.Segment{StartMS: int64(i) * 1000, Score: p})
	}
	e := NewEntry(r)
	if len(e.Segments) != 3 || e.More != 2 || e.Segments[0].StartMS != 1000 || e.Segments[2].StartMS != 4000 {
		t.Errorf("segments %+v and %d more", e.Segments, e.More)
	}
}

func TestEntriesNameTheStrongestMomentWhereThereIsReasonToLook(t *testing.T) {
	for name, test := range map[string]struct {
		change func(r *score.Result)
		named  bool
	}{
		"moderate": {func(r *score.Result) { *r.Outcome.Score = 0.5 }, true},
		"weak":     {func(r *score.Result) { *r.Outcome.Score = 0.49 }, false},
		"of another scale": {func(r *score.Result) {
			r.Settings.Thresholds = score.Thresholds{Moderate: 0.9, Strong: 0.95, VeryStrong: 0.99}
		}, false},
		"with a segment":     {func(r *score.Result) { r.Segments = clip().Segments }, false},
		"inconclusive":       {func(r *score.Result) { r.Outcome.Status = score.Inconclusive }, false},
		"a photo":            {func(r *score.Result) { r.Input.Kind = "image" }, false},
		"without moments":    {func(r *score.Result) { r.Tracks[0].Evidence = nil }, false},
		"without any tracks": {func(r *score.Result) { r.Tracks = nil }, false},
	} {
		r := clip()
		r.Segments = nil
		test.change(r)
		if e := NewEntry(r); (e.Strongest != nil) != test.named || test.named && *e.Strongest != 15_000 {
			t.Errorf("%s: %v", name, e.Strongest)
		}
	}
}

func TestPageNamesDiffer(t *testing.T) {
	a, b, c := clip(), clip(), clip()
	b.Input.SHA256 = strings.Repeat("d4", 32)
	c.Input.SHA256, c.Input.Path = "../../etc/passwd", "..\\..\\x"
	if got := PageName(a); got != "it-s-an-interview.mp4-c3c3c3c3c3c3.html" {
		t.Errorf("name %q", got)
	}
	if PageName(a) == PageName(b) || strings.ContainsAny(PageName(c), `/\`) {
		t.Errorf("names %q, %q, %q", PageName(a), PageName(b), PageName(c))
	}
}

func TestReadTakesAnyDocumentOfResults(t *testing.T) {
	for text, want := range map[string]int{
		`[]`: 0, ` [{"schema":"a"}, {"schema":"b"}]`: 2, `{"schema":"a"}`: 1, "{}\n{}\n{}\n": 3,
	} {
		n := 0
		if err := Read(strings.NewReader(text), func(*score.Result) error { n++; return nil }); err != nil || n != want {
			t.Errorf("%s: %d results, err = %v", text, n, err)
		}
	}
	for _, text := range []string{``, `[{}`, `nonsense`, `[{}] `[:3], `{"schema":1}`} {
		if err := Read(strings.NewReader(text), func(*score.Result) error { return nil }); err == nil {
			t.Errorf("%q is taken for results", text)
		}
	}
}

func TestAPageIsKnownByItsMark(t *testing.T) {
	r := clip()
	html := written(t, Input{Result: r, Words: in(t, "en"), Pictures: shown(r)})
	mark, thumb, err := Known(strings.NewReader(html))
	if err != nil || string(thumb) != "thumb\xfb\xef\xbe" || mark != Mark(r, in(t, "en")) {
		t.Errorf("mark %q, thumb %q, err = %v", mark, thumb, err)
	}
	r.Timeline, r.Timing.TotalMS = nil, 7
	if Mark(r, in(t, "en")) != mark {
		t.Error("a run's time changes the mark")
	}
	if Mark(r, in(t, "fr")) == mark {
		t.Error("the language does not change the mark")
	}
	r.Outcome.Detail = "else"
	if Mark(r, in(t, "en")) == mark {
		t.Error("the outcome does not change the mark")
	}
	if mark, _, err := Known(strings.NewReader("a page of somebody else")); mark != "" || err != nil {
		t.Errorf("mark %q, err = %v", mark, err)
	}
}
