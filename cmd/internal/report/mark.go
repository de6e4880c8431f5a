package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"io"
	"regexp"

	"github.com/blendscope/blendscope/cmd/internal/words"
	"github.com/blendscope/blendscope/score"
)

// Mark identifies what a page says: the result without what differs between runs or may be left out, and the language. It
// stands in the page, so that one that is there need not be made again.
func Mark(r *score.Result, w *words.Words) string {
	slim := *r
	slim.Timeline, slim.Timing = nil, score.Timing{}
	data, err := json.Marshal(slim)
	if err != nil {
		return "" // not a number where one is wanted: such a page is made anew each time
	}
	sum := sha256.Sum256(append(data, w.Language()...))
	return hex.EncodeToString(sum[:])
}

// mostHead is where a page's mark and icon end at the latest.
const mostHead = 64 << 10

// Known reads the mark of a page that was made earlier, empty for any other file, and the small picture in it, nil when
// there is none.
func Known(page io.Reader) (mark string, thumb []byte, err error) {
	head, err := bufio.NewReaderSize(page, mostHead).Peek(mostHead)
	if err != nil && err != io.EOF {
		return "", nil, err
	}
	found := regexp.MustCompile(`<meta name="blendscope:result" content="([0-9a-f]{64})">`).FindSubmatch(head)
	if found == nil {
		return "", nil, nil
	}
	if icon := regexp.MustCompile(`<link rel="icon" href="data:image/jpeg;base64,([^"]*)">`).FindSubmatch(head); icon != nil {
		thumb, _ = base64.StdEncoding.DecodeString(html.UnescapeString(string(icon[1]))) // nil when damaged
	}
	return string(found[1]), thumb, nil
}
