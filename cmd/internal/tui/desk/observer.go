package desk

import (
	"context"
	"slices"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/cmd/internal/queue"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// mapped is an engine that is asked for maps wherever somebody watches.
type mapped struct{ engine.Engine }

// Score asks for maps.
func (e mapped) Score(ctx context.Context, path string, watch engine.Watch) score.Result {
	watch.Maps = true
	return e.Engine.Score(ctx, path, watch)
}

// observer passes on what the queue tells of its only file.
type observer struct {
	desk   *Desk
	number int
}

var (
	_ queue.Observer      = observer{}
	_ queue.RetryObserver = observer{}
)

// Started is told by the desk.
func (observer) Started(int, input.Item) {}

// Opened is told once.
func (o observer) Opened(_ int, info frames.Info) {
	o.desk.locked(func() { o.desk.tell(func(n *News) { put(&n.Opened, o.number, info) }) })
}

// Scored is told for every scored frame.
func (o observer) Scored(_ int, m score.Moment) {
	d := o.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	if past := d.kept[o.number]; len(past) < mostKept {
		d.kept[o.number] = append(past, withoutMaps(m))
	}
	d.tell(func(n *News) {
		put(&n.Reached, o.number, m.TMS)
		if d.watched[o.number] {
			put(&n.Moments, o.number, append(n.Moments[o.number], m))
		}
	})
}

// withoutMaps is a moment as it is kept for late watchers: the maps would take most of the memory.
func withoutMaps(m score.Moment) score.Moment {
	m.Faces = slices.Clone(m.Faces)
	for i := range m.Faces {
		m.Faces[i].Map = score.Map{}
	}
	return m
}

// Retried is told when a file is begun anew.
func (o observer) Retried(int, input.Item, score.Reason) {
	d := o.desk
	d.locked(func() {
		delete(d.kept, o.number)
		d.tell(func(n *News) {
			delete(n.Moments, o.number)
			n.Started = append(n.Started, o.number)
		})
	})
}

// Finished is told by the result.
func (observer) Finished(queue.Row) {}
