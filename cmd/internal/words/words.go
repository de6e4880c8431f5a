// Package words is the message catalogue: every sentence that pages show, in each language. A language is one file,
// <tag>.json; what a verdict says is worded by package score.
package words

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/blendscope/blendscope/score"
)

//go:embed *.json
var files embed.FS

// ErrUnknown is the error for a language without a file.
var ErrUnknown = errors.New("unknown language")

// Words are the messages of one language, and its way to write numbers. They are safe for concurrent use.
type Words struct {
	language score.Language
	tag      language.Tag
	texts    map[string]string
	printer  *message.Printer
}

// Languages are those with a file, sorted.
func Languages() []string {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil // the pattern is constant and good
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, ".json")
	}
	slices.Sort(names)
	return names
}

// For reads the messages of a language, named as in BCP 47 or as in a locale: fr, fr-CA, fr_CA.UTF-8.
func For(name string) (*Words, error) {
	plain, _, _ := strings.Cut(name, ".")
	plain, _, _ = strings.Cut(plain, "@")
	tag, err := language.Parse(plain)
	if err != nil {
		return nil, fmt.Errorf("%w %q: known are %s", ErrUnknown, name, strings.Join(Languages(), ", "))
	}
	base, _ := tag.Base()
	texts, err := read(base.String())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w %q: known are %s", ErrUnknown, name, strings.Join(Languages(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return &Words{score.Language(base.String()), tag, texts, message.NewPrinter(tag)}, nil
}

// FromLocale is the language of the user's messages as POSIX names it: LC_ALL before LC_MESSAGES before LANG. It is
// English where that is not set, or not known.
func FromLocale(lookup func(string) (string, bool)) string {
	for _, variable := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value, _ := lookup(variable)
		if value == "" {
			continue
		}
		if w, err := For(value); err == nil {
			return string(w.language)
		}
		break // C, POSIX, or a language without a file
	}
	return string(score.English)
}

func read(name string) (map[string]string, error) {
	data, err := files.ReadFile(path.Clean(name) + ".json")
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	if err := json.Unmarshal(data, &texts); err != nil {
		return nil, fmt.Errorf("messages in %s: %w", name, err)
	}
	return texts, nil
}

// Language is the language's name as in BCP 47.
func (w *Words) Language() score.Language { return w.language }

// Outcome is the verdict in one line.
func (w *Words) Outcome(o score.Outcome) string { return o.Words(w.language) }

// Say is the message with its {placeholders} replaced: pairs are a placeholder's name and what takes its place. A key
// without a message is shown as it is.
func (w *Words) Say(key string, pairs ...any) string {
	text, ok := w.texts[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return text
}

// Has reports whether there is a message for the key.
func (w *Words) Has(key string) bool {
	_, ok := w.texts[key]
	return ok
}

// Count is the message for n things: KEY.one or KEY.other, as the language's grammar has it, with {n} replaced.
func (w *Words) Count(key string, n int, pairs ...any) string {
	form := ".other"
	if plural.Cardinal.MatchPlural(w.tag, n, 0, 0, 0, 0) == plural.One {
		form = ".one"
	}
	return w.Say(key+form, append([]any{"n", w.Integer(int64(n))}, pairs...)...)
}

// Code words a machine-readable code, such as a reason; one that is newer than the catalogue is shown as it is.
func (w *Words) Code(kind, code string) string {
	if text, ok := w.texts[kind+"."+code]; ok {
		return text
	}
	return strings.ReplaceAll(code, "_", " ")
}
