package queue

import (
	"context"
	"slices"
	"sync"

	"github.com/blendscope/blendscope/score"
)

// flights are the files that are being scored, by their bytes, so that others with the same bytes wait for their result.
type flights struct {
	memory Memory

	mu sync.Mutex
	up map[string]*flight
}

// flight is one file being scored.
type flight struct {
	id     identity
	of     *flights
	landed chan struct{}
	result *score.Result // once landed
}

// take gives the known result of these bytes, or else a flight that the caller lands. The error is that of ctx.
func (f *flights) take(ctx context.Context, id identity) (*score.Result, *flight, error) {
	for {
		known, other, own := f.look(id)
		if other == nil {
			return known, own, nil
		}
		select {
		case <-other.landed:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		if lasting(other.result) {
			return other.result, nil, nil
		}
	}
}

// look gives one of three: a known result, another file's flight with the same bytes, or an own one.
func (f *flights) look(id identity) (known *score.Result, other, own *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if other := f.up[id.sum]; other != nil {
		return nil, other, nil
	}
	if f.memory != nil {
		if known, err := f.memory.Find(id.sum); known != nil && err == nil {
			return known, nil, nil // what cannot be read again is scored again
		}
	}
	own = &flight{id: id, of: f, landed: make(chan struct{})}
	if f.up == nil {
		f.up = map[string]*flight{}
	}
	f.up[id.sum] = own
	return nil, nil, own
}

// land ends the flight, after its result has been emitted: from now on memory knows it. A nil flight lands nowhere.
func (f *flight) land(r *score.Result) {
	if f == nil {
		return
	}
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	delete(f.of.up, f.id.sum)
	f.result = r
	close(f.landed)
}

// lasting reports whether a result is about the bytes rather than about their path or what happened meanwhile: copies of
// the file may fare better then.
func lasting(r *score.Result) bool {
	return !slices.ContainsFunc(r.Outcome.Reasons, func(reason score.Reason) bool {
		switch reason {
		case score.Interrupted, score.Changed, score.NotFound, score.NoPermission, score.NotRegular, score.Internal:
			return true
		}
		return false
	})
}
