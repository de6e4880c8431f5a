package evidence

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// Key is a private Ed25519 key.
type Key struct{ private ed25519.PrivateKey }

// Signer is who signed a manifest, as it says itself.
type Signer struct {
	Algorithm   string `json:"algorithm"`   // ed25519
	PublicKey   string `json:"public_key"`  // base64 of 32 bytes
	Fingerprint string `json:"fingerprint"` // "SHA256:" and base64 of the digest of those bytes, to be read out on the telephone
}

// PublicKey is an Ed25519 key that signatures are checked with.
type PublicKey struct{ public ed25519.PublicKey }

const algorithm = "ed25519"

// The ways in which a key file can be of no use.
var (
	ErrNoPEM      = errors.New("no key in PEM form in this file")
	ErrEncrypted  = errors.New("the key is protected by a password")
	ErrNotEd25519 = errors.New("not an Ed25519 key")
)

// ParseKey reads a private key in PKCS #8 form, as `openssl genpkey -algorithm ed25519` writes it.
func ParseKey(text []byte) (*Key, error) {
	block, _ := pem.Decode(text)
	switch {
	case block == nil:
		return nil, ErrNoPEM
	case block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, ErrEncrypted
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not a private key in PKCS #8 form (%s)", block.Type)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, ErrNotEd25519
	}
	return &Key{private}, nil
}

// ParsePublicKey reads a public key, as `openssl pkey -pubout` writes it.
func ParsePublicKey(text []byte) (*PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, ErrNoPEM
	}
	if block.Type == "PRIVATE KEY" {
		return nil, errors.New("this is a private key, and the public one is asked for")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("not a public key (%s)", block.Type)
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, ErrNotEd25519
	}
	return &PublicKey{public}, nil
}

// sign gives the 64 bytes of a signature over the text itself, which `openssl pkeyutl -verify -rawin` checks too.
func (k *Key) sign(text []byte) []byte {
	signature, err := k.private.Sign(nil, text, crypto.Hash(0)) // deterministic: it needs no random numbers
	if err != nil {
		panic("evidence: " + err.Error()) // only for options that were not given
	}
	return signature
}

func (k *Key) public() *Signer {
	public := k.private.Public().(ed25519.PublicKey)
	return &Signer{algorithm, base64.StdEncoding.EncodeToString(public), (&PublicKey{public}).Fingerprint()}
}

// Fingerprint is short enough to be compared by people.
func (k *PublicKey) Fingerprint() string {
	sum := sha256.Sum256(k.public)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

func (k *PublicKey) verify(text, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(k.public, text, signature)
}

// key is the one that the manifest itself names; nil when it names none that can be used.
func (s *Signer) key() *PublicKey {
	if s == nil || s.Algorithm != algorithm {
		return nil
	}
	public, err := base64.StdEncoding.DecodeString(s.PublicKey)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return nil
	}
	return &PublicKey{public}
}
