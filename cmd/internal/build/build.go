// Package build knows which program this is: its version and the commit it was built from.
package build

import (
	"runtime"
	"runtime/debug"

	"github.com/blendscope/blendscope/score"
)

// Name is the program's name.
const Name = "blendscope"

// Version is the version of the program and of the results it writes.
const Version = "0.1.0"

// Info says what was built, from what, by what.
type Info struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // hexadecimal, "unknown" when built outside a checkout
	Modified bool   `json:"modified"` // the checkout had uncommitted changes
	Time     string `json:"commit_time,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Read takes what the Go tool recorded in the binary.
func Read() Info {
	info := Info{
		Name: Name, Version: Version, Commit: "unknown",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	recorded, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	for _, s := range recorded.Settings {
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.modified":
			info.Modified = s.Value == "true"
		case "vcs.time":
			info.Time = s.Value
		}
	}
	return info
}

// Tool is the same as results carry it. A commit with changes on top of it is not that commit, and says so.
func (i Info) Tool() score.Tool {
	commit := i.Commit
	if i.Modified {
		commit += "+modified"
	}
	return score.Tool{Name: i.Name, Version: i.Version, Commit: commit}
}
