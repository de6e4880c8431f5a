package queue

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"github.com/blendscope/blendscope/cmd/internal/input"
	"github.com/blendscope/blendscope/score"
)

// failure is the row of an input that never reached the pipeline.
func failure(err error) score.Result {
	switch {
	case errors.Is(err, input.ErrNoMedia):
		return unscored(score.NotApplicable, score.NotMedia, err.Error())
	case errors.Is(err, context.Canceled):
		return failed(score.Interrupted, "interrupted before it was scored")
	case errors.Is(err, context.DeadlineExceeded):
		return failed(score.TimedOut, "the time limit was reached")
	case errors.Is(err, errChanged):
		return failed(score.Changed, err.Error())
	}
	return failed(reasonFor(err), input.Reason(err).Error())
}

func reasonFor(err error) score.Reason {
	switch {
	case errors.Is(err, input.ErrEmpty):
		return score.EmptyFile
	case errors.Is(err, input.ErrNotRegular):
		return score.NotRegular
	case errors.Is(err, fs.ErrPermission):
		return score.NoPermission
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG),
		errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.EINVAL):
		return score.NotFound
	}
	return score.Internal
}

func failed(reason score.Reason, detail string) score.Result {
	return unscored(score.Failed, reason, detail)
}

func unscored(status score.Status, reason score.Reason, detail string) score.Result {
	o := score.Outcome{Status: status, Reasons: []score.Reason{reason}, Detail: detail}
	o.Wording = o.Words(score.English)
	return score.Result{Outcome: o}
}
