package tui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// Reporter writes the page of one result. path opens the clip.
type Reporter func(ctx context.Context, w io.Writer, path string, r *score.Result, l score.Language) error

// Exported is a result with what the reviewer added. It is read as a result: readers ignore fields they do not know.
type Exported struct {
	score.Result
	Marks []Mark `json:"marks"`
}

// exportedMsg says what was written.
type exportedMsg struct {
	row   *row
	marks int // that are in the file
	file  string
	err   error
}

func (m *Model) menuLine() string {
	line := " export:  p picture  ·  j result and marks (JSON)  ·  t text to the clipboard"
	if m.options.Report != nil {
		line += "  ·  r report (HTML)"
	}
	return m.theme.strong.Render(line + "  ·  esc")
}

// chosen takes the answer to what is to be exported.
func (m *Model) chosen(k tea.KeyPressMsg) tea.Cmd {
	m.menu = false
	switch k.String() {
	case "p", "e":
		return m.exportPicture()
	case "j":
		return m.exportResult()
	case "t", "y":
		return m.copySummary(m.clip.row)
	case "r":
		if m.options.Report != nil {
			return m.exportReport()
		}
	}
	return nil
}

func (m *Model) exported(msg exportedMsg) tea.Cmd {
	if msg.err != nil {
		return m.say("✗ not written: "+printable(msg.err.Error()), true)
	}
	if msg.marks > 0 {
		msg.row.saved = msg.marks
	}
	return m.say("wrote "+printable(msg.file), false)
}

// exportPicture writes the whole frame that is shown, with boxes, labels and, if it is on, the map.
func (m *Model) exportPicture() tea.Cmd {
	c := m.clip
	faces, _ := c.faces()
	faces = slices.Clone(faces)
	at, heat, tracks := c.pic.PTS, c.heat, m.theme
	stills, r, folder := c.stills, c.row, m.options.Folder
	return func() tea.Msg {
		frame, index, err := stills.Frame(m.ctx, at.Truncate(time.Millisecond))
		if err != nil {
			return exportedMsg{row: r, err: err}
		}
		picture := annotated(frame, faces, heat, tracks)
		file, err := write(folder, fmt.Sprintf("%s.frame-%d", stem(r.path), index), ".png", func(w io.Writer) error {
			return png.Encode(w, picture)
		})
		return exportedMsg{row: r, file: file, err: err}
	}
}

// exportResult writes the result with the marks.
func (m *Model) exportResult() tea.Cmd {
	r := m.clip.row
	if r.result == nil {
		return m.say("there is no result yet: wait until the clip is scored", true)
	}
	e := Exported{*r.result, slices.Clone(r.marks)}
	if e.Marks == nil {
		e.Marks = []Mark{}
	}
	folder := m.options.Folder
	return func() tea.Msg {
		file, err := write(folder, stem(r.path)+".review", ".json", func(w io.Writer) error { return encode(w, e) })
		return exportedMsg{row: r, marks: len(e.Marks), file: file, err: err}
	}
}

func encode(w io.Writer, e Exported) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(e); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (m *Model) exportReport() tea.Cmd {
	r, folder, language := m.clip.row, m.options.Folder, m.language
	if r.result == nil {
		return m.say("there is no result yet: wait until the clip is scored", true)
	}
	result := *r.result
	return tea.Batch(m.say("writing the report …", false), func() tea.Msg {
		file, err := write(folder, stem(r.path)+".report", ".html", func(w io.Writer) error {
			return m.options.Report(m.ctx, w, r.path, &result, language)
		})
		return exportedMsg{row: r, file: file, err: err}
	})
}

// stem is a file's name without folder and extension.
func stem(path string) string {
	name := strings.ToValidUTF8(filepath.Base(path), "_")
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// write makes a file under a name that is free: nothing is ever written over.
func write(folder, stem, extension string, content func(io.Writer) error) (name string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil { // before the process's umask
		return "", err
	}
	for i := 1; ; i++ {
		name = filepath.Join(folder, stem+extension)
		if i > 1 {
			name = filepath.Join(folder, fmt.Sprintf("%s-%d%s", stem, i, extension))
		}
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
	}
	f, err := output.Create(name)
	if err != nil {
		return "", err
	}
	if err := content(f); err != nil {
		f.Discard()
		return "", err
	}
	return name, f.Commit()
}

// copySummary hands the summary to the terminal's clipboard.
func (m *Model) copySummary(r *row) tea.Cmd {
	if r == nil || r.result == nil {
		return m.say("there is no result yet", true)
	}
	text := Summary(r.result, r.marks, m.language)
	return tea.Batch(tea.SetClipboard(text), m.say("summary handed to the terminal's clipboard ("+string(m.language)+")", false))
}
