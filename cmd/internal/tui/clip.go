package tui

import (
	"context"
	"image"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/cmd/internal/tui/player"
	"github.com/blendscope/blendscope/cmd/internal/tui/record"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// transport is what the view of a clip asks of its player, which see.
type transport interface {
	Play(bool)
	Speed(float64)
	Seek(time.Duration)
	Step(int)
	Look(player.Look)
	Next(context.Context) (player.Picture, bool)
	Close()
}

var _ transport = (*player.Player)(nil)

// clip is the view of one file.
type clip struct {
	row    *row
	serial int // tells the messages of this view from those of an older one
	player transport
	stills *player.Stills
	record *record.Record

	pic     player.Picture
	shown   bool           // a picture has come
	target  *time.Duration // where the user wants to be, until a picture comes from there
	playing bool
	speed   float64
	other   bool // the file is not the one that was scored

	chosen int // track; 0 for none
	zoom   bool
	heat   bool
	pin    *pin

	// What is made of the record when it changes.
	tracks []record.Track
	cuts   []time.Duration

	canvas canvas
	pinned canvas      // of the moment that is compared with
	cells  image.Point // of the canvas
	wish   player.Look // asked of the player last
}

// pin is the moment that the present one is compared with.
type pin struct {
	at    time.Duration
	pic   player.Picture
	faces []record.Face
	err   error
}

// canvas is what the picture looks like now, as lines for the screen.
type canvas struct {
	lines []string
	image uint8 // number of the picture in the terminal's memory; 0 when it is made of characters
	size  image.Point
}

// now is the time that is shown, or about to be.
func (c *clip) now() time.Duration {
	if c.target != nil {
		return *c.target
	}
	return c.pic.PTS
}

// duration is the clip's length as far as anybody knows.
func (c *clip) duration() time.Duration {
	d := max(c.pic.Info.Duration, c.pic.PTS, c.record.Scored())
	if r := c.record.Result(); r != nil {
		d = max(d, ms(r.Input.DurationMS))
	}
	return d
}

func (c *clip) photo() bool {
	if r := c.record.Result(); r != nil && r.Input.Kind != "" {
		return r.Input.Kind == string(frames.Photo)
	}
	return c.pic.Info.Kind == frames.Photo
}

// faces are those in the picture that is shown.
func (c *clip) faces() (faces []record.Face, known bool) { return c.record.At(c.pic.PTS) }

// seek goes to a time at once; the picture follows.
func (c *clip) seek(t time.Duration) {
	t = min(max(0, t), max(0, c.duration()))
	c.target = &t
	c.player.Seek(t)
}

// play plays or pauses.
func (c *clip) play(on bool) {
	c.playing = on
	c.player.Play(on)
}

// picture takes what the player shows.
func (c *clip) picture(p player.Picture) {
	if p.Err != nil && p.Image.Empty() && !c.pic.Image.Empty() {
		p.Image, p.Part, p.Frame = c.pic.Image, c.pic.Part, c.pic.Frame // the last good picture stays
	}
	c.pic, c.shown = p, true
	if c.target != nil && (p.Ended || p.Err != nil || near(p.PTS, *c.target)) {
		c.target = nil
	}
	if p.Ended || p.Err != nil {
		c.playing = false
	}
}

// near reports whether a picture can be what a seek to t has found.
func near(pts, t time.Duration) bool {
	return abs(pts.Truncate(time.Millisecond)-t.Truncate(time.Millisecond)) < 500*time.Millisecond
}

// told takes moments as they are scored.
func (c *clip) told(moments []score.Moment) {
	for _, m := range moments {
		c.record.Add(m)
	}
	c.refresh()
}

// finished takes the result.
func (c *clip) finished(r *score.Result) {
	c.record.Finish(r)
	c.refresh()
}

func (c *clip) refresh() {
	c.tracks, c.cuts = c.record.Tracks(), c.record.Cuts()
}

// next chooses the next face, or the previous one: among those in the picture, or among all tracks.
func (c *clip) next(back bool) {
	var ids []int
	if faces, _ := c.faces(); len(faces) > 1 || len(faces) == 1 && faces[0].Track != c.chosen {
		for _, f := range faces {
			ids = append(ids, f.Track)
		}
	} else {
		for _, t := range c.tracks {
			ids = append(ids, t.ID)
		}
	}
	c.chosen = after(ids, c.chosen, back)
}

func after(ids []int, id int, back bool) int {
	if len(ids) == 0 {
		return 0
	}
	at := -1
	for i := range ids {
		if ids[i] == id {
			at = i
		}
	}
	switch {
	case at < 0 && back:
		return ids[len(ids)-1]
	case at < 0:
		return ids[0]
	case back:
		return ids[(at+len(ids)-1)%len(ids)]
	}
	return ids[(at+1)%len(ids)]
}

// box is the face to zoom to: the chosen one, or the one with the highest score.
func (c *clip) box() (box frames.Box, ok bool) {
	faces, _ := c.faces()
	highest := -1.0
	for _, f := range faces {
		if f.Track == c.chosen && c.chosen != 0 {
			return f.Box, true
		}
		if f.Score > highest {
			highest, box, ok = f.Score, f.Box, true
		}
	}
	return box, ok
}

// part is what of the frame is shown: all of it, or a square around a face with room to see where it ends. It follows the
// face with some slack, so that the picture does not tremble.
func (c *clip) part() image.Rectangle {
	if !c.zoom {
		return image.Rectangle{}
	}
	box, ok := c.box()
	if !ok {
		return c.pic.Part
	}
	x0, y0, side := frames.SquareCrop(box, 2)
	want, have := image.Rect(x0, y0, x0+side, y0+side), c.pic.Part
	if have.Dx() == have.Dy() && !have.Empty() {
		slack := side / 8
		moved := max(abs(want.Min.X-have.Min.X), abs(want.Min.Y-have.Min.Y), abs(want.Dx()-have.Dx()))
		if moved <= slack {
			return have
		}
	}
	return want
}

func abs[T int | time.Duration](v T) T { return max(v, -v) }

// look is what to ask of the player for an area of cells. cell is a cell's size in pixels; zero when unknown.
func (c *clip) look(area image.Point, cell image.Point, pixels bool) (player.Look, image.Point) {
	part := c.part()
	width, height := part.Dx(), part.Dy()
	if part.Empty() {
		width, height = c.pic.Frame.X, c.pic.Frame.Y
	}
	if width <= 0 || height <= 0 {
		width, height = 16, 9 // until the first picture tells
	}
	ratio := 2.0
	if cell.X > 0 && cell.Y > 0 {
		ratio = float64(cell.Y) / float64(cell.X)
	}
	size := termimg.Fit(width, height, ratio, area) // in cells
	look := player.Look{Part: part, Width: size.X, Height: 2 * size.Y}
	if pixels {
		look.Width, look.Height = pixelsFor(size, cell)
	}
	return look, size
}

// mostPixels bounds the width of a picture that goes to the terminal as pixels: each byte has to get there.
const mostPixels = 640

func pixelsFor(size, cell image.Point) (width, height int) {
	width, height = size.X*cell.X, size.Y*cell.Y
	if width > mostPixels {
		width, height = mostPixels, max(1, height*mostPixels/width)
	}
	return width, height
}

// step goes n frames on or back.
func (c *clip) step(n int) {
	c.playing, c.target = false, nil
	c.player.Step(n)
}

// faster multiplies the speed, within bounds.
func (c *clip) faster(by float64) {
	c.speed = min(8, max(0.125, c.speed*by))
	c.player.Speed(c.speed)
}

// frameTime is the time between two frames, nearly.
func (c *clip) frameTime() time.Duration {
	if fps := c.pic.Info.FPS; fps > 0 {
		return time.Duration(float64(time.Second) / fps)
	}
	return 40 * time.Millisecond
}

// nextMark is the mark after the present moment, or the first.
func (c *clip) nextMark() (time.Duration, bool) {
	for _, m := range c.row.marks {
		if ms(m.TMS) > c.now() {
			return ms(m.TMS), true
		}
	}
	if len(c.row.marks) > 0 {
		return ms(c.row.marks[0].TMS), true
	}
	return 0, false
}

// reset forgets all scores.
func (c *clip) reset() {
	c.record = record.New()
	c.chosen = 0
	c.refresh()
}
