package evaluation

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/hash"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// ErrOtherSettings says that stored results cannot be taken together with new ones.
var ErrOtherSettings = errors.New("made with other models or settings")

// Store is a file of results, one a line as scan writes them with --format jsonl, that grows as files are scored: a run
// that was cut off goes on where it ended.
type Store struct {
	name  string
	file  *os.File
	lines output.Writer
	rows  map[string]*score.Result // by path; the last of a path counts
	first *score.Result            // of the file, for what all rows have in common
	Torn  bool                     // the last line was cut off and has been taken away
}

// OpenStore reads the file, or makes it.
func OpenStore(name string) (*Store, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666) // before the process's umask
	if err != nil {
		return nil, err
	}
	s := &Store{name: name, file: f, rows: map[string]*score.Result{}}
	s.lines, err = output.New(f, output.Options{Format: output.JSONL})
	if info, statErr := f.Stat(); err == nil && (statErr != nil || !info.Mode().IsRegular()) {
		err = errors.Join(fmt.Errorf("%s: not a regular file", name), statErr)
	}
	if err == nil {
		err = s.read()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// read takes the rows that are there, and makes sure that the next one starts on a line of its own.
func (s *Store) read() error {
	r := bufio.NewReader(s.file)
	var whole int64 // bytes of complete lines
	for line := 1; ; line++ {
		text, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		cut := errors.Is(err, io.EOF)
		if cut && len(text) == 0 {
			return nil
		}
		if wrong := s.take(text); wrong != nil && cut && resultBegins(text) {
			s.Torn = true
			return s.file.Truncate(whole)
		} else if wrong != nil {
			return fmt.Errorf("%s: line %d: %w", s.name, line, wrong)
		}
		if cut {
			_, err := s.file.WriteString("\n")
			return err
		}
		whole += int64(len(text))
	}
}

// resultBegins reports whether a text that is no result can be the beginning of one: nothing else is cut off.
func resultBegins(text []byte) bool {
	start := []byte(`{"schema":"` + score.SchemaID + `"`)
	return bytes.HasPrefix(text, start) || bytes.HasPrefix(start, text)
}

func (s *Store) take(text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	var r score.Result
	if err := json.Unmarshal(text, &r); err != nil || r.Schema != score.SchemaID {
		return fmt.Errorf("not a result (%s); the file must be one that eval, or scan --format jsonl, has written", score.SchemaID)
	}
	if s.first == nil {
		s.first = Slim(&r)
	} else if other := differs(s.first, r.Models, r.Settings); other != "" {
		return fmt.Errorf("%w than the lines before: %s", ErrOtherSettings, other)
	}
	s.rows[r.Input.Path] = Slim(&r)
	return nil
}

// Slim is a result without what only its reader needs: thousands are kept at once.
func Slim(r *score.Result) *score.Result {
	slim := *r
	slim.Tracks, slim.Segments, slim.Timeline = nil, nil, nil
	return &slim
}

// Check is ErrOtherSettings when the rows do not come from such an engine.
func (s *Store) Check(about engine.About) error {
	if s.first == nil {
		return nil
	}
	if other := differs(s.first, about.Models, about.Settings); other != "" {
		return fmt.Errorf("the results in %s were %w: %s", s.name, ErrOtherSettings, other)
	}
	return nil
}

// CheckCalibration is ErrOtherSettings when a stored score does not follow from its logit by the calibration: that of a
// model can be changed without changing its weights or its version, which is all that results name.
func (s *Store) CheckCalibration(c model.Calibration) error {
	tolerance := 2e-4 * max(1, math.Abs(c.A)) // both numbers have four places
	for _, r := range s.rows {
		if r.Outcome.Score == nil || r.Outcome.Logit == nil {
			continue
		}
		if p := min(max(c.Probability(*r.Outcome.Logit), 0.01), 0.99); math.Abs(p-*r.Outcome.Score) > tolerance {
			return fmt.Errorf("the results in %s were %w: another calibration", s.name, ErrOtherSettings)
		}
	}
	return nil
}

// differs names what is not the same, empty when all is.
func differs(old *score.Result, models []score.ModelRef, settings score.Settings) string {
	if !reflect.DeepEqual(append([]score.ModelRef{}, old.Models...), append([]score.ModelRef{}, models...)) {
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

// Find is the stored result of a file as it is now. What ended as an error is not found: it deserves another try.
func (s *Store) Find(ctx context.Context, path string) *score.Result {
	r := s.rows[strings.ToValidUTF8(path, "\uFFFD")]
	if r == nil || r.Outcome.Status == score.Failed || r.Input.SHA256 == "" {
		return nil
	}
	if info, err := os.Stat(path); err != nil || info.Size() != r.Input.Bytes {
		return nil // spares reading it
	}
	if sum, _, err := hash.File(ctx, path); err != nil || sum != r.Input.SHA256 {
		return nil
	}
	return r
}

// Add appends a result, which is on the disk when Add returns.
func (s *Store) Add(r *score.Result) error {
	if err := s.lines.Write(r); err != nil {
		return err
	}
	return s.file.Sync()
}

// Close closes the file.
func (s *Store) Close() error { return s.file.Close() }
