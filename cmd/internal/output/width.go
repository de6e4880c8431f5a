package output

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// columnsOf is how many columns of a terminal s takes.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Shorten takes out the middle of s so that it fits limit columns: a path's beginning and its end say most.
func Shorten(s string, limit int) string {
	if columnsOf(s) <= limit {
		return s
	}
	if limit < 2 {
		return strings.Repeat("…", max(0, limit))
	}
	runes := []rune(s)
	tail := 0
	from := len(runes)
	for from > 0 && tail+runeColumns(runes[from-1]) <= limit*3/5 {
		from--
		tail += runeColumns(runes[from])
	}
	head, to := 0, 0
	for head+runeColumns(runes[to]) <= limit-tail-1 {
		head += runeColumns(runes[to])
		to++
	}
	for from < len(runes) && runeColumns(runes[from]) == 0 {
		from++ // a combining mark without its letter
	}
	return string(runes[:to]) + "…" + string(runes[from:])
}

// pad fills s up with spaces to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columnsOf(s))) }

// Wrap breaks a text at spaces into lines of at most limit columns; a longer word has a line of its own.
func Wrap(s string, limit int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case columnsOf(line)+1+columnsOf(word) <= limit:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
