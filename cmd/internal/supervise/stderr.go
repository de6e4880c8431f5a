package supervise

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/blendscope/blendscope/cmd/internal/output"
)

// mostSaid is how much is kept of what a child says on standard error: so much of its beginning, and so much of its end.
const mostSaid = 4 << 10

// said is what a child has said since it began with a file. Native libraries say what they like and as much as they like.
type said struct {
	also io.Writer // gets everything too; may be nil

	mu    sync.Mutex
	first []byte
	last  []byte
}

// Write never fails: a child must not be held up.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.also != nil {
		_, _ = s.also.Write(p)
	}
	n := min(len(p), mostSaid-len(s.first))
	s.first = append(s.first, p[:n]...)
	s.last = append(s.last, p[n:]...)
	if over := len(s.last) - mostSaid; over > 0 {
		s.last = append(s.last[:0], s.last[over:]...)
	}
	return len(p), nil
}

func (s *said) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first, s.last = s.first[:0], s.last[:0]
}

// lines are what was said, printable.
func (s *said) lines() []string {
	s.mu.Lock()
	text := string(bytes.Join([][]byte{s.first, s.last}, nil))
	s.mu.Unlock()
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, output.Printable(line))
		}
	}
	return lines
}

// mostCause is how long a cause may be that is quoted in a row.
const mostCause = 200

// cause is the line that tells best why a process ended; empty when it said nothing. Runtimes begin their last words with
// one of a few phrases; what libraries grumbled before that is not it.
func (s *said) cause() string {
	lines := s.lines()
	best := ""
	if len(lines) > 0 {
		best = lines[len(lines)-1]
	}
	for _, line := range lines {
		if lastWords(line) {
			best = line
			break
		}
	}
	if len(best) > mostCause {
		best = strings.ToValidUTF8(best[:mostCause], "") + "..."
	}
	return best
}

func lastWords(line string) bool {
	for _, phrase := range []string{
		"panic: ", "fatal error: ", "SIG", "runtime: ", // Go
		"terminate called", "what():", "double free", "free():", "malloc", "corrupted", "*** ", "munmap_chunk()", // C and C++
	} {
		if strings.HasPrefix(line, phrase) {
			return true
		}
	}
	return false
}

// starved tells whether a process ended because it was refused memory.
func (s *said) starved() bool {
	for _, line := range s.lines() {
		for _, phrase := range []string{"out of memory", "cannot allocate memory", "bad_alloc", "Failed to allocate", "OutOfMemory"} {
			if strings.Contains(line, phrase) {
				return true
			}
		}
	}
	return false
}
