// Package modeltest holds what tests of and above package model share: deterministic stand-ins for runners, detectors,
// classifiers and resamplers, the conformance suites that stand-ins and real ones must pass alike, and the tiny
// networks of testdata/onnx.
package modeltest
