package tui

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/evidence"
	"github.com/blendscope/blendscope/cmd/internal/exhibit"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/tui/player"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
)

// foundMsg is what a path turned out to be.
type foundMsg struct {
	path    string
	items   []input.Item
	results []Exported // when it is a file with results
	note    string     // on what was passed over; may be empty
	err     error
}

// find looks what a path is: a file with results by its extension, else a photo or video, or a folder with some.
func (m *Model) find(path string) tea.Cmd {
	return func() tea.Msg {
		switch strings.ToLower(filepath.Ext(path)) {
		case ".jsonl", ".ndjson", ".json":
			results, err := readResults(path)
			return foundMsg{path: path, results: results, err: err}
		}
		spec := input.Spec{}
		spec.Sources = append(spec.Sources, input.Named(path))
		var passed evidence.Passed
		spec.Skip = passed.Skip
		items := slices.Collect(input.Walk(m.ctx, spec))
		return foundMsg{path: path, items: items, note: passed.Note()}
	}
}

// found adds rows. The only file that was named is opened at once.
func (m *Model) found(msg foundMsg) tea.Cmd {
	m.finding--
	first := len(m.queue.rows)
	for _, item := range msg.items {
		m.addRow(newRow(item.Path), item)
	}
	for _, r := range msg.results {
		added := newRow(beside(msg.path, r.Input.Path))
		added.name, added.folded = output.Printable(r.Input.Path), strings.ToLower(r.Input.Path)
		added.state, added.result, added.stored = done, &r.Result, true
		added.marks, added.saved = r.Marks, len(r.Marks)
		m.addRow(added, input.Item{Path: added.path})
	}
	known := len(msg.results) > 1 && first == 0
	if known {
		m.queue.order = byScore // what matters comes first
	}
	m.queue.arrange()
	if known {
		m.queue.cursor = 0
	}
	if msg.err != nil {
		return tea.Batch(m.shown(), m.say("✗ "+printable(strings.TrimPrefix(msg.err.Error(), msg.path+": "))+": "+printable(msg.path), true))
	}
	var cmd tea.Cmd
	if msg.note != "" {
		cmd = m.say(msg.note, false)
	}
	added := m.queue.rows[first:]
	if m.finding == 0 && len(m.queue.rows) == 1 && m.clip == nil && len(added) == 1 {
		return tea.Batch(cmd, m.open(added[0]))
	}
	if len(added) == 0 && len(msg.items)+len(msg.results) > 0 {
		cmd = m.say(printable(msg.path)+" is in the list already", false)
	}
	if m.finding == 0 && m.view == queueView {
		return tea.Batch(cmd, m.shown())
	}
	return cmd
}

// shown lets the engine start where no clip is opened first.
func (m *Model) shown() tea.Cmd {
	if m.options.Shown != nil && m.finding == 0 {
		m.options.Shown()
		m.options.Shown = nil
	}
	return nil
}

func (m *Model) addRow(r *row, item input.Item) {
	if m.queue.add(r) {
		r.number = m.options.Desk.Add(item, r.state == done)
	}
}

// beside is where a file is that a file with results names: under its path as it was when scoring, else relative to the
// results, else right beside them.
func beside(results, path string) string {
	folder := filepath.Dir(results)
	for _, candidate := range []string{path, filepath.Join(folder, path), filepath.Join(folder, filepath.Base(path))} {
		if _, err := os.Stat(candidate); err == nil {
			return candidate
		}
	}
	return path
}

// newClip opens a file for looking at it.
func (m *Model) newClip(r *row) *clip {
	open := func(ctx context.Context) (engine.Preview, error) { return m.options.Preview(ctx, r.path) }
	c := &clip{row: r, serial: m.serial, record: record.New(), playing: true, speed: 1, stills: player.NewStills(open)}
	c.player = player.Start(m.ctx, player.Options{Open: open, Pace: m.options.Pace, Playing: true})
	if r.result != nil {
		c.finished(r.result)
	}
	return c
}

func (c *clip) close() {
	c.player.Close()
	_ = c.stills.Close() // it was only read
}

// check compares a file with the digest of the one that a stored result is about.
func (m *Model) check(c *clip) tea.Cmd {
	if !c.row.stored || c.row.result.Input.SHA256 == "" {
		return nil
	}
	path, sum, serial := c.row.path, c.row.result.Input.SHA256, c.serial
	return func() tea.Msg {
		if errors.Is(exhibit.Check(m.ctx, path, sum), exhibit.ErrOtherFile) {
			return otherMsg{serial}
		}
		return nil
	}
}

func printable(s string) string { return output.Printable(s) }

func nan() float64 { return math.NaN() }

// scores are faces in a few words.
func scores(faces []record.Face) string {
	var parts []string
	for _, f := range faces {
		parts = append(parts, fmt.Sprintf("#%d%s", f.Track, percent(f.Score)))
	}
	return strings.Join(parts, "  ")
}

func (m *Model) scoresNow() string {
	faces, _ := m.clip.faces()
	return scores(faces)
}

// stillMsg is the picture of the moment that the present one is compared with.
type stillMsg struct {
	serial int
	at     time.Duration
	pic    player.Picture
	err    error
}

// compare keeps the present moment at the left, or ends comparing.
func (m *Model) compare() tea.Cmd {
	c := m.clip
	if c.pin != nil {
		c.pin, c.pinned = nil, canvas{}
		m.aim()
		return m.paint()
	}
	faces, _ := c.faces()
	c.pin = &pin{at: c.now(), faces: slices.Clone(faces)}
	m.aim()
	return tea.Batch(m.paint(), m.retakePin())
}

// retakePin takes the picture of the kept moment in the size that there is room for.
func (m *Model) retakePin() tea.Cmd {
	c := m.clip
	if c == nil || c.pin == nil {
		return nil
	}
	look, _ := c.look(m.area(), m.graphics.cell, false)
	at, serial := c.pin.at, c.serial
	return func() tea.Msg {
		pic, err := c.stills.Picture(m.ctx, at.Truncate(time.Millisecond), look)
		return stillMsg{serial, at, pic, err}
	}
}

func (m *Model) pinned(msg stillMsg) tea.Cmd {
	c := m.clip
	if c == nil || c.serial != msg.serial || c.pin == nil || c.pin.at != msg.at {
		return nil
	}
	c.pin.pic, c.pin.err = msg.pic, msg.err
	return m.paint()
}
