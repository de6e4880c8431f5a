// Package wire connects the pure core with the native libraries: it is the one place that imports both, and the only
// one that a binary built without cgo lacks.
package wire

import (
	"os"

	"github.com/blendscope/blendscope/model"
)

// Platform makes engines of OpenCV and ONNX Runtime.
type Platform struct {
	Executable string // path of the running program: libraries may lie beside it; may be empty
}

// Models is the registry of the models in the binary and of those in folder, if any.
func (Platform) Models(folder string) *model.Registry {
	sources := []model.Folder{builtIn()}
	if folder != "" {
		sources = append(sources, model.Folder{FS: os.DirFS(folder), Origin: folder})
	}
	return model.NewRegistry(sources...)
}
