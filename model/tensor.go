package model

import "fmt"

// maxElements bounds one tensor: 2^28 values, 1 GiB of float32. More is a mistake or an attack.
const maxElements = 1 << 28

// count multiplies a shape's dimensions.
func count(shape []int64) (int, error) {
	n := int64(1)
	for _, d := range shape {
		if d < 0 || d > maxElements || n*d > maxElements {
			return 0, fmt.Errorf("shape %v is negative or too large", shape)
		}
		n *= d
	}
	return int(n), nil
}

// Check reports whether the shape and the data agree and exactly one kind of data is there.
func (t Tensor) Check() error {
	n, err := count(t.Shape)
	if err != nil {
		return err
	}
	if (t.U8 == nil) == (t.F32 == nil) {
		return fmt.Errorf("tensor of shape %v needs bytes or floats, one of them", t.Shape)
	}
	if got := len(t.U8) + len(t.F32); got != n {
		return fmt.Errorf("tensor of shape %v needs %d values, has %d", t.Shape, n, got)
	}
	return nil
}
