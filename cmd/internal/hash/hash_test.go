package hash

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestFile(t *testing.T) {
	for _, size := range []int{0, 1, chunk, chunk + 1, 3 * chunk} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i * 7)
		}
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		want := sha256.Sum256(data)
		got, n, err := File(t.Context(), path)
		if err != nil || got != hex.EncodeToString(want[:]) || n != int64(size) {
			t.Errorf("size %d: %s, %d, %v", size, got, n, err)
		}
	}
}

func TestFileStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sum, _, err := File(ctx, path); !errors.Is(err, context.Canceled) || sum != "" {
		t.Errorf("cancelled: %q, %v", sum, err)
	}
	if _, _, err := File(t.Context(), path+"-missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
