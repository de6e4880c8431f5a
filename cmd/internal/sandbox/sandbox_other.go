//go:build !linux

package sandbox

import "errors"

// Supported tells whether processes can be supervised here.
const Supported = false

const unsupported = "only Linux"

// Confine cannot.
func Confine(Plan) []Protection {
	return []Protection{missing(NoNetwork, unsupported), missing(NoWriting, unsupported)}
}

// Settle cannot.
func Settle(bool) []Protection { return []Protection{missing(NoDumps, unsupported)} }

// Limit cannot.
func Limit(int, Limits) error { return errors.ErrUnsupported }

// Resident is unknown.
func Resident(int) (int64, error) { return 0, errors.ErrUnsupported }

// Expendable does nothing.
func Expendable(int) error { return errors.ErrUnsupported }
