// Package models carries the networks that the program ships, one folder each: manifest.json, the ONNX file and the
// model card. It is data; package model reads and verifies it.
package models

import (
	"embed"
	"io/fs"
)

// The models that are used when the user names none.
const (
	FaceDetection         = "face"
	ForgeryClassification = "standard"
)

// Whatever folder has these three; training/ has none.
//
//go:embed */manifest.json */*.onnx */card.md
var files embed.FS

// FS holds the folders of the models.
func FS() fs.FS { return files }
