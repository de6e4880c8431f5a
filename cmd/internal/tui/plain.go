package tui

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Lines prints what the screen would show, as lines: for screen readers, and for terminals that nothing can be drawn on.
// While a clip is scored there is a line for each of its seconds in which a score changes its band. What is no fact about a
// file goes to notes.
func Lines(ctx context.Context, w, notes io.Writer, o Options) error {
	m := New(ctx, o)
	p := &plain{w: w, model: m}
	for _, path := range o.Paths {
		msg := m.find(path)().(foundMsg)
		if msg.note != "" {
			fmt.Fprintf(notes, "note: %s\n", msg.note)
		}
		if msg.err != nil {
			p.say("%s: %s", printable(path), printable(msg.err.Error()))
			p.missing++
			continue
		}
		first := len(m.queue.rows)
		m.found(msg)
		for _, r := range m.queue.rows[first:] {
			p.named(r)
		}
	}
	for p.left > 0 && p.err == nil {
		news, ok := o.Desk.Next(ctx)
		if !ok {
			return exit.With(exit.Interrupted, nil)
		}
		if news.Failed != nil {
			return news.Failed
		}
		p.told(news)
	}
	if p.scored > 0 {
		p.say("%s", output.Caveat)
	}
	if p.err == nil && p.missing > 0 {
		return exit.With(exit.NotScored, nil)
	}
	return p.err
}

// plain prints lines.
type plain struct {
	w       io.Writer
	model   *Model
	left    int // files without a result
	missing int // files without a score
	scored  int // files with one
	err     error
	live    map[int]*liveLines // by number
}

// liveLines is what was last said of a file that is being scored.
type liveLines struct {
	bands  map[int]score.Band
	second int64
}

func (p *plain) say(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *plain) named(r *row) {
	if r.result != nil {
		p.verdict(r)
		return
	}
	p.left++
}

func (p *plain) told(n desk.News) {
	for _, number := range n.Started { // in its turn: a file that is watched before is scored at once
		p.model.options.Desk.Watch(number)
	}
	for _, r := range p.model.queue.rows {
		r.told(n)
		if info, ok := n.Opened[r.number]; ok {
			p.say("%s: %s", r.name, described(info))
		}
		for _, m := range n.Moments[r.number] {
			p.moment(r, m)
		}
		if _, ok := n.Results[r.number]; ok {
			p.left--
			p.verdict(r)
		}
	}
}

// moment says which faces have come into another band, at most once a second.
func (p *plain) moment(r *row, m score.Moment) {
	if p.live == nil {
		p.live = map[int]*liveLines{}
	}
	l := p.live[r.number]
	if l == nil {
		l = &liveLines{bands: map[int]score.Band{}, second: -1}
		p.live[r.number] = l
	}
	if m.TMS/1000 == l.second {
		return
	}
	l.second = m.TMS / 1000
	for _, f := range m.Faces {
		if band := bandOf(f.Score, score.Thresholds{}); band != l.bands[f.Track] {
			l.bands[f.Track] = band
			p.say("%s: at %s, face %d: %s, %s", r.name, fine(ms(m.TMS)), f.Track, strings.TrimSpace(percent(f.Score)), band)
		}
	}
}

// verdict says what the result says.
func (p *plain) verdict(r *row) {
	res := r.result
	o := res.Outcome
	if o.Score == nil {
		p.missing++
		p.say("%s: %s: %s", r.name, strings.ReplaceAll(string(o.Status), "_", " "), printable(o.Words(p.model.language)))
		return
	}
	p.say("%s: verdict: %s%s: %s", r.name, strings.TrimSpace(percent(*o.Score)), between(o.Interval), printable(o.Words(p.model.language)))
	for _, reason := range o.Reasons {
		p.say("%s: note: %s", r.name, output.Explained(reason, res.Input))
	}
	rec := record.New()
	rec.Finish(res)
	for _, t := range rec.Tracks() {
		p.say("%s: face %d: %s, seen from %s to %s, strongest at %s", r.name, t.ID, strings.TrimSpace(percent(t.Score)), fine(t.First), fine(t.Last), exact(t.Peak))
	}
	for _, s := range rec.Segments() {
		p.say("%s: look at %s to %s, face %d, %s", r.name, fine(ms(s.StartMS)), fine(ms(s.EndMS)), s.Track, strings.TrimSpace(percent(s.Score)))
	}
	p.scored++
}

// described is a file in a few words.
func described(info frames.Info) string {
	parts := []string{string(info.Kind)}
	if info.Codec != "" {
		parts = append(parts, printable(info.Codec))
	}
	if info.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d by %d", info.Width, info.Height))
	}
	if info.Kind == frames.Video && info.Duration > 0 {
		parts = append(parts, seconds(info.Duration))
	}
	return strings.Join(parts, ", ")
}

func between(interval *[2]float64) string {
	if interval == nil {
		return ""
	}
	return fmt.Sprintf(", range %.0f to %.0f%%", score.WholePercent(interval[0]), score.WholePercent(interval[1]))
}
