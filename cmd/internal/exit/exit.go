// Package exit is the contract between a command and whoever reads its exit code: the codes, and the errors that carry
// one of them and a hint for people.
package exit

import (
	"errors"
	"fmt"
	"strings"
)

// Code is the exit status of the process. The numbers are an API: scripts depend on them.
type Code int

// The exit codes.
const (
	Done        Code = 0   // every input ended with a score
	CouldNotRun Code = 1   // nothing could be scored, or the results could not be written
	Usage       Code = 2   // the command line does not make sense
	NotScored   Code = 3   // at least one input ended without a score
	FailAbove   Code = 4   // at least one scored input reached --fail-above
	Interrupted Code = 130 // stopped by Ctrl-C or SIGTERM
)

// Table is the codes with a sentence each, for the help.
func Table() string {
	rows := []struct {
		code Code
		text string
	}{
		{Done, "done; every input has a score"},
		{CouldNotRun, "could not run, or the results could not be written"},
		{Usage, "the command line does not make sense"},
		{NotScored, "some inputs have no score; their rows say why"},
		{FailAbove, "a scored input reached --fail-above (wins over 3)"},
		{Interrupted, "interrupted; every input has its row, unless Ctrl-C came twice"},
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "  %3d  %s\n", r.code, r.text)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Error is an error that knows its exit code and perhaps what the user can do about it.
type Error struct {
	Code Code   // 0 leaves the choice to an error further in, or to CouldNotRun
	Hint string // one line; may be empty
	Err  error  // nil when everything has been said already
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// With gives err an exit code. A nil err ends the process with that code and without a message.
func With(code Code, err error) error { return &Error{Code: code, Err: err} }

// Hint adds advice to err, and leaves a nil err alone.
func Hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Hint: fmt.Sprintf(format, args...), Err: err}
}

// Usagef is a mistake in the command line.
func Usagef(format string, args ...any) error { return With(Usage, fmt.Errorf(format, args...)) }

// Of is the exit code for err: the outermost one it carries, Done for nil, else CouldNotRun.
func Of(err error) Code {
	if err == nil {
		return Done
	}
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Code != 0 {
			return e.Code
		}
		if e.Err == nil {
			break
		}
	}
	return CouldNotRun
}

// hinter is an error of another package that knows what the user can do.
type hinter interface {
	error
	Hint() string
}

// Message is what to tell about err: the text, empty when there is nothing to say, and the outermost hint.
func Message(err error) (text, hint string) {
	if err == nil {
		return "", ""
	}
	text = err.Error()
	if h := hinter(nil); errors.As(err, &h) {
		hint = h.Hint()
	}
	found := false
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Hint != "" && !found {
			hint, found = e.Hint, true
		}
		if e.Err == nil {
			return "", hint
		}
	}
	return text, hint
}
