// Package scoretest fakes what package score works with: a Studio plays scripted clips as Opener, Detector and Classifier
// at once, deterministically and without a single real pixel. It also counts what is held and released.
package scoretest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Face is a scripted face: what the detector finds and what the classifier says of it.
type Face struct {
	frames.Face
	Logit float64
}

// At returns a frontal face with a sure detector score: a square box of side px with its centre at (x, y).
func At(x, y, px float32, logit float64) Face {
	f := frames.Face{Box: frames.Box{X: x - px/2, Y: y - px/2, W: px, H: px}, Score: 0.9}
	for i, p := range [...][2]float32{{-.2, -.15}, {.2, -.15}, {0, .05}, {-.15, .25}, {.15, .25}} {
		f.Landmarks[i] = frames.Point{X: x + p[0]*px, Y: y + p[1]*px}
	}
	return Face{f, logit}
}

// Shot is one scripted frame.
type Shot struct {
	PTS   time.Duration
	Scene byte // frames of the same scene look alike; another scene is a cut
	Faces []Face
}

// Script is a scripted clip. Info may be left empty.
type Script struct {
	Info  frames.Info
	Shots []Shot
	End   error // what Next returns after the last shot; nil means io.EOF
}

// Every returns a script with n shots, interval apart, whose faces are given by shot number and time in seconds.
func Every(interval time.Duration, n int, faces func(i int, t float64) []Face) Script {
	s := Script{Shots: make([]Shot, n)}
	for i := range s.Shots {
		pts := time.Duration(i) * interval
		s.Shots[i] = Shot{PTS: pts, Faces: faces(i, pts.Seconds())}
	}
	return s
}

// Studio plays scripts by name. The hooks, when set, run before the fake does its work; their errors are returned as the
// fake's own. It is safe for concurrent use as long as Add is not called any more.
type Studio struct {
	OnNext     func(shot int) error
	OnDetect   func(batch []*frames.Frame) error
	OnCut      func(frame *frames.Frame) error
	OnClassify func(crops []frames.Image) error

	Blank bool // frames come without pixels

	mu      sync.Mutex
	scripts []Script
	number  map[string]int

	held, most, opened, closed atomic.Int64
}

var (
	_ score.Opener     = (*Studio)(nil)
	_ score.Detector   = (*Studio)(nil)
	_ score.Classifier = (*Studio)(nil)
)

// Add makes a script known under a path and returns the studio.
func (s *Studio) Add(path string, script Script) *Studio {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.number == nil {
		s.number = make(map[string]int)
	}
	s.number[path] = len(s.scripts)
	s.scripts = append(s.scripts, script)
	return s
}

// Pipeline returns a pipeline that works in this studio alone.
func (s *Studio) Pipeline(o score.Options) *score.Pipeline {
	if o.CropScale == 0 {
		o.CropScale = 1.4
	}
	return &score.Pipeline{Opener: s, Detector: s, Classifier: s, Options: o}
}

// Held is the number of frames that were handed out and not released.
func (s *Studio) Held() int { return int(s.held.Load()) }

// MostHeld is the largest number of frames that were ever held at once.
func (s *Studio) MostHeld() int { return int(s.most.Load()) }

// Unclosed is the number of sources that were opened and not closed.
func (s *Studio) Unclosed() int { return int(s.opened.Load() - s.closed.Load()) }

// Open implements score.Opener. It plays every shot, whatever the sampling.
func (s *Studio) Open(_ context.Context, path string, _ frames.Sampling) (score.Source, error) {
	number, ok := s.number[path]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
	}
	s.opened.Add(1)
	return &source{studio: s, script: &s.scripts[number], number: number}, nil
}

// source plays one script.
type source struct {
	studio *Studio
	script *Script
	number int
	next   int
	closed bool
}

func (s *source) Info() frames.Info { return s.script.Info }
func (s *source) Decoded() int      { return s.next }

func (s *source) Close() error {
	if !s.closed {
		s.closed = true
		s.studio.closed.Add(1)
	}
	return nil
}

func (s *source) Next(ctx context.Context) (*frames.Frame, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if hook := s.studio.OnNext; hook != nil {
		if err := hook(s.next); err != nil {
			return nil, err
		}
	}
	if s.next == len(s.script.Shots) {
		if s.script.End != nil {
			return nil, s.script.End
		}
		return nil, io.EOF
	}
	shot := s.script.Shots[s.next]
	drawn := picture(s.number, s.next, shot.Scene)
	if s.studio.Blank {
		drawn = frames.Image{}
	}
	frame := frames.NewFrame(s.next, shot.PTS, drawn, s.studio.hold())
	s.next++
	return frame, nil
}

// hold counts a frame and returns what its release does.
func (s *Studio) hold() (release func()) {
	now := s.held.Add(1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
	}
	return func() { s.held.Add(-1) }
}

// picture draws a scene and hides in its first bytes which shot of which script it is.
func picture(script, shot int, scene byte) frames.Image {
	m := frames.NewImage(64, 36)
	for i := range m.Pix {
		m.Pix[i] = 40 + scene*37
		if x := i / 3 % 64; (x/(8+int(scene)%5))%2 == 1 {
			m.Pix[i] += 100
		}
	}
	binary.LittleEndian.PutUint32(m.Pix, uint32(script))
	binary.LittleEndian.PutUint32(m.Pix[4:], uint32(shot))
	return m
}

func (s *Studio) shot(m frames.Image) Shot {
	script, shot := binary.LittleEndian.Uint32(m.Pix), binary.LittleEndian.Uint32(m.Pix[4:])
	return s.scripts[script].Shots[shot]
}

// Detect implements score.Detector.
func (s *Studio) Detect(ctx context.Context, batch []*frames.Frame) ([][]frames.Face, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.OnDetect != nil {
		if err := s.OnDetect(batch); err != nil {
			return nil, err
		}
	}
	found := make([][]frames.Face, len(batch))
	for i, frame := range batch {
		for _, face := range s.shot(frame.Image).Faces {
			found[i] = append(found[i], face.Face)
		}
	}
	return found, nil
}

// Cut implements score.Classifier. A crop is a sharp pattern that hides which face of which shot it is.
func (s *Studio) Cut(frame *frames.Frame, faces []frames.Face) ([]frames.Image, error) {
	if s.OnCut != nil {
		if err := s.OnCut(frame); err != nil {
			return nil, err
		}
	}
	scripted := s.shot(frame.Image).Faces
	crops := make([]frames.Image, len(faces))
	for i, face := range faces {
		crops[i] = frames.NewImage(16, 16)
		pix := crops[i].Pix
		for k := range pix {
			pix[k] = byte(90 + 70*((k/3+k/48)%2))
		}
		copy(pix, frame.Image.Pix[:8])
		binary.LittleEndian.PutUint32(pix[8:], uint32(nearest(scripted, face.Box)))
	}
	return crops, nil
}

// nearest is the scripted face that a box means: one that was interpolated is not exactly where the script has it.
func nearest(scripted []Face, box frames.Box) int {
	best := 0
	for k, one := range scripted {
		if one.Box.IoU(box) > scripted[best].Box.IoU(box) {
			best = k
		}
	}
	return best
}

// Classify implements score.Classifier. The map is a single cell with the probability the logit stands for.
func (s *Studio) Classify(ctx context.Context, crops []frames.Image) ([]score.Evidence, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.OnClassify != nil {
		if err := s.OnClassify(crops); err != nil {
			return nil, err
		}
	}
	evidence := make([]score.Evidence, len(crops))
	for i, crop := range crops {
		face := binary.LittleEndian.Uint32(crop.Pix[8:])
		logit := s.shot(crop).Faces[face].Logit
		evidence[i] = score.Evidence{Logit: logit, Map: score.Map{Side: 1, Values: []float32{float32(1 / (1 + math.Exp(-logit)))}}}
	}
	return evidence, nil
}
