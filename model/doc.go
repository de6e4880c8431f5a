// Package model knows the models Blendscope runs: their manifests, the registry that verifies them, how pictures become
// tensors and tensors become faces and scores, and the batching in between.
//
// It is pure Go. Inference itself is behind Runner; model/ort implements it with ONNX Runtime.
package model
