package score

import (
	"context"
	"fmt"

	"github.com/blendscope/blendscope/frames"
)

// waiting is the classify stage's queue: frames in order, whose faces are scored in batches that may span frames.
type waiting struct {
	looks []look
	crops []frames.Image // not yet scored, in order
	done  int            // faces of looks that are scored
}

// classify scores faces until the clip ends and records the frames in order.
func (s *scan) classify(ctx context.Context, from <-chan look) error {
	// A long stretch without faces must not hold back what was seen before it: the queue is bounded too.
	longest := 2 * max(s.options.BatchFaces, s.options.BatchFrames)
	var w waiting
	for {
		note(&s.classifyQueue, from)
		l, ok, err := receive(ctx, from)
		if err != nil {
			return err
		}
		if ok {
			w.looks = append(w.looks, l)
			w.crops = append(w.crops, l.crops...)
		}
		for len(w.crops) >= s.options.BatchFaces || len(w.crops) > 0 && (!ok || len(w.looks) >= longest) {
			if err := s.classifyBatch(ctx, &w, min(len(w.crops), s.options.BatchFaces)); err != nil {
				return err
			}
		}
		s.finish(&w)
		if !ok {
			return nil
		}
	}
}

// classifyBatch scores the first n crops that wait.
func (s *scan) classifyBatch(ctx context.Context, w *waiting, n int) error {
	var evidence []Evidence
	err := timed(&s.classifyTime, func() (err error) {
		evidence, err = s.Classifier.Classify(ctx, w.crops[:n])
		return err
	})
	if err == nil && len(evidence) != n {
		err = fmt.Errorf("%d answers for %d faces", len(evidence), n)
	}
	if err != nil {
		return &modelError{"classifier", err}
	}
	clear(w.crops[:n]) // let go of the pixels
	w.crops = w.crops[n:]
	w.assign(evidence)
	return nil
}

// assign gives the answers to the first faces that have none yet.
func (w *waiting) assign(evidence []Evidence) {
	skip := w.done
	w.done += len(evidence)
	for i := range w.looks {
		l := &w.looks[i]
		for k := range l.faces {
			if skip > 0 {
				skip--
				continue
			}
			if len(evidence) == 0 {
				return
			}
			l.faces[k].logit = tame(evidence[0].Logit)
			l.maps = append(l.maps, evidence[0].Map)
			evidence = evidence[1:]
		}
	}
}

// finish records the frames at the head of the queue whose faces are all scored.
func (s *scan) finish(w *waiting) {
	n := 0
	for n < len(w.looks) && len(w.looks[n].faces) <= w.done {
		l := &w.looks[n]
		w.done -= len(l.faces)
		s.record.add(l)
		s.record.mended = s.record.mended || l.mend
		s.record.leftOut = s.record.leftOut || l.over
		if s.options.OnMoment != nil {
			s.options.OnMoment(s.live.moment(l, s.options))
		}
		*l = look{}
		n++
	}
	w.looks = append(w.looks[:0], w.looks[n:]...)
	if len(w.crops) == 0 {
		w.crops = nil
	}
}
