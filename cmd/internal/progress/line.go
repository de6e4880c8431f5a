package progress

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

const (
	redraw  = 200 * time.Millisecond
	quiet   = 400 * time.Millisecond // nothing is shown before: a photo is done by then
	settled = 2 * time.Second        // rates and estimates before this would jump about
)

// Options are what a Line needs.
type Options struct {
	W       io.Writer
	Now     func() time.Time
	Columns func() int // width of the terminal; 0 means 80
}

// Line is one line at the bottom of a terminal that is drawn over and over.
type Line struct {
	o     Options
	start time.Time
	stop  chan struct{}
	ended sync.WaitGroup

	mu       sync.Mutex
	shown    bool
	closed   bool
	running  map[int]*clip
	found    weighted // all that there is, as far as known
	all      bool     // no more will be found
	finished int      // files with a row, those included that were known before
	scored   weighted // in this run
	frames   int
	errors   int
	window   window
}

// clip is a file being scored.
type clip struct {
	item   input.Item
	length time.Duration // 0 when unknown
	at     time.Duration
}

// weighted counts files and what they weigh: the time left is estimated by bytes, as files differ much in length.
type weighted struct {
	files  int
	weight float64
}

func (w *weighted) add(item input.Item) {
	w.files++
	w.weight += weigh(item)
}

var (
	_ Printer             = (*Line)(nil)
	_ queue.RetryObserver = (*Line)(nil)
)

// NewLine starts drawing. The caller calls Close.
func NewLine(o Options) *Line {
	l := newLine(o)
	l.ended.Add(1)
	go l.loop()
	return l
}

func newLine(o Options) *Line {
	return &Line{o: o, start: o.Now(), stop: make(chan struct{}), running: map[int]*clip{}}
}

// weigh is the work an item is likely to be. What cannot be scored is next to none.
func weigh(item input.Item) float64 {
	if item.Err != nil {
		return 1
	}
	return float64(max(1, item.Bytes))
}

func (l *Line) loop() {
	defer l.ended.Done()
	ticker := time.NewTicker(redraw)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
			l.mu.Lock()
			l.draw()
			l.mu.Unlock()
		}
	}
}

// Found counts a file to be scored.
func (l *Line) Found(item input.Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found.add(item)
}

// AllFound allows an estimate of the time left.
func (l *Line) AllFound() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = true
}

// Started notes a file that is in work from now on.
func (l *Line) Started(index int, item input.Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[index] = &clip{item: item}
}

// Opened notes how long the clip claims to be.
func (l *Line) Opened(index int, info frames.Info) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.running[index]; c != nil {
		c.length = info.Duration
	}
}

// Scored counts a frame.
func (l *Line) Scored(index int, m score.Moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames++
	if c := l.running[index]; c != nil {
		c.at = time.Duration(m.TMS) * time.Millisecond
	}
}

// Retried begins a clip anew.
func (l *Line) Retried(index int, item input.Item, _ score.Reason) { l.Started(index, item) }

// Finished counts a file.
func (l *Line) Finished(row queue.Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, row.Index)
	l.finished++
	if row.Known {
		l.found.weight -= weigh(row.Item) // no work, and no measure for that of the others
	} else {
		l.scored.add(row.Item)
	}
	if row.Result.Outcome.Status == score.Failed {
		l.errors++
	}
}

// Close takes the line away.
func (l *Line) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	l.clear()
	l.mu.Unlock()
	close(l.stop)
	l.ended.Wait()
}

// aside runs f with the line out of the way. It comes back with the next drawing.
func (l *Line) aside(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clear()
	f()
	if !l.closed {
		l.draw()
	}
}

func (l *Line) clear() {
	if l.shown {
		io.WriteString(l.o.W, "\r\x1b[K")
		l.shown = false
	}
}

// draw writes the line in one go, over the one before, so that nothing flickers.
func (l *Line) draw() {
	now := l.o.Now()
	if l.closed || now.Sub(l.start) < quiet {
		return
	}
	l.window.add(now, l.frames)
	width := 80
	if l.o.Columns != nil && l.o.Columns() > 0 {
		width = l.o.Columns()
	}
	io.WriteString(l.o.W, "\r"+output.Shorten(l.text(now, width-1), width-1)+"\x1b[K")
	l.shown = true
}

// text is what the line says; the name of the file gets the room that the figures leave.
func (l *Line) text(now time.Time, width int) string {
	elapsed := now.Sub(l.start)
	more := "+"
	if l.all {
		more = ""
	}
	parts := []string{fmt.Sprintf("%d/%d%s files", l.finished, l.found.files, more)}
	if rate := l.window.rate(); l.frames > 0 {
		parts = append(parts, fmt.Sprintf("%.0f frames/s", rate))
	}
	if l.scored.files > 0 && elapsed > settled {
		parts = append(parts, output.Rate(l.scored.files, elapsed))
	}
	if left, ok := l.left(elapsed); ok {
		parts = append(parts, left.String()+" left")
	}
	if l.errors == 1 {
		parts = append(parts, "1 error")
	} else if l.errors > 1 {
		parts = append(parts, fmt.Sprintf("%d errors", l.errors))
	}
	text := strings.Join(parts, "  ")
	if current := l.current(width - len(text) - 2); current != "" {
		text += "  " + current
	}
	return text
}

// left estimates from the share of the work that is done, counting what is done of the clips at hand.
func (l *Line) left(elapsed time.Duration) (time.Duration, bool) {
	done := l.scored.weight
	for _, c := range l.running {
		done += c.share() * weigh(c.item)
	}
	if elapsed < settled || done <= 0 || !l.all {
		return 0, false
	}
	left := time.Duration(float64(elapsed) * (l.found.weight - done) / done)
	switch {
	case left > time.Hour:
		return left.Round(time.Minute), true
	case left < 0:
		return 0, false
	}
	return left.Round(time.Second), true
}

// share is how much of a clip is done, as far as its container tells the truth.
func (c *clip) share() float64 {
	if c.length <= 0 {
		return 0
	}
	return min(1, c.at.Seconds()/c.length.Seconds())
}

// leastName is the fewest columns that are worth spending on a name.
const leastName = 12

// current is the file that has been in work the longest, by its position, in at most so many columns.
func (l *Line) current(columns int) string {
	first := -1
	for i := range l.running {
		if first < 0 || i < first {
			first = i
		}
	}
	if first < 0 || columns < leastName {
		return ""
	}
	share := ""
	c := l.running[first]
	if c.length > 0 {
		share = fmt.Sprintf(" %.0f%%", 100*c.share())
	}
	return output.Shorten(output.Printable(filepath.Base(c.item.Path)), columns-len(share)) + share
}
