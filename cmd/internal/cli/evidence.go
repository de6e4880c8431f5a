package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/evidence"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/score"
)

// evidenceExtra keeps what speaks for each result in a folder of its own.
type evidenceExtra struct {
	maker   evidence.Maker
	keyFile string
}

func newEvidenceExtra(e *env.Env, p engine.Platform) *evidenceExtra {
	return &evidenceExtra{maker: evidence.Maker{Tool: build.Read().Tool(), Preview: p.Preview, Now: e.Now}}
}

func (x *evidenceExtra) flags(f *pflag.FlagSet) {
	f.StringVar(&x.maker.Folder, "evidence", "", "make in `dir` a folder of evidence for each file with a score: pictures, timeline, result, manifest")
	f.BoolVar(&x.maker.Original, "evidence-original", false, "with --evidence: put a copy of the file itself into it")
	f.StringVar(&x.keyFile, "sign-key", "", "with --evidence: sign the manifests with the Ed25519 key in `file` (PEM)")
}

func (x *evidenceExtra) check() (err error) {
	if x.maker.Folder == "" {
		return nil // also with a key, which may come from the environment
	}
	if x.maker.Key, err = signKey(x.keyFile); err != nil {
		return err
	}
	return os.MkdirAll(x.maker.Folder, 0o777)
}

// signKey reads a private key; nil when none is named.
func signKey(name string) (*evidence.Key, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key, err := evidence.ParseKey(text)
	hint := "to make one: openssl genpkey -algorithm ed25519 -out " + name
	if errors.Is(err, evidence.ErrEncrypted) {
		hint = "to take the password off: openssl pkey -in FILE -out NEW"
	}
	if err != nil {
		return nil, exit.Hint(fmt.Errorf("--sign-key: %s: %w", name, err), "%s", hint)
	}
	return key, nil
}

// timeline asks for results with one: the folder has a table of it, and a page with curves.
func (x *evidenceExtra) timeline() bool { return x.maker.Folder != "" }

func (x *evidenceExtra) finished(ctx context.Context, path string, r *score.Result) error {
	if x.maker.Folder == "" || r.Outcome.Score == nil || isBelow(path, x.maker.Folder) {
		return nil
	}
	_, err := x.maker.Make(ctx, path, r)
	return err
}

// isBelow reports whether a file lies in a folder: of the pictures in evidence no evidence is made, should the folder lie
// in one that is scanned.
func isBelow(path, folder string) bool {
	path, errPath := filepath.Abs(path)
	folder, errFolder := filepath.Abs(folder)
	rel, err := filepath.Rel(folder, path)
	return errors.Join(errPath, errFolder, err) == nil && filepath.IsLocal(rel)
}
