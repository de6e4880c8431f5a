package queue

import "github.com/blendscope/blendscope/score"

// Park puts a result aside, out of memory, and gives what brings it back.
type Park func(*score.Result) func() (*score.Result, error)

// InOrder holds rows back until all before them are out. Many may wait for one long film, so they are parked meanwhile.
func InOrder(emit Emit, park Park) Emit {
	o := &ordered{emit: emit, park: park, waiting: map[int]parked{}}
	return o.take
}

type ordered struct {
	emit    Emit
	park    Park
	next    int
	waiting map[int]parked
}

// parked is a row without its result, and how to get that.
type parked struct {
	row  Row
	back func() (*score.Result, error)
}

func (o *ordered) take(row Row) error {
	if row.Index != o.next {
		p := parked{row, o.park(row.Result)}
		p.row.Result = nil
		o.waiting[row.Index] = p
		return nil
	}
	if err := o.out(row); err != nil {
		return err
	}
	for p, ok := o.waiting[o.next]; ok; p, ok = o.waiting[o.next] {
		delete(o.waiting, o.next)
		r, err := p.back()
		if err != nil {
			return err
		}
		p.row.Result = r
		if err := o.out(p.row); err != nil {
			return err
		}
	}
	return nil
}

func (o *ordered) out(row Row) error {
	o.next++
	return o.emit(row)
}
