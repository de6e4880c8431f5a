// Package tui is the fact-checker's screen: a clip that plays with its faces, scores and timeline, the queue of all files,
// and the faces of a clip side by side. Playing and scoring know nothing of each other; the screen is told about both by
// messages, and draws what it knows.
package tui

import (
	"context"
	"image"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/tui/desk"
	"github.com/blendscope/blendscope/cmd/internal/tui/player"
	"github.com/blendscope/blendscope/score"
)

// Options are what a review needs.
type Options struct {
	Paths    []string // files, folders, and files with results
	Preview  func(ctx context.Context, path string) (engine.Preview, error)
	Desk     Scorer
	Folder   string // where exports go
	Language score.Language
	Report   Reporter             // nil when pages are not to be had
	Pace     func() time.Duration // least time between two pictures; may be nil
	Shown    func()               // called once, with the first picture or when none is to be expected; may be nil
	Pixels   bool                 // the terminal may be asked whether it shows real pictures
}

// Scorer scores files; see desk.Desk.
type Scorer interface {
	Add(item input.Item, done bool) (number int)
	Again(number int)
	Watch(number int)
	Unwatch(number int)
	Next(ctx context.Context) (desk.News, bool)
}

// view is which of the screens is shown.
type view int

const (
	queueView view = iota
	clipView
	facesView
)

// Model is the screen. Update and View run in one goroutine.
type Model struct {
	ctx      context.Context
	options  Options
	keys     keyMap
	theme    theme
	language score.Language
	dark     bool
	profile  colorprofile.Profile

	width, height int
	view          view
	queue         queue
	clip          *clip // nil before one is opened
	faces         faces
	serial        int // of the clip that is open

	prompt  *prompt
	menu    bool // what to export is being asked
	helping bool
	notice  notice
	warned  bool // that marks would be lost

	ready     bool   // the engine has started
	engineErr string // or why not
	finding   int    // searches for files under way
	graphics  graphics
	quitting  bool
	stopped   bool // by ctrl+c
}

var _ tea.Model = (*Model)(nil)

// New makes the screen.
func New(ctx context.Context, o Options) *Model {
	m := &Model{ctx: ctx, options: o, keys: newKeys(), language: o.Language, dark: true, profile: colorprofile.TrueColor, queue: newQueue()}
	m.theme = newTheme(m.dark, m.profile)
	m.finding = len(o.Paths)
	return m
}

// parting is how long the end waits for a decoder: one that hangs must not keep the user.
const parting = 2 * time.Second

// Close ends what the open clip needs. It is called once the program has ended.
func (m *Model) Close() {
	if m.clip == nil {
		return
	}
	closed := make(chan struct{})
	go func() {
		m.clip.close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(parting):
	}
}

// The messages.
type (
	pictureMsg struct {
		serial int
		pic    player.Picture
		ok     bool
	}
	newsMsg struct {
		news desk.News
		ok   bool
	}
	otherMsg struct{ serial int } // the file is not the one that was scored
	tickMsg  struct{ serial int } // a notice has stood long enough
)

// Init asks what the terminal can do, and looks for the files.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.RequestBackgroundColor, m.listen()}
	if m.options.Pixels {
		cmds = append(cmds, probe())
	}
	return tea.Batch(append(cmds, tea.Sequence(m.searches()...))...)
}

// searches look what the paths are that were named, one after the other: the list is to have them in their order.
func (m *Model) searches() []tea.Cmd {
	cmds := make([]tea.Cmd, len(m.options.Paths))
	for i, path := range m.options.Paths {
		cmds[i] = m.find(path)
	}
	return cmds
}

// listen waits for the desk's news.
func (m *Model) listen() tea.Cmd {
	return func() tea.Msg {
		news, ok := m.options.Desk.Next(m.ctx)
		return newsMsg{news, ok}
	}
}

// watch waits for the player's next picture.
func (m *Model) watch(c *clip) tea.Cmd {
	return func() tea.Msg {
		pic, ok := c.player.Next(m.ctx)
		return pictureMsg{c.serial, pic, ok}
	}
}

// Update takes a message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m, m.resized()
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		return m, m.restyle()
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		return m, m.restyle()
	case tea.ResumeMsg:
		return m, m.paint() // the terminal may have forgotten its pictures
	case tea.KeyPressMsg:
		return m, m.pressed(msg)
	case tea.PasteMsg:
		return m, m.pasted(msg)
	case tea.MouseMsg:
		return m, m.mouse(msg)
	case newsMsg:
		return m, m.told(msg)
	case pictureMsg:
		return m, m.pictured(msg)
	case foundMsg:
		return m, m.found(msg)
	case stillMsg:
		return m, m.pinned(msg)
	case thumbMsg:
		return m, m.thumbed(msg)
	case exportedMsg:
		return m, m.exported(msg)
	case otherMsg:
		if m.clip != nil && msg.serial == m.clip.serial {
			m.clip.other = true
		}
	case tickMsg:
		if msg.serial == m.notice.serial {
			m.notice.text = ""
		}
	default:
		return m, m.graphic(msg)
	}
	return m, nil
}

// notice is a line in the place of the footer, for a while.
type notice struct {
	text   string
	bad    bool
	serial int
}

// say shows a notice.
func (m *Model) say(text string, bad bool) tea.Cmd {
	serial := m.notice.serial + 1
	m.notice = notice{text, bad, serial}
	return tea.Tick(6*time.Second, func(time.Time) tea.Msg { return tickMsg{serial} })
}

func (m *Model) restyle() tea.Cmd {
	m.theme = newTheme(m.dark, m.profile)
	return m.paint()
}

func (m *Model) resized() tea.Cmd {
	if m.clip == nil {
		return nil
	}
	m.aim()
	return tea.Batch(m.paint(), m.retakePin(), m.thumbnails())
}

// many reports whether there is more than one file.
func (m *Model) many() bool { return len(m.queue.rows) > 1 }

// open shows a file.
func (m *Model) open(r *row) tea.Cmd {
	cmd := m.leave()
	m.serial++
	m.clip = m.newClip(r)
	m.view, m.faces = clipView, faces{}
	m.options.Desk.Watch(r.number)
	return tea.Batch(cmd, m.watch(m.clip), m.check(m.clip))
}

// leave closes the clip that is open, in the background: a decoder may need a moment.
func (m *Model) leave() tea.Cmd {
	c := m.clip
	if c == nil {
		return nil
	}
	m.options.Desk.Unwatch(c.row.number)
	m.clip = nil
	return func() tea.Msg { c.close(); return nil }
}

// pictured takes a picture of the player.
func (m *Model) pictured(msg pictureMsg) tea.Cmd {
	if m.options.Shown != nil {
		m.options.Shown()
		m.options.Shown = nil
	}
	c := m.clip
	if c == nil || msg.serial != c.serial || !msg.ok {
		return nil
	}
	c.picture(msg.pic)
	m.aim()
	return tea.Batch(m.paint(), m.watch(c))
}

// aim tells the player what to show.
func (m *Model) aim() {
	c := m.clip
	if c == nil || !c.shown {
		return
	}
	look, size := c.look(m.area(), m.graphics.cell, m.pixels())
	c.cells, c.wish = size, look
	c.player.Look(look)
}

// area is the room for one picture, in cells.
func (m *Model) area() image.Point {
	size := m.layout().picture.Size()
	if m.clip.pin != nil {
		return image.Pt((size.X-1)/2, size.Y-1)
	}
	return size
}
