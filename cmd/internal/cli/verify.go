package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/evidence"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/output"
)

const verifyHelp = `Compare folders of evidence with their manifests: every file listed must be there
and unchanged, and nothing else. DIR is such a folder, or one with such folders
in it, as scan --evidence makes it.

A manifest that matches its files says that they belong together. Whether the
whole was made anew by somebody else is for the signature to tell, and only if
you name the signer's public key: --public-key FILE.

The exit code is 0 when all is as it was made, and 1 when not.`

type verifyOptions struct {
	format  string
	keyFile string
	env     *env.Env
}

func newVerify(e *env.Env) *cobra.Command {
	o := &verifyOptions{env: e}
	cmd := &cobra.Command{
		Use:   "verify DIR...",
		Short: "Check folders of evidence",
		Long:  verifyHelp,
		Example: "  blendscope verify evidence\n" +
			"  blendscope verify --public-key desk.pem evidence/interview.mp4-0123456789ab",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	reportFormat(cmd, &o.format)
	cmd.Flags().StringVar(&o.keyFile, "public-key", "", "check the signatures with the Ed25519 key in `file` (PEM); without one they are wrong")
	return cmd
}

// verifyRow is one folder in JSON, perhaps with the reason why it could not be checked.
type verifyRow struct {
	*evidence.Report
	Error string `json:"error,omitempty"`
}

func (o *verifyOptions) run(ctx context.Context, dirs []string) error {
	key, err := publicKey(o.keyFile)
	if err != nil {
		return err
	}
	rows, bad := []verifyRow{}, 0
	for _, dir := range dirs {
		folders, err := evidenceIn(dir)
		switch {
		case err != nil && len(dirs) == 1:
			return err
		case err != nil: // of several the others are looked at all the same
			rows, bad = append(rows, verifyRow{&evidence.Report{Folder: dir, Problems: []evidence.Problem{}}, err.Error()}), bad+1
		}
		for _, folder := range folders {
			row, err := verifyOne(ctx, folder, key)
			if err != nil {
				return err
			}
			if !row.Intact {
				bad++
			}
			rows = append(rows, row)
		}
	}
	if err := report(o.env.Out, o.format, rows, func() error { return o.text(rows) }); err != nil || bad == 0 {
		return err
	}
	return fmt.Errorf("%d of %d folders of evidence not as made", bad, len(rows))
}

// verifyOne checks a folder. The error is for the whole run.
func verifyOne(ctx context.Context, folder string, key *evidence.PublicKey) (verifyRow, error) {
	report, err := evidence.Verify(ctx, folder, key)
	if ctx.Err() != nil {
		return verifyRow{}, ctx.Err()
	}
	if err != nil {
		return verifyRow{&evidence.Report{Folder: folder, Problems: []evidence.Problem{}}, err.Error()}, nil
	}
	return verifyRow{report, ""}, nil
}

// evidenceIn is the folder itself where it has a manifest, else those in it; hidden ones are unfinished.
func evidenceIn(dir string) ([]string, error) {
	if _, err := os.Lstat(filepath.Join(dir, evidence.ManifestFile)); err == nil {
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			folders = append(folders, filepath.Join(dir, e.Name()))
		}
	}
	if len(folders) == 0 {
		return nil, exit.Hint(fmt.Errorf("%s: no evidence here: there is no %s", dir, evidence.ManifestFile), "to make some: %s scan --evidence DIR CLIP", build.Name)
	}
	return folders, nil
}

func publicKey(name string) (*evidence.PublicKey, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	key, err := evidence.ParsePublicKey(text)
	if err != nil {
		return nil, exit.Hint(fmt.Errorf("--public-key: %s: %w", name, err), "to take it from a private key: openssl pkey -in KEY -pubout -out PUBLIC")
	}
	return key, nil
}

func (o *verifyOptions) text(rows []verifyRow) error {
	var b strings.Builder
	for _, row := range rows {
		state := "ok"
		if !row.Intact {
			state = "failed"
		}
		fmt.Fprintf(&b, "%-7s%s\n", state, output.Printable(row.Folder))
		for _, line := range row.lines() {
			fmt.Fprintf(&b, "       %s\n", output.Printable(line))
		}
	}
	_, err := io.WriteString(o.env.Out, b.String())
	return err
}

// lines are what there is to say of one folder.
func (r verifyRow) lines() []string {
	if r.Error != "" {
		return []string{r.Error}
	}
	lines := []string{
		fmt.Sprintf("of %s, SHA-256 %s", r.Input.Path, r.Input.SHA256),
		fmt.Sprintf("%d files, made %s", r.Files, r.Made),
	}
	for _, p := range r.Problems {
		words := map[evidence.State]string{
			evidence.Changed: "changed", evidence.Missing: "missing", evidence.Extra: "not listed in the manifest",
			evidence.NotRegular: "not a file any more", evidence.Unreadable: "can not be read",
		}
		lines = append(lines, p.Path+": "+words[p.State])
	}
	return append(lines, signatureLine(r.Signature))
}

func signatureLine(s evidence.Signature) string {
	switch {
	case s.State == evidence.Valid && s.KeyGiven:
		return "signed by " + s.Fingerprint + ", the key that was given"
	case s.State == evidence.Valid:
		return "signed by " + s.Fingerprint + ", as the folder itself says; compare that with what the signer tells you"
	case s.State == evidence.Invalid:
		return "the signature does not match: the manifest was changed, or signed by somebody else"
	case s.KeyGiven:
		return "not signed, although a key was given"
	}
	return "not signed: whoever could write to the folder could have made all of it anew"
}
