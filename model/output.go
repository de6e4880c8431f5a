package model

import "fmt"

// rows gives each picture's part of an output tensor, for the first n pictures of a batch. The tensor must have the
// batch as its first dimension and per values for each picture; per -1 takes any number.
func rows(t Tensor, o Output, batch, n, per int) ([][]float32, error) {
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("%w: output %s: %w", ErrOutput, o.Name, err)
	}
	if t.F32 == nil || len(t.Shape) == 0 || t.Shape[0] != int64(batch) {
		return nil, fmt.Errorf("%w: output %s has shape %v for a batch of %d", ErrOutput, o.Name, t.Shape, batch)
	}
	got := len(t.F32) / batch
	if per >= 0 && got != per {
		return nil, fmt.Errorf("%w: output %s has shape %v, expected %d values per picture", ErrOutput, o.Name, t.Shape, per)
	}
	parts := make([][]float32, n)
	for i := range parts {
		parts[i] = t.F32[i*got : (i+1)*got : (i+1)*got]
	}
	return parts, nil
}
