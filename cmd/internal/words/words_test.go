package words

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/score"
)

func TestEveryLanguageHasEveryMessage(t *testing.T) {
	english, err := read("en")
	if err != nil {
		t.Fatal(err)
	}
	if len(Languages()) < 2 {
		t.Fatalf("languages %v", Languages())
	}
	placeholder := regexp.MustCompile(`\{\w+\}`)
	for _, name := range Languages() {
		texts, err := read(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(english)) {
			text, ok := texts[key]
			if !ok || text == "" {
				t.Errorf("%s lacks %q", name, key)
				continue
			}
			want, got := placeholder.FindAllString(english[key], -1), placeholder.FindAllString(text, -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(slices.Compact(want), slices.Compact(got)) {
				t.Errorf("%s: %q has %v, want %v", name, key, got, want)
			}
		}
		for key := range texts {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %q, which English lacks", name, key)
			}
		}
	}
}

// TestMessagesAreThoseThatPagesAskFor finds misspelt keys and messages that nobody shows. Keys made of a code are known by
// their beginning.
func TestMessagesAreThoseThatPagesAskFor(t *testing.T) {
	english, err := read("en")
	if err != nil {
		t.Fatal(err)
	}
	composed := regexp.MustCompile(`^(signs|meaning|reason|limit|kind|status|made\.model|provenance\.c2pa)\.[\w -]+$|^unit\.`)
	asked := askedFor(t, "../report", "../tui", "../cli", "../evidence")
	for key := range asked {
		_, plain := english[key]
		_, counted := english[key+".other"]
		if !plain && !counted {
			t.Errorf("%q is asked for, but there is no such message", key)
		}
	}
	for key := range english {
		base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
		if !asked[key] && !asked[base] && !asked[strings.TrimSuffix(key, ".note")] && !composed.MatchString(key) {
			t.Errorf("nobody asks for %q", key)
		}
	}
}

func askedFor(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	uses := []*regexp.Regexp{
		regexp.MustCompile(`(?:say|count|Say|Count|add|code|of)[ (]"([a-z]+\.[\w. -]+?)"`), // whole keys, not beginnings of keys
		regexp.MustCompile(`(?:key|method|summary).*"((?:method|summary)\.[\w.]+)"`),
		regexp.MustCompile(`"((?:status|batch)\.\w+)"`),
	}
	asked := map[string]bool{}
	for _, folder := range folders {
		for _, pattern := range []string{"*.go", "*.html"} {
			names, err := filepath.Glob(filepath.Join(folder, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if strings.HasSuffix(name, "_test.go") {
					continue
				}
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, use := range uses {
					for _, m := range use.FindAllSubmatch(text, -1) {
						if key := string(m[1]); !strings.HasSuffix(key, ".") {
							asked[key] = true
						}
					}
				}
			}
		}
	}
	return asked
}

func TestEveryCodeHasWords(t *testing.T) {
	w := in(t, "fr")
	for kind, codes := range map[string][]string{
		"signs":  {string(score.Weak), string(score.Moderate), string(score.Strong), string(score.VeryStrong)},
		"status": {string(score.Scored), string(score.Inconclusive), string(score.NotApplicable), string(score.Failed)},
		"limit":  {string(score.WholeImageSynthesis), string(score.AudioNotExamined), string(score.OnlyFaces), string(score.StillPhoto)},
		"reason": {
			string(score.TooFewFaces), string(score.FacesTooSmall), string(score.LowQuality), string(score.WideInterval),
			string(score.Truncated), string(score.FacesLeftOut), string(score.DurationLimit), string(score.BadTimestamps),
		},
	} {
		for _, code := range codes {
			if !w.Has(kind + "." + code) {
				t.Errorf("no words for %s %q", kind, code)
			}
		}
	}
	if got := w.Code("reason", "brand_new"); got != "brand new" {
		t.Errorf("an unknown code reads %q", got)
	}
}

func in(t *testing.T, name string) *Words {
	t.Helper()
	w, err := For(name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestLanguagesByTheirNames(t *testing.T) {
	for name, want := range map[string]score.Language{"en": "en", "fr": "fr", "fr-CA": "fr", "fr_CA.UTF-8": "fr", "en_GB@euro": "en"} {
		if got := in(t, name).Language(); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, name := range []string{"", "tlh", "C", "../en", "français"} {
		if _, err := For(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: err = %v", name, err)
		}
	}
}

func TestLocale(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{}, "en"},
		{map[string]string{"LANG": "fr_FR.UTF-8"}, "fr"},
		{map[string]string{"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"},
		{map[string]string{"LANG": "en_GB.UTF-8", "LC_MESSAGES": "", "LC_ALL": "fr"}, "fr"},
		{map[string]string{"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"},
		{map[string]string{"LANG": "xx_YY"}, "en"},
	} {
		got := FromLocale(func(name string) (string, bool) { v, ok := c.env[name]; return v, ok })
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.env, got, c.want)
		}
	}
}

func TestNumbersAreWrittenAsTheLanguageDoes(t *testing.T) {
	en, fr := in(t, "en"), in(t, "fr")
	for _, c := range [][2]string{
		{en.Percent(0.634), "63%"},
		{fr.Percent(0.634), "63\u00a0%"},
		{en.Percent1(0.0345), "3.5%"},
		{en.Integer(110325), "110,325"},
		{en.Bytes(734003200), "734\u00a0MB"},
		{en.Bytes(1_500), "1.5\u00a0kB"},
		{fr.Bytes(999), "999\u00a0octets"},
		{en.Clock(3440), "0:03.4"},
		{fr.ExactClock(3_723_004), "1:02:03,004"},
		{en.ShortClock(59_999), "1:00"},
		{en.Count("faces.photo", 1), "1 face was judged."},
		{fr.Count("faces.photo", 0), "0 visage a été évalué."},
		{en.Say("no.such.key"), "no.such.key"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}
