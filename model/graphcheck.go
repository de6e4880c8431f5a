package model

import (
	"fmt"
	"slices"
)

// check compares the network's ports with the manifest.
func (g Graph) check(m Manifest) error {
	if len(g.Inputs) != 1 {
		return fmt.Errorf("it has %d inputs instead of one", len(g.Inputs))
	}
	in := g.Inputs[0]
	if in.Name != m.Input.Name {
		return fmt.Errorf("its input is called %q, the manifest says %q", in.Name, m.Input.Name)
	}
	if in.DType != m.Input.DType {
		return fmt.Errorf("input %s takes %s, the manifest says %s", in.Name, in.DType, m.Input.DType)
	}
	if want := m.Input.shape(); !fits(in.Shape, want) || m.Input.Dynamic() && !open(in.Shape, want) {
		return fmt.Errorf("input %s has the shape %v, the manifest says %v (-1 is open)", in.Name, in.Shape, want)
	}
	for _, o := range m.Outputs {
		if err := g.checkOutput(o); err != nil {
			return err
		}
	}
	return nil
}

func (g Graph) checkOutput(o Output) error {
	i := slices.IndexFunc(g.Outputs, func(p Port) bool { return p.Name == o.Name })
	if i < 0 {
		names := make([]string, len(g.Outputs))
		for i, p := range g.Outputs {
			names[i] = p.Name
		}
		return fmt.Errorf("it has no output %q, only %q", o.Name, names)
	}
	port := g.Outputs[i]
	if port.DType != Float32 {
		return fmt.Errorf("output %s gives %s instead of %s", o.Name, port.DType, Float32)
	}
	shapes := o.Meaning.shapes()
	if port.Shape != nil && !slices.ContainsFunc(shapes, func(want []int64) bool { return fits(port.Shape, want) }) {
		return fmt.Errorf("output %s has the shape %v; as %q it must be one of %v (-1 is open)", o.Name, port.Shape, o.Meaning, shapes)
	}
	return nil
}

// shape is the input tensor's, with -1 for what is open.
func (in Input) shape() []int64 {
	width, height := int64(in.Width), int64(in.Height)
	if in.Dynamic() {
		width, height = -1, -1
	}
	if in.Layout == NCHW {
		return []int64{-1, 3, height, width}
	}
	return []int64{-1, height, width, 3}
}

// shapes are the tensor shapes that an output with this meaning may have.
func (m Meaning) shapes() [][]int64 {
	switch m {
	case MeaningLogit, MeaningProbability:
		return [][]int64{{-1}, {-1, 1}}
	case MeaningClassLogits, MeaningClassProbabilities:
		return [][]int64{{-1, 2}}
	case MeaningBoundaryMap:
		return [][]int64{{-1, -1, -1}, {-1, 1, -1, -1}}
	case MeaningBoxes:
		return [][]int64{{-1, -1, 4}}
	case MeaningScores:
		return [][]int64{{-1, -1}, {-1, -1, 1}}
	case MeaningLandmarks:
		return [][]int64{{-1, -1, 10}}
	}
	return nil
}

// open reports whether the network leaves open what the manifest wants open; the batch may be fixed.
func open(got, want []int64) bool {
	for i := 1; i < len(want); i++ {
		if want[i] < 0 && got[i] >= 0 {
			return false
		}
	}
	return true
}

// fits reports whether a network's shape can hold what is wanted. An open dimension (-1) on either side fits everything.
func fits(got, want []int64) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range want {
		if got[i] >= 0 && want[i] >= 0 && got[i] != want[i] {
			return false
		}
	}
	return true
}
