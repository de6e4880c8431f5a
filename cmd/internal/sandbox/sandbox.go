// Package sandbox takes rights away from a process that handles hostile files. What a system cannot take away is said,
// not hidden: every step answers with the protections that hold and those that do not.
//
// It works in two steps. Confine restricts one thread of the parent, so that the child which that thread starts is
// restricted from its first instruction on, before any native library runs. Settle, called by the child, takes away what
// only starting needed.
package sandbox

import (
	"strings"
)

// Plan is what a child may still do.
type Plan struct {
	Program string   // file of the program, which is all that can be executed
	Read    []string // files, and folders with all beneath; those that do not exist are passed over
	// Devices leaves the file system and the starting of programs unrestricted: a graphics processor's driver writes to
	// devices and caches in places of its own choice.
	Devices bool
}

// Limits bound what a process can take. 0 means no limit.
type Limits struct {
	Data int64 // bytes of private writable memory, used or not
}

// Protection is one right that a child does not have, or should not have.
type Protection struct {
	Name  string `json:"name"`
	Holds bool   `json:"holds"`
	How   string `json:"how"` // by what means, or why not
}

// The names of protections, as people read them.
const (
	NoNetwork    = "no network"
	NoWriting    = "files cannot be written"
	InputsOnly   = "only the input and the libraries can be read"
	NoPrograms   = "no other program can be started"
	NoPrivileges = "no privileges"
	NoDumps      = "no core dumps"
)

func held(name, how string) Protection { return Protection{Name: name, Holds: true, How: how} }

func missing(name, why string) Protection { return Protection{Name: name, How: why} }

// by is what holds when err is nil.
func by(name, how string, err error) Protection {
	if err != nil {
		return missing(name, err.Error())
	}
	return held(name, how)
}

// Describe puts protections into one line: those that hold, and those that do not.
func Describe(all []Protection) (holding, lacking string) {
	list := func(holds bool) string {
		var parts []string
		for _, p := range all {
			if p.Holds == holds {
				parts = append(parts, p.Name+" ("+p.How+")")
			}
		}
		return strings.Join(parts, ", ")
	}
	return list(true), list(false)
}
