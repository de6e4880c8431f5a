package exhibit

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// DeclaredWithin is how many bytes of a file's beginning Declared needs to see.
const DeclaredWithin = 4 << 10

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	behindHeader = len(pngSignature) + 25 // where the second chunk of a PNG begins: the first has 13 bytes, and 12 around them
)

// Declare passes a PNG on to w and adds a text chunk by which the picture declares that Blendscope made it for viewing.
// Such a picture is no material: the boxes drawn into it would be examined too.
func Declare(w io.Writer) io.Writer { return &declaring{w: w, before: behindHeader} }

// Declared reports whether a file that begins like this declares that Blendscope made it for viewing. Like all that files
// declare of themselves it is not verified: who goes by it says so.
func Declared(beginning []byte) bool {
	return bytes.HasPrefix(beginning, []byte(pngSignature)) && bytes.Contains(beginning[:min(len(beginning), DeclaredWithin)], declaration())
}

// declaration is the chunk: its length, kind, keyword and text, checksum.
func declaration() []byte {
	const content = "tEXtSoftware\x00Blendscope, picture made for viewing"
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)-len("tEXt")))
	chunk = append(chunk, content...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(content)))
}

// declaring puts the chunk behind the first, however what is written is cut up.
type declaring struct {
	w      io.Writer
	before int // bytes that are still to come before the chunk; negative once it is written
}

func (d *declaring) Write(b []byte) (n int, err error) {
	if d.before > 0 {
		n, err = d.w.Write(b[:min(d.before, len(b))])
		d.before -= n
		if err != nil || d.before > 0 {
			return n, err
		}
	}
	if d.before == 0 {
		if _, err := d.w.Write(declaration()); err != nil {
			return n, err
		}
		d.before = -1
	}
	rest, err := d.w.Write(b[n:])
	return n + rest, err
}
