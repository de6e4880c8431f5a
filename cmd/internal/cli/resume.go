package cli

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/store"
	"github.com/blendscope/blendscope/model"
)

// openStore opens the file of results that flag names, and says what can be done about one that cannot be used.
func openStore(e *env.Env, flag, name string, o store.Options, quiet bool) (*store.Store, error) {
	s, err := store.Open(name, o)
	switch {
	case errors.Is(err, store.ErrInUse):
		return nil, exit.Hint(err, "wait for the other run to end, or give %s the name of another file", flag)
	case errors.Is(err, store.ErrNewer):
		return nil, exit.Hint(exit.With(exit.Usage, err), "use that version of %s, or give %s the name of a new file", build.Name, flag)
	case errors.Is(err, store.ErrNotResults), errors.Is(err, store.ErrOtherSettings):
		return nil, exit.With(exit.Usage, err)
	case err != nil:
		return nil, err
	}
	if s.Torn && !quiet {
		fmt.Fprintf(e.Err, "note: the last line of %s was cut short and has been removed\n", output.Printable(name))
	}
	return s, nil
}

// checkStore refuses results that cannot stand beside new ones.
func checkStore(s *store.Store, flag string, about engine.About, models *model.Registry, classifier string) error {
	err := s.Check(about.Models, about.Settings)
	if entry, getErr := models.Get(model.ForgeryClassification, classifier); err == nil && getErr == nil && entry.Manifest.Calibration != nil {
		err = s.CheckCalibration(*entry.Manifest.Calibration)
	}
	if err == nil {
		return nil
	}
	return exit.Hint(exit.With(exit.Usage, err), "to start anew: give %s the name of a new file", flag)
}

// notLogged is the error of a log with gaps; nil stays nil.
func notLogged(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the log is not complete: %w", err)
}

// notWritten is the error of a run whose results found no place. store names the file that a later run goes on from.
func notWritten(err error, store string) error {
	err = fmt.Errorf("the results could not be written: %w", err)
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
	switch {
	case full && store != "":
		return exit.Hint(err, "make room and run the same command again: it goes on from %s", store)
	case full:
		return exit.Hint(err, "make room and run the command again; with --resume FILE a run can go on where another ended")
	case store != "":
		return exit.Hint(err, "the same command goes on from %s", store)
	}
	return err
}
