package model

import (
	"context"
	"fmt"
	"math"
)

// goldenFirst is how many leading values of an output the manifest keeps.
const goldenFirst = 8

// GoldenInput is the fixed pseudo-random picture that a network's reference outputs were computed on. It depends on
// nothing but the shape: value i is the top byte of i * 2654435761 modulo 2^32 (Knuth's multiplicative hash).
func GoldenInput(shape []int64, dtype string) (Tensor, error) {
	n, err := count(shape)
	if err != nil {
		return Tensor{}, err
	}
	t := Tensor{Shape: shape}
	if dtype == Uint8 {
		t.U8 = make([]byte, n)
		for i := range t.U8 {
			t.U8[i] = goldenByte(i)
		}
		return t, nil
	}
	t.F32 = make([]float32, n)
	for i := range t.F32 {
		t.F32[i] = float32(goldenByte(i))
	}
	return t, nil
}

func goldenByte(i int) byte { return byte(uint32(i) * 2654435761 >> 24) }

// CheckGolden runs the network on GoldenInput and compares with the manifest: the self-test that notices a runtime
// which computes something else. A manifest without reference outputs is an error too: nothing was tested.
func CheckGolden(ctx context.Context, r Runner, m Manifest) error {
	if m.Golden == nil {
		return fmt.Errorf("%w: %s has none in its manifest", ErrGolden, m)
	}
	input, err := GoldenInput(m.Golden.Shape, m.Input.DType)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrGolden, err)
	}
	outputs, err := r.Run(ctx, input)
	if err != nil {
		return fmt.Errorf("%s: reference run: %w", m, err)
	}
	if len(outputs) != len(m.Outputs) {
		return fmt.Errorf("%w: %s gave %d outputs instead of %d", ErrOutput, m, len(outputs), len(m.Outputs))
	}
	for i, o := range m.Outputs {
		want, ok := m.Golden.Outputs[o.Name]
		if !ok {
			continue
		}
		if err := want.compare(outputs[i].F32, m.Golden.Tolerance); err != nil {
			return fmt.Errorf("%w: %s, output %s: %w", ErrGolden, m, o.Name, err)
		}
	}
	return nil
}

func (g GoldenOutput) compare(got []float32, tolerance float64) error {
	if len(got) < len(g.First) {
		return fmt.Errorf("%d values instead of at least %d", len(got), len(g.First))
	}
	sum := 0.0
	for _, v := range got {
		sum += float64(v)
	}
	// Written so that a NaN on either side fails.
	if mean := sum / float64(len(got)); !(math.Abs(mean-g.Mean) <= tolerance) {
		return fmt.Errorf("mean is %.6g, expected %.6g within %.2g", mean, g.Mean, tolerance)
	}
	for i, want := range g.First {
		if !(math.Abs(float64(got[i])-want) <= tolerance) {
			return fmt.Errorf("value %d is %.6g, expected %.6g within %.2g", i, got[i], want, tolerance)
		}
	}
	return nil
}
