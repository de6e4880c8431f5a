package score

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode"

	"github.com/blendscope/blendscope/frames"
)

var (
	errNoFrames  = errors.New("no frame could be decoded")
	errBadScores = errors.New("not one face has a finite score")
)

// modelError says that a detector or a classifier failed.
type modelError struct {
	stage string
	err   error
}

func (e *modelError) Error() string { return e.stage + ": " + e.err.Error() }
func (e *modelError) Unwrap() error { return e.err }

// panicError is a panic that was caught on the way out of a stage.
type panicError struct {
	stage string
	value any
}

func (e *panicError) Error() string { return fmt.Sprintf("%s: panic: %v", e.stage, e.value) }

// guarded turns a panic in f into an error: one bad file must not take the others down.
func guarded(stage string, f func() error) func() error {
	return func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = &panicError{stage, v}
			}
		}()
		return f()
	}
}

// failed words an error as an outcome. When the caller gave up, that is the reason, whatever it made the stages say.
func failed(ctx context.Context, path string, err error) Outcome {
	reason := reasonFor(err, path)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		reason = TimedOut
	case ctx.Err() != nil:
		reason = Interrupted
	}
	status := Failed
	if reason == NoVideo {
		status = NotApplicable
	}
	return Outcome{
		Status:  status,
		Wording: wording(English, status, "", reason),
		Reasons: []Reason{reason},
		Detail:  printable(err.Error()),
	}
}

func reasonFor(err error, path string) Reason {
	var panicked *panicError
	var model *modelError
	switch {
	case errors.As(err, &panicked):
		return Internal
	case errors.As(err, &model):
		return ModelFailed
	case errors.Is(err, errNoFrames):
		return NoFrames
	case errors.Is(err, errBadScores):
		return BadScores
	case errors.Is(err, frames.ErrNoVideo):
		return NoVideo
	case errors.Is(err, frames.ErrUnsupported):
		return Unsupported
	case errors.Is(err, frames.ErrBadGeometry):
		return BadGeometry
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return NotFound
	case errors.Is(err, fs.ErrPermission):
		return NoPermission
	case errors.Is(err, syscall.EISDIR):
		return NotRegular
	case errors.Is(err, frames.ErrNotMedia):
		return notMedia(path)
	case errors.Is(err, context.DeadlineExceeded):
		return TimedOut
	case errors.Is(err, context.Canceled):
		return Interrupted
	}
	return Internal
}

// notMedia looks once more at a file that no decoder took, for a more helpful reason.
func notMedia(path string) Reason {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return NotMedia
	case !info.Mode().IsRegular():
		return NotRegular
	case info.Size() == 0:
		return EmptyFile
	}
	return NotMedia
}

// printable makes a text one line of valid UTF-8, so that a file's name cannot forge output. Newlines of a path are kept
// out too: the bytes themselves are identified by Input.SHA256.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
