package queue

import "github.com/blendscope/blendscope/score"

// InOrder holds rows back until all before them are out.
func InOrder(emit func(*score.Result) error) Emit {
	next, waiting := 0, map[int]*score.Result{}
	return func(index int, r *score.Result) error {
		waiting[index] = r
		for {
			r, ok := waiting[next]
			if !ok {
				return nil
			}
			delete(waiting, next)
			next++
			if err := emit(r); err != nil {
				return err
			}
		}
	}
}

// AsFinished lets rows out at once.
func AsFinished(emit func(*score.Result) error) Emit {
	return func(_ int, r *score.Result) error { return emit(r) }
}
