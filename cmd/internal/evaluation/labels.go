package evaluation

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Label is one line of a label file: what is known about a media file.
type Label struct {
	Line   int
	Path   string // joined with the root
	Fake   bool
	Method string // what made the fake; Unnamed where the file does not say, empty for genuine files
	Group  string // files of one group are not independent; the path where the file does not say
	// Stretch is the part of a fake that is manipulated; nil where the file does not say, and for genuine files.
	Stretch *Stretch
}

// Labels are a label file. Repeated counts lines that say again what an earlier one said.
type Labels struct {
	Rows     []Label
	Repeated int
}

// Unnamed is the method of fakes whose line names none.
const Unnamed = "(no method)"

// LabelError is a mistake in a label file.
type LabelError struct {
	Line int // from 1; 0 when it is about the whole file
	Text string
}

func (e *LabelError) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Text)
}

// maxLine is the longest line of a label file in bytes; a longer one is no label file.
const maxLine = 1 << 20

// ReadLabels reads a table with a header that names the columns: path (or file), label, method, group, start_ms and
// end_ms, in any order, the last four optional; others are passed over. Fields are parted by tabs where the header holds one, else by commas,
// else by semicolons; the latter two may be quoted. A relative path is taken from root. The label is real, genuine or 0,
// or fake or 1. Mistakes are a *LabelError.
func ReadLabels(r io.Reader, root string) (Labels, error) {
	next, err := records(r)
	if err != nil {
		return Labels{}, err
	}
	header, line, err := next()
	if errors.Is(err, io.EOF) {
		return Labels{}, &LabelError{0, "the file is empty; its first line names the columns: path, label, method, group"}
	}
	if err != nil {
		return Labels{}, err
	}
	columns, err := readHeader(header, line)
	if err != nil {
		return Labels{}, err
	}
	t := table{columns: columns, root: root, seen: map[string]int{}}
	for {
		fields, line, err := next()
		switch {
		case errors.Is(err, io.EOF) && len(t.labels.Rows) == 0:
			return Labels{}, &LabelError{0, "no file is listed below the header"}
		case errors.Is(err, io.EOF):
			return t.labels, nil
		case err == nil:
			err = t.add(fields, line)
		}
		if err != nil {
			return Labels{}, err
		}
	}
}

// columns are the positions of the fields, -1 for one that is not there, and how many there are in all.
type columns struct{ path, label, method, group, start, end, count int }

func readHeader(header []string, line int) (columns, error) {
	c := columns{-1, -1, -1, -1, -1, -1, len(header)}
	places := map[string]*int{"path": &c.path, "file": &c.path, "label": &c.label, "method": &c.method, "group": &c.group, "start_ms": &c.start, "end_ms": &c.end}
	for i, name := range header {
		place := places[strings.ToLower(strings.TrimSpace(name))]
		switch {
		case place == nil:
		case *place >= 0:
			return c, &LabelError{line, fmt.Sprintf("column %.40q is there twice", strings.TrimSpace(name))}
		default:
			*place = i
		}
	}
	var missing []string
	if c.path < 0 {
		missing = append(missing, `"path"`)
	}
	if c.label < 0 {
		missing = append(missing, `"label"`)
	}
	if len(missing) > 0 {
		return c, &LabelError{line, "the header has no column " + strings.Join(missing, " and none ") + "; it must name path and label, and may name method and group"}
	}
	return c, nil
}

// table gathers labels.
type table struct {
	columns
	root   string
	labels Labels
	seen   map[string]int // place in labels.Rows by path
}

func (t *table) add(fields []string, line int) error {
	if len(fields) > t.count {
		return &LabelError{line, fmt.Sprintf("%d fields, but the header has %d; a path that holds the separator must be in quotes (in a table with tabs it cannot)", len(fields), t.count)}
	}
	field := func(i int) string {
		if i < 0 || i >= len(fields) {
			return ""
		}
		return fields[i]
	}
	l := Label{Line: line, Path: field(t.path), Method: strings.TrimSpace(field(t.method)), Group: strings.TrimSpace(field(t.group))}
	if strings.TrimSpace(l.Path) == "" {
		return &LabelError{line, "the path is empty"}
	}
	if !filepath.IsAbs(l.Path) {
		l.Path = filepath.Join(t.root, l.Path)
	}
	l.Path = filepath.Clean(l.Path)
	switch text := strings.TrimSpace(field(t.label)); strings.ToLower(text) {
	case "fake", "1":
		l.Fake = true
	case "real", "genuine", "0":
		l.Method = "" // what recorded it is of no interest here
	case "":
		return &LabelError{line, "the label is empty: use real or fake"}
	default:
		return &LabelError{line, fmt.Sprintf("unknown label %.40q: use real (or genuine, 0) or fake (or 1)", text)}
	}
	if l.Fake && l.Method == "" {
		l.Method = Unnamed
	}
	if l.Group == "" {
		l.Group = l.Path
	}
	if from, to := strings.TrimSpace(field(t.start)), strings.TrimSpace(field(t.end)); l.Fake && from+to != "" {
		if l.Stretch = readStretch(from, to); l.Stretch == nil {
			return &LabelError{line, fmt.Sprintf("start_ms %.40q and end_ms %.40q: use whole milliseconds, the end after the start", from, to)}
		}
	}
	return t.keep(l)
}

// readStretch is nil when the two are no stretch.
func readStretch(from, to string) *Stretch {
	const longest = 1e12 // milliseconds; beyond any clip
	start, err := strconv.ParseInt(from, 10, 64)
	end, wrong := strconv.ParseInt(to, 10, 64)
	if err != nil || wrong != nil || start < 0 || end <= start || end > longest {
		return nil
	}
	return &Stretch{start, end}
}

// keep takes a label unless it says what an earlier one said.
func (t *table) keep(l Label) error {
	at, again := t.seen[l.Path]
	if !again {
		t.seen[l.Path] = len(t.labels.Rows)
		t.labels.Rows = append(t.labels.Rows, l)
		return nil
	}
	first := t.labels.Rows[at]
	differs := ""
	switch {
	case first.Fake != l.Fake:
		differs = "label"
	case first.Method != l.Method:
		differs = "method"
	case first.Group != l.Group:
		differs = "group"
	case !reflect.DeepEqual(first.Stretch, l.Stretch):
		differs = "stretch"
	default:
		t.labels.Repeated++
		return nil
	}
	return &LabelError{l.Line, fmt.Sprintf("%.400q is on line %d already, with another %s", l.Path, first.Line, differs)}
}

// record gives the fields of the next line that is not blank, and its number. It ends with io.EOF.
type record func() (fields []string, line int, err error)

// records finds out how the table is written.
func records(r io.Reader) (record, error) {
	b := bufio.NewReaderSize(r, maxLine)
	start, err := b.Peek(maxLine)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(start, []byte(mark)) {
			return nil, &LabelError{1, "the file is in UTF-16; save it as UTF-8"}
		}
	}
	if bom := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, bom) {
		_, _ = b.Discard(len(bom)) // cannot fail: it has been read
		start = start[len(bom):]
	}
	first, _, ended := bytes.Cut(start, []byte("\n"))
	if bytes.IndexByte(first, 0) >= 0 || !ended && len(start) >= maxLine-3 {
		return nil, &LabelError{1, "this is not a table of labels"}
	}
	switch {
	case bytes.IndexByte(first, '\t') >= 0:
		return tabs(b), nil
	case bytes.IndexByte(first, ',') < 0 && bytes.IndexByte(first, ';') >= 0:
		return commas(b, ';'), nil
	}
	return commas(b, ','), nil
}

// tabs reads lines as they are: in a table with tabs a quotation mark is a part of the name.
func tabs(r io.Reader) record {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	line := 0
	return func() ([]string, int, error) {
		for scanner.Scan() {
			line++
			if fields := strings.Split(strings.TrimSuffix(scanner.Text(), "\r"), "\t"); !blank(fields) {
				return fields, line, nil
			}
		}
		switch err := scanner.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return nil, line + 1, &LabelError{line + 1, "the line is too long"}
		case err != nil:
			return nil, line, err
		}
		return nil, line, io.EOF
	}
}

func commas(r io.Reader, separator rune) record {
	reader := csv.NewReader(r)
	reader.Comma, reader.FieldsPerRecord = separator, -1
	return func() ([]string, int, error) {
		for {
			fields, err := reader.Read()
			if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
				return nil, wrong.StartLine, &LabelError{wrong.StartLine, wrong.Err.Error()}
			}
			if err != nil {
				return nil, 0, err
			}
			line, _ := reader.FieldPos(0)
			if !blank(fields) {
				return fields, line, nil
			}
		}
	}
}

// blank lines are what spreadsheets leave at the end.
func blank(fields []string) bool {
	return !slices.ContainsFunc(fields, func(s string) bool { return strings.TrimSpace(s) != "" })
}
