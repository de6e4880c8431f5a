package model

import "errors"

// What can be wrong with a model. The errors returned wrap one of these with the details.
var (
	ErrNotFound = errors.New("no such model")
	ErrManifest = errors.New("bad manifest")                                // not JSON, an unknown or missing field, a bad value
	ErrDigest   = errors.New("weights do not match the manifest's SHA-256") // damaged or exchanged: never opened
	ErrGraph    = errors.New("network does not match the manifest")         // not ONNX, other names, types or shapes
	ErrOutput   = errors.New("network gave an unusable answer")             // outputs of the wrong number, type or shape
	ErrGolden   = errors.New("network does not reproduce its reference outputs")
	ErrClosed   = errors.New("model is closed")
)
