package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Weights are the bytes of an ONNX file that were verified against a manifest. There is no other way to make one than
// NewWeights, so nothing unverified can reach the runtime.
type Weights struct {
	manifest Manifest
	onnx     []byte
	graph    Graph
}

// NewWeights verifies the digest first, and only then looks into the bytes: names, types and shapes of the network must
// be what the manifest says. It keeps onnx, which must not change any more. Errors wrap ErrManifest, ErrDigest or ErrGraph.
func NewWeights(m Manifest, onnx []byte) (*Weights, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(onnx); hex.EncodeToString(sum[:]) != m.SHA256 {
		return nil, fmt.Errorf("%w: %s, file %s has %x, expected %s", ErrDigest, m, m.File, sum, m.SHA256)
	}
	graph, err := ReadGraph(onnx)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrGraph, m, err)
	}
	if err := graph.check(m); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrGraph, m, err)
	}
	return &Weights{manifest: m, onnx: onnx, graph: graph}, nil
}

// Manifest describes the network.
func (w *Weights) Manifest() Manifest { return w.manifest }

// ONNX is the verified file; it must not be changed.
func (w *Weights) ONNX() []byte { return w.onnx }

// MaxBatch is the one batch size the network was exported with, or 0 when it takes any.
func (w *Weights) MaxBatch() int { return int(max(0, w.graph.Inputs[0].Shape[0])) }
