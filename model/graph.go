package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Graph is the outside of a network: what goes in and comes out. It is read straight from the ONNX file, because asking
// the runtime would load the network a second time, and so that a wrong one is refused before native code sees it.
type Graph struct {
	Inputs, Outputs []Port
}

// Port is one named tensor of a network.
type Port struct {
	Name  string
	DType string  // uint8, float32, or "type N" with ONNX's number for anything else
	Shape []int64 // -1 where the dimension is open; nil when the file does not say
}

// ReadGraph reads the model's ports. Field numbers are those of ONNX's onnx.proto. Weights in other files are refused:
// the digest covers one file only.
func ReadGraph(onnx []byte) (Graph, error) {
	body, err := message(onnx, 7) // ModelProto.graph
	if err != nil {
		return Graph{}, fmt.Errorf("not an ONNX file: %w", err)
	}
	if body == nil {
		return Graph{}, errors.New("not an ONNX file: it holds no graph")
	}
	var g Graph
	var weights []string // older files list these among the inputs
	err = fields(body, func(number int, _ uint64, b []byte) error {
		switch number {
		case 5: // GraphProto.initializer
			name, err := initializer(b)
			weights = append(weights, name)
			return err
		case 11, 12: // GraphProto.input, output
			port, err := readPort(b)
			if number == 11 {
				g.Inputs = append(g.Inputs, port)
			} else {
				g.Outputs = append(g.Outputs, port)
			}
			return err
		}
		return nil
	})
	if err != nil {
		return Graph{}, fmt.Errorf("broken ONNX file: %w", err)
	}
	g.Inputs = slices.DeleteFunc(g.Inputs, func(p Port) bool { return slices.Contains(weights, p.Name) })
	return g, nil
}

// initializer reads a TensorProto's name and insists that its data are inside.
func initializer(b []byte) (name string, err error) {
	err = fields(b, func(number int, value uint64, b []byte) error {
		switch number {
		case 8:
			name = string(b)
		case 13, 14: // external_data, data_location
			if number == 13 || value == 1 {
				return errors.New("weights in a second file are not supported")
			}
		}
		return nil
	})
	return name, err
}

// readPort reads a ValueInfoProto.
func readPort(b []byte) (Port, error) {
	p := Port{}
	err := fields(b, func(number int, _ uint64, b []byte) error {
		switch number {
		case 1:
			p.Name = string(b)
		case 2: // TypeProto
			tensor, err := message(b, 1) // tensor_type
			if err != nil {
				return err
			}
			return p.readTensorType(tensor)
		}
		return nil
	})
	return p, err
}

func (p *Port) readTensorType(b []byte) error {
	return fields(b, func(number int, value uint64, b []byte) error {
		switch number {
		case 1: // elem_type
			p.DType = dtypeName(value)
		case 2: // TensorShapeProto
			p.Shape = []int64{}
			return fields(b, func(number int, _ uint64, b []byte) error {
				if number != 1 { // dim
					return nil
				}
				size := int64(-1)
				err := fields(b, func(number int, value uint64, _ []byte) error {
					if number == 1 && int64(value) > 0 { // dim_value; some exporters write 0 for open
						size = int64(value)
					}
					return nil
				})
				p.Shape = append(p.Shape, size)
				return err
			})
		}
		return nil
	})
}

func dtypeName(onnx uint64) string {
	switch onnx {
	case 1:
		return Float32
	case 2:
		return Uint8
	}
	return fmt.Sprintf("type %d", onnx)
}

// message returns the last field of that number, which must be a nested message; nil when there is none.
func message(b []byte, want int) (found []byte, err error) {
	err = fields(b, func(number int, _ uint64, b []byte) error {
		if number == want {
			found = b
			if found == nil {
				return fmt.Errorf("field %d is not a message", want)
			}
		}
		return nil
	})
	return found, err
}

// fields walks over one protobuf message. Numbers arrive in value, everything with a length in bytes (never nil).
func fields(b []byte, visit func(number int, value uint64, bytes []byte) error) error {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 || key>>3 == 0 || key>>3 > 1<<29 {
			return errors.New("bad field key")
		}
		b = b[n:]
		value, bytes, n, err := fieldValue(key&7, b)
		if err != nil {
			return err
		}
		b = b[n:]
		if err := visit(int(key>>3), value, bytes); err != nil {
			return err
		}
	}
	return nil
}

// fieldValue decodes one value of a protobuf wire type and says how long it was.
func fieldValue(wire uint64, b []byte) (value uint64, bytes []byte, n int, err error) {
	switch wire {
	case 0:
		if value, n = binary.Uvarint(b); n > 0 {
			return value, nil, n, nil
		}
	case 1:
		if len(b) >= 8 {
			return binary.LittleEndian.Uint64(b), nil, 8, nil
		}
	case 2:
		length, n := binary.Uvarint(b)
		if n > 0 && length <= uint64(len(b)-n) {
			end := n + int(length)
			return 0, b[n:end:end], end, nil
		}
	case 5:
		if len(b) >= 4 {
			return uint64(binary.LittleEndian.Uint32(b)), nil, 4, nil
		}
	default:
		return 0, nil, 0, fmt.Errorf("unknown wire type %d", wire)
	}
	return 0, nil, 0, errors.New("it ends in the middle of a field")
}
