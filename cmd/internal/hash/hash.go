// Package hash identifies files by their bytes.
package hash

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
)

// chunk is what is read between two looks at the context.
const chunk = 1 << 20

// File is the SHA-256 of a file in hexadecimal and the number of bytes that went into it. It reads as a stream and
// stops when ctx is done.
func File(ctx context.Context, path string) (sum string, bytes int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	return Stream(ctx, f)
}

// Stream is the same of all that r gives.
func Stream(ctx context.Context, r io.Reader) (sum string, bytes int64, err error) {
	h := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", bytes, err
		}
		n, err := io.CopyN(h, r, chunk)
		bytes += n
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), bytes, nil
		}
		if err != nil {
			return "", bytes, err
		}
	}
}
