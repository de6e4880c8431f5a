// Command blendscope scores face videos and photos for signs of manipulation.
package main

import (
	"github.com/blendscope/blendscope/cmd/internal/cli"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/supervise"
	"github.com/blendscope/blendscope/cmd/internal/wire"
)

func main() {
	world := env.OS()
	native := wire.Platform{Executable: world.Executable}
	world.Exit(cli.Main(world, supervise.New(native, world)))
}
