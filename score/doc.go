// Package score turns the frames of one clip into one honest result: it drives decoding, face detection, tracking and
// classification as a bounded pipeline, and aggregates the scores of faces into tracks, stretches and a verdict.
//
// It is pure Go and knows decoders and networks only through the small interfaces in this file's neighbour, ports.go.
package score
