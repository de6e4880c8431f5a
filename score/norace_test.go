//go:build !race

package score

// raceEnabled says that the race detector slows everything down.
const raceEnabled = false
