package wire

import (
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/models"
)

// builtIn are the models that the binary carries.
func builtIn() model.Folder {
	return model.Folder{FS: models.FS(), Origin: "built in", Defaults: map[model.Task]string{
		model.FaceDetection:         models.FaceDetection,
		model.ForgeryClassification: models.ForgeryClassification,
	}}
}
