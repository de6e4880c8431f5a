package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// Pipeline is an Engine made of a score.Pipeline.
type Pipeline struct {
	pipeline score.Pipeline
	about    About
	closers  []func() error
	once     sync.Once
	err      error
}

var _ Engine = (*Pipeline)(nil)

// New makes an engine. Close calls the closers, the last first.
func New(p score.Pipeline, about About, closers ...func() error) *Pipeline {
	return &Pipeline{pipeline: p, about: about, closers: closers}
}

// Score runs the pipeline with watch attached to this file alone.
func (e *Pipeline) Score(ctx context.Context, path string, watch Watch) score.Result {
	p := e.pipeline // a copy: a pipeline has settings and shared parts, no state of its own
	p.Options.OnMoment = watch.Scored
	if watch.Opened != nil {
		p.Opener = watchedOpener{p.Opener, watch.Opened}
	}
	return p.Score(ctx, path)
}

// Parts are the pipeline's opener, detector and classifier, to be measured one by one.
func (e *Pipeline) Parts() score.Pipeline { return e.pipeline }

// About says what the engine is made of.
func (e *Pipeline) About() About { return e.about }

// Close gives everything back.
func (e *Pipeline) Close() error {
	e.once.Do(func() {
		for i := len(e.closers) - 1; i >= 0; i-- {
			e.err = errors.Join(e.err, e.closers[i]())
		}
	})
	return e.err
}

// watchedOpener tells what it has opened.
type watchedOpener struct {
	score.Opener
	opened func(frames.Info)
}

func (o watchedOpener) Open(ctx context.Context, path string, sampling frames.Sampling) (score.Source, error) {
	source, err := o.Opener.Open(ctx, path, sampling)
	if err == nil {
		o.opened(source.Info())
	}
	return source, err
}
