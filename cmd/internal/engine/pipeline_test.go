package engine

import (
	"context"
	"errors"
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
	o := watchedOpener{opener{"a": {Codec: "h264"}}, func(i frames.Info) { told = append(told, i) }}
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
