package wire

import (
	"testing/fstest"

	"github.com/blendscope/blendscope/model"
)

// builtIn are the models that the binary carries.
func builtIn() model.Folder {
	return model.Folder{FS: fstest.MapFS{}, Origin: "built in"}
}
