package engine

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

var errNothing = errors.New("nothing here")

// opener opens only what it knows.
type opener map[string]frames.Info

func (o opener) Open(_ context.Context, path string, _ frames.Sampling) (score.Source, error) {
	info, ok := o[path]
	if !ok {
		return nil, errNothing
	}
	return source{info: info}, nil
}

// source is a clip without frames.
type source struct {
	score.Source
	info frames.Info
}

func (s source) Info() frames.Info { return s.info }

func TestCloseEndsPartsInReverseOrder(t *testing.T) {
	var closed []string
	closer := func(name string, err error) func() error {
		return func() error { closed = append(closed, name); return err }
	}
	first, third := errors.New("first"), errors.New("third")
	e := New(score.Pipeline{}, About{}, closer("runtime", first), closer("session", nil), closer("classifier", third))
	for range 2 {
		if err := e.Close(); !errors.Is(err, first) || !errors.Is(err, third) {
			t.Errorf("err = %v", err)
		}
	}
	if !slices.Equal(closed, []string{"classifier", "session", "runtime"}) {
		t.Errorf("closed %v", closed)
	}
}

func TestWatchedOpenerTellsWhatItOpened(t *testing.T) {
	var told []frames.Info
	o := watchedOpener{opener{"a": {Codec: "h264"}}, Watch{Opened: func(i frames.Info) { told = append(told, i) }}}
	if _, err := o.Open(t.Context(), "a", frames.Sampling{}); err != nil {
		t.Error(err)
	}
	if _, err := o.Open(t.Context(), "b", frames.Sampling{}); !errors.Is(err, errNothing) {
		t.Errorf("err = %v", err)
	}
	if len(told) != 1 || told[0].Codec != "h264" {
		t.Errorf("told %v", told)
	}
}

// A decoder asks its context before each frame it decodes, sampled or not.
func (s source) Next(ctx context.Context) (*frames.Frame, error) {
	for range 3 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

func TestWatchHearsOfEveryDecodedFrame(t *testing.T) {
	signs := 0
	o := watchedOpener{opener{"a": {}}, Watch{Alive: func() { signs++ }}}
	opened, err := o.Open(t.Context(), "a", frames.Sampling{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.Next(t.Context()); err != io.EOF || signs != 4 {
		t.Errorf("%d signs of life for opening and three frames, %v", signs, err)
	}
}

func TestWatchHearsOfEveryScoredFrame(t *testing.T) {
	signs, moments := 0, 0
	w := Watch{Alive: func() { signs++ }}
	w.moment()(score.Moment{})
	w.Scored = func(score.Moment) { moments++ }
	w.moment()(score.Moment{})
	if signs != 2 || moments != 1 {
		t.Errorf("%d signs of life, %d moments", signs, moments)
	}
}
