package bench

import (
	"context"
	"sync/atomic"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// copies counts the bytes of pictures that are handed on in memory of their own: frames by the decoder, crops when they
// are cut out and once more when they are put into a batch. The detector's picture is made straight from the frame, and
// the networks read their input where it lies.
type copies struct{ bytes atomic.Int64 }

// watch puts counters around a pipeline's parts.
func (c *copies) watch(p score.Pipeline) score.Pipeline {
	p.Opener, p.Classifier = countedOpener{p.Opener, c}, countedClassifier{p.Classifier, c}
	return p
}

func (c *copies) add(pictures ...frames.Image) {
	for _, m := range pictures {
		c.bytes.Add(int64(len(m.Pix)))
	}
}

type countedOpener struct {
	score.Opener
	copies *copies
}

func (o countedOpener) Open(ctx context.Context, path string, sampling frames.Sampling) (score.Source, error) {
	source, err := o.Opener.Open(ctx, path, sampling)
	if err != nil {
		return nil, err
	}
	return countedSource{source, o.copies}, nil
}

type countedSource struct {
	score.Source
	copies *copies
}

func (s countedSource) Next(ctx context.Context) (*frames.Frame, error) {
	frame, err := s.Source.Next(ctx)
	if err == nil {
		s.copies.add(frame.Image)
	}
	return frame, err
}

type countedClassifier struct {
	score.Classifier
	copies *copies
}

func (k countedClassifier) Cut(frame *frames.Frame, faces []frames.Face) ([]frames.Image, error) {
	crops, err := k.Classifier.Cut(frame, faces)
	k.copies.add(crops...)
	return crops, err
}

func (k countedClassifier) Classify(ctx context.Context, crops []frames.Image) ([]score.Evidence, error) {
	k.copies.add(crops...)
	return k.Classifier.Classify(ctx, crops)
}
