package tui

import (
	"fmt"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/blendscope/blendscope/score"
)

// pressed takes a key: what is asked on top of the screen comes first.
func (m *Model) pressed(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, m.keys.stop):
		m.stopped = true
		return m.quit()
	case key.Matches(k, m.keys.suspend):
		if m.clip != nil {
			m.clip.play(false)
		}
		return tea.Suspend
	case m.prompt != nil:
		return m.prompted(k)
	case m.helping:
		m.helping = false
		return nil
	case m.menu:
		return m.chosen(k)
	case key.Matches(k, m.keys.help):
		m.helping = true
		return nil
	case key.Matches(k, m.keys.quit):
		return m.leaveReview()
	case key.Matches(k, m.keys.language):
		return m.switchLanguage()
	}
	m.notice.text = ""
	switch m.view {
	case clipView:
		return m.clipKey(k)
	case facesView:
		return m.facesKey(k)
	}
	return m.queueKey(k)
}

func (m *Model) quit() tea.Cmd {
	m.quitting = true
	return tea.Quit
}

// leaveReview quits, unless marks would be lost: then it says so once.
func (m *Model) leaveReview() tea.Cmd {
	unsaved := 0
	for _, r := range m.queue.rows {
		unsaved += len(r.marks) - min(r.saved, len(r.marks))
	}
	if unsaved > 0 && !m.warned {
		m.warned = true
		return m.say(plural(unsaved, "mark")+" not exported: e exports, Q quits all the same", true)
	}
	return m.quit()
}

func (m *Model) switchLanguage() tea.Cmd {
	if m.language == score.French {
		m.language = score.English
	} else {
		m.language = score.French
	}
	return nil
}

// clipKey takes a key in the view of a clip.
func (m *Model) clipKey(k tea.KeyPressMsg) tea.Cmd {
	if cmd, ok := m.moveKey(k); ok {
		return cmd
	}
	c, keys := m.clip, m.keys
	switch {
	case key.Matches(k, keys.nextFace):
		return m.choose(false)
	case key.Matches(k, keys.previousFace):
		return m.choose(true)
	case key.Matches(k, keys.zoom):
		c.zoom = !c.zoom
		m.aim()
	case key.Matches(k, keys.heat):
		c.heat = !c.heat
		return tea.Batch(m.paint(), m.heatNotice())
	case key.Matches(k, keys.compare):
		return m.compare()
	case key.Matches(k, keys.mark):
		c.play(false)
		return m.ask(askComment, fmt.Sprintf("mark %s, comment: ", exact(c.now())))
	case key.Matches(k, keys.export):
		c.play(false)
		m.menu = true
	case key.Matches(k, keys.copy):
		return m.copySummary(c.row)
	case key.Matches(k, keys.again):
		return m.again(c.row)
	case key.Matches(k, keys.facesView):
		c.play(false)
		m.view = facesView
		return m.thumbnails()
	case key.Matches(k, keys.back):
		return m.back()
	}
	return nil
}

// moveKey takes the keys that move through the clip.
func (m *Model) moveKey(k tea.KeyPressMsg) (cmd tea.Cmd, ok bool) {
	c, keys := m.clip, m.keys
	to := func(t time.Duration, found bool, what string) (tea.Cmd, bool) {
		if !found {
			return m.say(what, false), true
		}
		c.seek(t)
		return nil, true
	}
	switch {
	case key.Matches(k, keys.play):
		c.play(!c.playing)
	case key.Matches(k, keys.left):
		c.seek(c.now() - time.Second)
	case key.Matches(k, keys.right):
		c.seek(c.now() + time.Second)
	case key.Matches(k, keys.farLeft):
		c.seek(c.now() - 10*time.Second)
	case key.Matches(k, keys.farRight):
		c.seek(c.now() + 10*time.Second)
	case key.Matches(k, keys.stepBack):
		c.step(-1)
	case key.Matches(k, keys.step):
		c.step(1)
	case key.Matches(k, keys.top):
		c.seek(0)
	case key.Matches(k, keys.bottom):
		c.seek(max(0, c.duration()-c.frameTime()))
	case key.Matches(k, keys.faster):
		c.faster(2)
	case key.Matches(k, keys.slower):
		c.faster(0.5)
	case key.Matches(k, keys.nextStretch):
		t, found := c.record.Next(c.now(), false)
		return to(t, found, "no stretch to look at after this")
	case key.Matches(k, keys.previousStretch):
		t, found := c.record.Next(c.now(), true)
		return to(t, found, "no stretch to look at before this")
	case key.Matches(k, keys.worst):
		t, found := c.record.Worst(c.chosen)
		return to(t, found, "no face has been scored yet")
	case key.Matches(k, keys.nextMark):
		t, found := c.nextMark()
		return to(t, found, "no mark yet: a makes one")
	default:
		return nil, false
	}
	return nil, true
}

// choose chooses another face.
func (m *Model) choose(back bool) tea.Cmd {
	m.clip.next(back)
	m.aim()
	return m.paint()
}

func (m *Model) heatNotice() tea.Cmd {
	faces, known := m.clip.faces()
	if !m.clip.heat {
		return nil
	}
	for _, f := range faces {
		if f.Heat.Side > 0 {
			return nil
		}
	}
	if !known || len(faces) == 0 {
		return m.say("the map comes with the scores: there are none here", false)
	}
	return m.say("no map is known at this moment: w goes to one", false)
}

// again scores a file once more.
func (m *Model) again(r *row) tea.Cmd {
	if r == nil {
		return nil
	}
	if r.state != done {
		return m.say("it is being scored, or waits for it", false)
	}
	r.state, r.result, r.stored, r.reached = waiting, nil, false, 0
	if c := m.clip; c != nil && c.row == r {
		c.reset()
	}
	m.options.Desk.Again(r.number)
	m.queue.arrange()
	return m.say("scoring "+r.name+" again", false)
}

// back goes from a clip to the queue, or ends a review of a single file.
func (m *Model) back() tea.Cmd {
	if m.view == facesView {
		m.view = clipView
		return nil
	}
	if m.view == clipView && m.many() {
		m.view = queueView
		m.queue.arrange()
		return m.leave()
	}
	return m.leaveReview()
}

// queueKey takes a key in the list of files.
func (m *Model) queueKey(k tea.KeyPressMsg) tea.Cmd {
	q, keys := &m.queue, m.keys
	page := max(1, m.height-5)
	moves := []struct {
		key key.Binding
		by  int
	}{
		{keys.up, -1}, {keys.down, 1}, {keys.pageUp, -page}, {keys.pageDown, page}, {keys.top, -len(q.shown)}, {keys.bottom, len(q.shown)},
	}
	for _, move := range moves {
		if key.Matches(k, move.key) {
			q.move(move.by)
			return nil
		}
	}
	switch {
	case key.Matches(k, keys.open):
		if r := q.current(); r != nil {
			return m.open(r)
		}
	case key.Matches(k, keys.sort):
		q.order = (q.order + 1) % orders
	case key.Matches(k, keys.reverse):
		q.back = !q.back
	case key.Matches(k, keys.filter):
		q.filter = (q.filter + 1) % filters
	case key.Matches(k, keys.search):
		return m.ask(askSearch, "search: ")
	case key.Matches(k, keys.add):
		return m.ask(askPath, "add file or folder: ")
	case key.Matches(k, keys.retry):
		return m.again(q.current())
	case key.Matches(k, keys.copy):
		return m.copySummary(q.current())
	case key.Matches(k, keys.back):
		return m.backInQueue()
	default:
		return nil
	}
	q.arrange()
	q.cursor = 0 // what the new order puts first is what was asked for
	return nil
}

// backInQueue first takes back what hides files.
func (m *Model) backInQueue() tea.Cmd {
	q := &m.queue
	if q.search != "" || q.filter != everything {
		q.search, q.filter = "", everything
		q.arrange()
		return nil
	}
	return m.leaveReview()
}

// mouse takes clicks on the timeline and the list, and the wheel.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	if m.width < leastWidth || m.height < leastHeight || m.prompt != nil || m.helping || m.menu {
		return nil
	}
	switch msg.(type) {
	case tea.MouseWheelMsg:
		return m.wheel(at)
	case tea.MouseClickMsg, tea.MouseMotionMsg:
		if at.Button == tea.MouseLeft {
			_, click := msg.(tea.MouseClickMsg)
			return m.clicked(at, click)
		}
	}
	return nil
}

func (m *Model) wheel(at tea.Mouse) tea.Cmd {
	by := 1
	if at.Button == tea.MouseWheelUp {
		by = -1
	}
	switch m.view {
	case queueView:
		m.queue.move(3 * by)
	case clipView:
		m.clip.seek(m.clip.now() + time.Duration(by)*time.Second)
	}
	return nil
}

func (m *Model) clicked(at tea.Mouse, click bool) tea.Cmd {
	switch m.view {
	case clipView:
		l := m.layout()
		if at.Y >= l.strip.Min.Y && at.Y < l.strip.Max.Y && at.X >= l.strip.Min.X && at.X < l.strip.Max.X && !m.clip.photo() {
			m.clip.seek(m.timeline(l).when(at.X - l.strip.Min.X))
		} else if click && at.Y < l.picture.Max.Y && at.X < l.picture.Max.X {
			m.clip.play(!m.clip.playing)
		}
	case queueView:
		i := m.queue.top + at.Y - 2
		if !click || at.Y < 2 || i >= len(m.queue.shown) || at.Y >= m.height-2 {
			return nil
		}
		if i == m.queue.cursor {
			return m.open(m.queue.shown[i])
		}
		m.queue.cursor = i
	}
	return nil
}
