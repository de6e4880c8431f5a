package queue

// InOrder holds rows back until all before them are out.
func InOrder(emit Emit) Emit {
	next, waiting := 0, map[int]Row{}
	return func(row Row) error {
		waiting[row.Index] = row
		for {
			row, ok := waiting[next]
			if !ok {
				return nil
			}
			delete(waiting, next)
			next++
			if err := emit(row); err != nil {
				return err
			}
		}
	}
}
