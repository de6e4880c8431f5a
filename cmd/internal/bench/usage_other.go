//go:build !linux

package bench

import "time"

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }

func resetPeak() {}

// peakMemory is not known here.
func peakMemory() int64 { return 0 }

// processor is not known here.
func processor() string { return "" }
