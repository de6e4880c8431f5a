// Package ort runs networks with ONNX Runtime. It is the only package that imports onnxruntime_go, and it must not be
// imported by the pure layers: one wiring package connects them.
//
// The runtime is a shared library that is loaded when Open is called. Its wrapper keeps process-global state, so there
// is one Environment at a time; each Session has one goroutine, locked to its thread, that makes every native call.
package ort
