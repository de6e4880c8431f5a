// Command blendscope scores face videos and photos for signs of manipulation.
package main

import (
	"github.com/blendscope/blendscope/cmd/internal/cli"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/wire"
)

func main() {
	world := env.OS()
	world.Exit(cli.Main(world, wire.Platform{Executable: world.Executable}))
}
