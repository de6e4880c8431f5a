package cli

import (
	"math"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/score"
)

// sampling is how much of each file is scored, for every command that scores.
type sampling struct {
	fps       float64
	allFrames bool
	timeout   time.Duration // for one file; 0 means none
}

// defaultTimeout ends a file that would hold up all others; two hours of video are done in a fraction of it.
const defaultTimeout = 2 * time.Hour

func (s *sampling) flags(f *pflag.FlagSet, c *engine.Config) {
	f.Float64Var(&s.fps, "fps", engine.DefaultFPS, "frames scored per second of video")
	f.BoolVar(&s.allFrames, "all-frames", false, "score every frame")
	exclude(f, "fps", "all-frames")
	detectFlag(f, c)
	f.IntVar(&c.MaxFaces, "max-faces", score.DefaultMaxFaces, "most faces scored per frame")
	f.DurationVar(&c.MaxDuration, "max-duration", 0, "score only so much of each video, such as 10m (default: all)")
	f.DurationVar(&s.timeout, "timeout", defaultTimeout, "longest time for one file; 0 means no limit")
	f.Lookup("timeout").DefValue = "2h"
}

// check finds what cannot be meant, and settles which frames are scored.
func (s *sampling) check(c *engine.Config) error {
	switch {
	case !(s.fps > 0) || math.IsInf(s.fps, 0):
		return exit.Usagef("--fps: %v is not a number of frames; for every frame use --all-frames", s.fps)
	case c.MaxFaces < 1:
		return exit.Usagef("--max-faces: %d is less than 1", c.MaxFaces)
	case c.MaxDuration < 0:
		return exit.Usagef("--max-duration: %v is negative", c.MaxDuration)
	case s.timeout < 0:
		return exit.Usagef("--timeout: %v is negative", s.timeout)
	}
	if !s.allFrames {
		c.Sampling.PerSecond = s.fps
	}
	return nil
}

// engineFlags are those of every command that scores: which models, where they run, and what keeps them at bay.
func engineFlags(cmd *cobra.Command, c *engine.Config) {
	f := cmd.Flags()
	choiceFlags(f, c)
	modelFlags(f, c)
	libraryFlags(f, c)
	supervisionFlags(f, c)
	chooseDevice(cmd)
}
