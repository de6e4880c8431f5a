package output

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable shows s on one line of a terminal or a table: control characters, invisible and direction-changing ones and
// bytes that are not UTF-8 are spelt out, such as \n, \x1b or \u202e.
func Printable(s string) string {
	if strings.IndexFunc(s, hazardous) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hazardous(r):
			b.WriteString(spell(r))
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

func spell(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// hazardous are characters that a name must not put on a screen: controls (C0, DEL, C1), formatting characters such as
// direction overrides and zero-width ones, line and paragraph separators.
func hazardous(r rune) bool {
	return unicode.Is(unicode.C, r) && !unicode.Is(unicode.Co, r) || r == '\u2028' || r == '\u2029'
}

// EscapeJSON rewrites hazardous characters of a JSON text as \u escapes, which mean the same to a reader. They can only
// stand inside strings; the line breaks between values are left alone.
func EscapeJSON(data []byte) []byte {
	plain := func(r rune) bool { return r == '\n' || !hazardous(r) }
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case plain(r):
			out = append(out, data[:size]...)
		case r <= 0xFFFF:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		}
		data = data[size:]
	}
	return out
}

// SafeJSON is w for JSON texts, one in each write, with hazardous characters escaped.
func SafeJSON(w io.Writer) io.Writer { return safeJSON{w} }

type safeJSON struct{ w io.Writer }

func (s safeJSON) Write(data []byte) (int, error) {
	if _, err := s.w.Write(EscapeJSON(data)); err != nil {
		return 0, err
	}
	return len(data), nil
}

// cell makes a text harmless in a spreadsheet: one line, and an apostrophe before what would start a formula.
func cell(s string) string {
	s = Printable(s)
	trimmed := strings.TrimLeft(s, " ")
	if trimmed == "" {
		return s
	}
	switch r, _ := utf8.DecodeRuneInString(trimmed); r {
	case '=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠':
		return "'" + s
	}
	return s
}
