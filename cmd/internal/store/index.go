package store

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/blendscope/blendscope/score"
)

// summary is as much of a result as a store looks at: rows can be long, and there can be very many.
type summary struct {
	Schema   string           `json:"schema"`
	Models   []score.ModelRef `json:"models"`
	Settings score.Settings   `json:"settings"`
	Input    struct {
		Path   string `json:"path"`
		SHA256 string `json:"sha256"`
	} `json:"input"`
	Outcome struct {
		Status  score.Status   `json:"status"`
		Score   *float64       `json:"score"`
		Logit   *float64       `json:"logit"`
		Reasons []score.Reason `json:"reasons"`
	} `json:"outcome"`
}

func summarize(r *score.Result) *summary {
	s := &summary{Schema: r.Schema, Models: r.Models, Settings: r.Settings}
	s.Input.Path, s.Input.SHA256 = r.Input.Path, r.Input.SHA256
	s.Outcome.Status, s.Outcome.Score, s.Outcome.Logit, s.Outcome.Reasons = r.Outcome.Status, r.Outcome.Score, r.Outcome.Logit, r.Outcome.Reasons
	return s
}

// identity is what an input is told from others by: its path, and its bytes too where some of the path could not be
// spelled, for then several paths read the same.
func (s *summary) identity() string {
	if strings.ContainsRune(s.Input.Path, utf8.RuneError) {
		return s.Input.Path + "\x00" + s.Input.SHA256
	}
	return s.Input.Path
}

// digest is a SHA-256; all zeros stand for a file whose bytes are not known.
type digest [32]byte

func digestOf(sha256 string) (d digest) {
	if b, err := hex.DecodeString(sha256); err == nil {
		copy(d[:], b)
	}
	return d
}

// place is where the row of some bytes lies, with what decides whether it can be used.
type place struct {
	at           int64
	failed       bool
	scored       bool // it has the next two
	score, logit float64
}

// statement is what the last row of a path says.
type statement struct {
	digest  digest
	outcome string
}

// index finds rows by the bytes of their files and by path; the last row counts.
type index struct {
	rows     int
	first    *summary // what all rows have in common
	bytes    map[digest]place
	paths    map[string]statement // by identity
	outcomes map[string]string    // one copy of each outcome in words: there are few
}

// parse reads a line.
func parse(text []byte) (*summary, error) {
	var s summary
	err := json.Unmarshal(text, &s)
	switch {
	case s.Schema == score.SchemaID && err == nil:
		return &s, nil
	case s.Schema != score.SchemaID && strings.HasPrefix(s.Schema, schemaFamily()):
		return nil, fmt.Errorf("%w (%s; this one reads %s)", ErrNewer, s.Schema, score.SchemaID)
	}
	return nil, ErrNotResults
}

// take indexes a line.
func (x *index) take(text []byte, at int64) error {
	s, err := parse(text)
	if err != nil {
		return err
	}
	if x.first != nil {
		if other := differs(x.first, s.Models, s.Settings); other != "" {
			return fmt.Errorf("%w than the lines before: %s", ErrOtherSettings, other)
		}
	}
	x.add(s, at)
	return nil
}

// schemaFamily is the schema's name without its version.
func schemaFamily() string { return score.SchemaID[:strings.LastIndexByte(score.SchemaID, '/')+1] }

func (x *index) add(s *summary, at int64) {
	if x.first == nil {
		x.bytes, x.paths, x.outcomes = map[digest]place{}, map[string]statement{}, map[string]string{}
		x.first = &summary{Models: slices.Clone(s.Models), Settings: s.Settings}
	}
	x.rows++
	st := x.statement(s)
	x.paths[s.identity()] = st
	if st.digest == (digest{}) {
		return
	}
	p := place{at: at, failed: s.Outcome.Status == score.Failed}
	if s.Outcome.Score != nil && s.Outcome.Logit != nil {
		p.scored, p.score, p.logit = true, *s.Outcome.Score, *s.Outcome.Logit
	}
	x.bytes[st.digest] = p
}

func (x *index) statement(s *summary) statement {
	words := fmt.Sprint(s.Outcome.Status, s.Outcome.Reasons)
	if one, ok := x.outcomes[words]; ok {
		words = one
	} else if x.outcomes != nil {
		x.outcomes[words] = words
	}
	return statement{digestOf(s.Input.SHA256), words}
}

func (x *index) find(sha256 string) (place, bool) {
	d := digestOf(sha256)
	p, ok := x.bytes[d]
	return p, ok && d != digest{}
}

func (x *index) holds(s *summary) bool {
	old, ok := x.paths[s.identity()]
	return ok && old == x.statement(s)
}
