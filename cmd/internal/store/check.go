package store

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// Rows is how many rows the file has.
func (s *Store) Rows() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.rows
}

// Check is ErrOtherSettings when the rows were not made with these models and settings.
func (s *Store) Check(models []score.ModelRef, settings score.Settings) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index.first == nil {
		return nil
	}
	if other := differs(s.index.first, models, settings); other != "" {
		return fmt.Errorf("the results in %s were %w: %s", s.name, ErrOtherSettings, other)
	}
	return nil
}

// CheckCalibration is ErrOtherSettings when a stored score does not follow from its logit by the calibration: that of a
// model can be changed without changing its weights or its version, which is all that results name.
func (s *Store) CheckCalibration(c model.Calibration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tolerance := 2e-4 * max(1, math.Abs(c.A)) // both numbers have four places
	for _, p := range s.index.bytes {
		if p.scored && math.Abs(score.Bounded(c.Probability(p.logit))-p.score) > tolerance {
			return fmt.Errorf("the results in %s were %w: another calibration", s.name, ErrOtherSettings)
		}
	}
	return nil
}

// differs names what is not the same, empty when all is.
func differs(old *summary, models []score.ModelRef, settings score.Settings) string {
	if !slices.Equal(old.Models, models) {
		return "models " + modelNames(old.Models) + ", not " + modelNames(models)
	}
	if old.Settings != settings {
		return fmt.Sprintf("settings %+v, not %+v", old.Settings, settings)
	}
	return ""
}

// modelNames has the beginning of the digest: two models may have the same name and version.
func modelNames(list []score.ModelRef) string {
	var names []string
	for _, m := range list {
		names = append(names, fmt.Sprintf("%s@%s (%.8s)", m.Name, m.Version, m.SHA256))
	}
	return output.Printable(strings.Join(names, " and "))
}
