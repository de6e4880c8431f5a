//go:build !cgo

package wire

import (
	"context"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exit"
)

var _ engine.Platform = Platform{}

const mend = "build it with a C compiler, OpenCV's development packages and CGO_ENABLED=1: make build"

// Start cannot.
func (Platform) Start(context.Context, engine.Config) (engine.Engine, error) {
	return nil, exit.Hint(engine.ErrNotBuiltIn, mend)
}

// Preview cannot.
func (Platform) Preview(context.Context, string) (engine.Preview, error) {
	return nil, exit.Hint(engine.ErrNotBuiltIn, mend)
}

// Diagnose has one thing to say.
func (Platform) Diagnose(context.Context, engine.Config) []engine.Check {
	return []engine.Check{{
		Name: "native part", State: engine.Broken, Essential: true, Detail: engine.ErrNotBuiltIn.Error(), Mend: mend,
	}}
}
