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
	p.Options.OnMoment = watch.moment()
	if watch.Opened != nil || watch.Alive != nil {
		p.Opener = watchedOpener{p.Opener, watch}
	}
	return p.Score(ctx, path)
}

// moment is what to call for each moment; nil when nobody listens.
func (w Watch) moment() func(score.Moment) {
	if w.Alive == nil {
		return w.Scored
	}
	return func(m score.Moment) {
		w.Alive()
		if w.Scored != nil {
			w.Scored(m)
		}
	}
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

// watchedOpener tells what it has opened, and that it gets on.
type watchedOpener struct {
	score.Opener
	watch Watch
}

func (o watchedOpener) Open(ctx context.Context, path string, sampling frames.Sampling) (score.Source, error) {
	source, err := o.Opener.Open(ctx, path, sampling)
	if err != nil {
		return nil, err
	}
	if o.watch.Opened != nil {
		o.watch.Opened(source.Info())
	}
	if o.watch.Alive != nil {
		o.watch.Alive()
		source = aliveSource{source, o.watch.Alive}
	}
	return source, nil
}

// aliveSource tells of every frame that is decoded, also of those that are not sampled: many may pass in one Next.
type aliveSource struct {
	score.Source
	alive func()
}

func (s aliveSource) Next(ctx context.Context) (*frames.Frame, error) {
	return s.Source.Next(heeded{ctx, s.alive})
}

// heeded is a context that hears when it is asked whether to go on, which decoders do for each frame.
type heeded struct {
	context.Context
	asked func()
}

func (h heeded) Err() error {
	h.asked()
	return h.Context.Err()
}
