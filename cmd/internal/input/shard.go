package input

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Shard is one of several equal parts of the inputs, for as many machines: every item is in exactly one. Which one goes
// by the path below the folder that was named - or the path of a file that was named itself -, so that folders may be
// mounted in other places, and files be added, without moving others. The zero Shard is everything.
type Shard struct{ Index, Of int } // Index counts from 1

// most shards are far more than there are machines.
const mostShards = 1_000_000

// Set reads "2/5", the second of five.
func (s *Shard) Set(text string) error {
	index, of, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if err := errors.Join(err1, err2); !ok || err != nil || i < 1 || i > n || n > mostShards {
		return fmt.Errorf("want I/N, the I-th of N parts, such as 1/4")
	}
	*s = Shard{i, n}
	return nil
}

// String is the form that Set reads, empty for everything.
func (s *Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Index, s.Of)
}

// Type is the placeholder in the help.
func (s *Shard) Type() string { return "I/N" }

// has reports whether an item is in the shard.
func (s Shard) has(key string) bool {
	if s.Of <= 1 {
		return true
	}
	sum := sha256.Sum256([]byte(filepath.ToSlash(filepath.Clean(key))))
	return binary.BigEndian.Uint64(sum[:])%uint64(s.Of) == uint64(s.Index-1)
}
