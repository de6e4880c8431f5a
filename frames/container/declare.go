package container

import (
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/blendscope/blendscope/frames"
)

// Bounds on what is read of a file's declarations, and on what is kept of them.
const (
	mostXMP      = 1 << 20 // bytes
	mostManifest = 8 << 20 // bytes of C2PA
	mostText     = 200     // runes of one text
	mostSoftware = 16
	mostPackets  = 4 // of XMP
)

// Declare reads what a file says of its own making: whether it carries a C2PA manifest, and what the manifest, XMP, EXIF
// and the container's own tags say of source, software, device and time. Nothing is verified, and what is damaged is
// passed over. It reads as little of the file as Inspect does.
func Declare(file io.ReaderAt, size int64) frames.Declared {
	in := &input{file: file, size: size, head: make([]byte, min(size, headSize))}
	n, _ := file.ReadAt(in.head, 0) // a file that can not be read declares nothing
	in.head = in.head[:n]
	d := &declarations{c2pa: frames.Unread}
	for _, known := range families() {
		if known.magic(in.head) {
			if known.declare != nil {
				known.declare(in, d)
			}
			break
		}
	}
	return d.declared()
}

// declarations collects what the blocks of a file say.
type declarations struct {
	c2pa           frames.Presence
	packets        int
	sources        []string
	software       []string
	maker, model   string
	taken, written string // when the picture was taken, and when the file was written, which is next best
}

// has notes a manifest, whose bytes may be incomplete. Only the first counts.
func (d *declarations) has(manifest []byte) {
	if d.c2pa != frames.Present {
		d.c2pa = frames.Present
		d.manifest(manifest)
	}
}

func (d *declarations) source(uri string) {
	for i := 0; i+len(sourceTypes) <= len(uri); i++ { // not in a lower-case copy, which may be longer
		if strings.EqualFold(uri[i:i+len(sourceTypes)], sourceTypes) {
			uri = uri[i+len(sourceTypes):]
			break
		}
	}
	d.sources = appendText(d.sources, uri)
}

func (d *declarations) program(name string) { d.software = appendText(d.software, name) }

// first keeps what was said first.
func first(field *string, text string) {
	if *field == "" {
		*field = clean(text)
	}
}

func (d *declarations) declared() frames.Declared {
	device := d.model
	if !strings.HasPrefix(strings.ToLower(d.model), strings.ToLower(d.maker)) { // "Canon" makes the "Canon EOS R5"
		device = clean(d.maker + " " + d.model)
	}
	created := d.taken
	if created == "" {
		created = d.written
	}
	return frames.Declared{
		C2PA: d.c2pa, SourceType: strings.Join(d.sources, ", "), Software: d.software, Device: device, Created: created,
	}
}

// appendText adds a text that is new, as long as there are few.
func appendText(list []string, text string) []string {
	text = clean(text)
	if text == "" || len(list) == mostSoftware || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// clean makes a text from a file one short line: control characters, invisible and direction-changing ones become
// spaces, runs of spaces one, and what is not UTF-8 is left out.
func clean(text string) string {
	text = text[:min(len(text), 8*mostText)]
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.C, r) || unicode.Is(unicode.Z, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > mostText {
		text = string(runes[:mostText-1]) + "…"
	}
	return text
}
