package evidence

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// keyPair is one that never changes.
func keyPair(t *testing.T, seed byte) (*Key, *PublicKey) {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string([]byte{seed}), ed25519.SeedSize)))
	key, err := ParseKey(privatePEM(t, private))
	if err != nil {
		t.Fatal(err)
	}
	public, err := ParsePublicKey(publicPEM(t, private.Public()))
	if err != nil {
		t.Fatal(err)
	}
	return key, public
}

func privatePEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func publicPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// edit changes a file of a folder.
func edit(t *testing.T, name string, change func(string) string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(change(string(data))), 0o600); err != nil {
		t.Fatal(err)
	}
}

func flip(s string) string { return string([]byte{s[0] ^ 1}) + s[1:] }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTampering(t *testing.T) {
	const picture = "frames/000002000ms.png"
	for name, c := range map[string]struct {
		spoil     func(t *testing.T, folder string)
		problems  []Problem
		signature SignatureState
	}{
		"nothing":      {func(*testing.T, string) {}, []Problem{}, Valid},
		"a byte":       {func(t *testing.T, f string) { edit(t, f+"/"+picture, flip) }, []Problem{{picture, Changed}}, Valid},
		"a byte more":  {func(t *testing.T, f string) { edit(t, f+"/result.json", func(s string) string { return s + "\n" }) }, []Problem{{"result.json", Changed}}, Valid},
		"a file gone":  {func(t *testing.T, f string) { must(t, os.Remove(f+"/report.html")) }, []Problem{{"report.html", Missing}}, Valid},
		"a file more":  {func(t *testing.T, f string) { must(t, os.WriteFile(f+"/frames/new.png", nil, 0o600)) }, []Problem{{"frames/new.png", Extra}}, Valid},
		"a folder":     {func(t *testing.T, f string) { must(t, os.MkdirAll(f+"/more/and", 0o700)) }, []Problem{{"more/", Extra}}, Valid},
		"a hidden one": {func(t *testing.T, f string) { must(t, os.WriteFile(f+"/.x", nil, 0o600)) }, []Problem{{".x", Extra}}, Valid},
		"a link to the same": {func(t *testing.T, f string) {
			must(t, os.Rename(f+"/"+picture, f+"/../elsewhere.png"))
			must(t, os.Symlink("../../elsewhere.png", f+"/"+picture))
		}, []Problem{{picture, NotRegular}}, Valid},
		"a folder that is a link": {func(t *testing.T, f string) {
			must(t, os.Rename(f+"/frames", f+"/../frames"))
			must(t, os.Symlink("../frames", f+"/frames"))
		}, []Problem{
			{"frames/000001000ms.png", Unreadable},
			{"frames/000001000ms-marked.png", Unreadable},
			{picture, Unreadable},
			{"frames/000002000ms-marked.png", Unreadable},
			{"frames", Extra},
		}, Valid},
		"a folder where a file was": {func(t *testing.T, f string) {
			must(t, os.Remove(f+"/report.html"))
			must(t, os.Mkdir(f+"/report.html", 0o700))
		}, []Problem{{"report.html", NotRegular}}, Valid},
		"the manifest": {func(t *testing.T, f string) {
			edit(t, f+"/manifest.json", func(s string) string { return strings.Replace(s, "clip.mp4", "clap.mp4", 1) })
		}, []Problem{}, Invalid},
		"a space in the manifest": {func(t *testing.T, f string) {
			edit(t, f+"/manifest.json", func(s string) string { return s + " " })
		}, []Problem{}, Invalid},
		"the signature":         {func(t *testing.T, f string) { edit(t, f+"/manifest.json.sig", flip) }, []Problem{}, Invalid},
		"half the signature":    {func(t *testing.T, f string) { edit(t, f+"/manifest.json.sig", func(s string) string { return s[:32] }) }, []Problem{}, Invalid},
		"the signature is gone": {func(t *testing.T, f string) { must(t, os.Remove(f+"/manifest.json.sig")) }, []Problem{}, Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "clip.mp4")
			key, public := keyPair(t, 1)
			w.Key = key
			folder := w.make(t)
			c.spoil(t, folder)
			for _, given := range []*PublicKey{nil, public} {
				r, err := Verify(t.Context(), folder, given)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(r.Problems, c.problems) || r.Signature.State != c.signature || r.Signature.KeyGiven != (given != nil) {
					t.Errorf("%+v", r)
				}
				if want := len(c.problems) == 0 && c.signature == Valid; r.Intact != want {
					t.Errorf("intact: %t", r.Intact)
				}
			}
		})
	}
}

// Whoever changes a folder can sign it anew: only the key that one knows tells.
func TestSignedAnewByAnother(t *testing.T) {
	w := newWorld(t, "clip.mp4")
	_, mine := keyPair(t, 1)
	w.Key, _ = keyPair(t, 2)
	folder := w.make(t)
	r, err := Verify(t.Context(), folder, nil)
	if err != nil || !r.Intact || r.Signature.KeyGiven || r.Signature.Fingerprint == mine.Fingerprint() {
		t.Errorf("without a key: %+v, %v", r, err)
	}
	if r, err = Verify(t.Context(), folder, mine); err != nil || r.Intact || r.Signature.State != Invalid {
		t.Errorf("with mine: %+v, %v", r, err)
	}
	w.Key = nil
	w.result.Timing.TotalMS++
	if r, err = Verify(t.Context(), w.make(t), mine); err != nil || r.Intact || r.Signature.State != Unsigned {
		t.Errorf("unsigned, with a key: %+v, %v", r, err)
	}
}

// Manifests from strangers can not make Verify read or name files outside the folder.
func TestManifestsThatLeadOut(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("s"), 0o600))
	for _, name := range []string{"../x", "/etc/passwd", "a/../../x", "./a", "a//b", "a/", ".", "", "..", `..\x`, `C:x`, "manifest.json", "manifest.json.sig", secret} {
		folder := t.TempDir()
		m := Manifest{Schema: SchemaID, Files: []File{{Path: name, SHA256: strings.Repeat("ab", 32)}}}
		text, err := m.encode()
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, ManifestFile), text, 0o600))
		if r, err := Verify(t.Context(), folder, nil); !errors.Is(err, ErrBadManifest) {
			t.Errorf("%q: %+v, %v", name, r, err)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "another schema": `{"schema":"x/1"}`, "not JSON": "hello", "a result": `[{"schema":"blendscope.result/1"}]`,
		"a digest that is none": `{"schema":"blendscope.evidence/1","files":[{"path":"a","sha256":"xyz"}]}`,
		"a file twice":          `{"schema":"blendscope.evidence/1","files":[` + strings.Repeat(`{"path":"a","sha256":"`+strings.Repeat("ab", 32)+`"},`, 2) + `]}`,
	} {
		folder := t.TempDir()
		must(t, os.WriteFile(filepath.Join(folder, ManifestFile), []byte(text), 0o600))
		if r, err := Verify(t.Context(), folder, nil); !errors.Is(err, ErrBadManifest) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	linked := t.TempDir()
	must(t, os.Symlink(secret, filepath.Join(linked, ManifestFile)))
	if _, err := Verify(t.Context(), linked, nil); !errors.Is(err, ErrBadManifest) {
		t.Errorf("a link: %v", err)
	}
	if _, err := Verify(t.Context(), t.TempDir(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestKeys(t *testing.T) {
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	for name, c := range map[string]struct {
		text []byte
		want error
	}{
		"text":      {[]byte("hello"), ErrNoPEM},
		"encrypted": {pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY"}), ErrEncrypted},
		"ECDSA":     {privatePEM(t, other), ErrNotEd25519},
	} {
		if _, err := ParseKey(c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseKey(publicPEM(t, private.Public())); err == nil {
		t.Error("a public key to sign with")
	}
	if _, err := ParsePublicKey(privatePEM(t, private)); err == nil {
		t.Error("a private key to verify with")
	}
	if _, err := ParsePublicKey(publicPEM(t, other.Public())); !errors.Is(err, ErrNotEd25519) {
		t.Error(err)
	}
}

// OpenSSL makes keys and checks signatures: nobody needs this program to check its word.
func TestOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl")
	}
	dir := t.TempDir()
	openssl := func(args ...string) {
		t.Helper()
		cmd := exec.Command("openssl", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	openssl("genpkey", "-algorithm", "ed25519", "-out", "key.pem")
	openssl("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
	private, err := os.ReadFile(filepath.Join(dir, "key.pem"))
	must(t, err)
	public, err := os.ReadFile(filepath.Join(dir, "public.pem"))
	must(t, err)
	w := newWorld(t, "clip.mp4")
	w.Key, err = ParseKey(private)
	must(t, err)
	key, err := ParsePublicKey(public)
	must(t, err)
	folder := w.make(t)
	if r, err := Verify(t.Context(), folder, key); err != nil || !r.Intact || r.Signature.State != Valid {
		t.Errorf("%+v, %v", r, err)
	}
	openssl("pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", filepath.Join(folder, ManifestFile), "-sigfile", filepath.Join(folder, signatureFile))
}

// Whatever a manifest says, no file that it lists lies outside its folder.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schema":"blendscope.evidence/1","files":[{"path":"a/b.png","sha256":"` + strings.Repeat("ab", 32) + `","bytes":1}]}`))
	f.Add([]byte(`{"schema":"blendscope.evidence/1","files":[{"path":"../a"}],"signer":{"algorithm":"ed25519","public_key":"AA=="}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decodeManifest(text)
		if err != nil {
			if !errors.Is(err, ErrBadManifest) {
				t.Fatal(err)
			}
			return
		}
		for _, file := range m.Files {
			if below, err := filepath.Rel("/folder", filepath.Join("/folder", file.Path)); err != nil || below != file.Path || strings.HasPrefix(below, "..") {
				t.Fatalf("%q", file.Path)
			}
		}
		m.Signer.key()
	})
}
