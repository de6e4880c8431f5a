package container

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// User types of uuid boxes.
const (
	uuidC2PA = "\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81"
	uuidXMP  = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"
)

// bmffTags reads the boxes of a film that say where it comes from.
type bmffTags struct {
	*declarations
	in    *input
	boxes int
	video bool     // the media being read are pictures
	keys  []string // of the metadata items that follow
}

func declareBMFF(in *input, d *declarations) {
	d.c2pa = frames.Absent
	t := &bmffTags{declarations: d, in: in}
	t.walk(span{0, in.size})
}

func (t *bmffTags) walk(within span) { t.in.walkBoxes(within, &t.boxes, t.visit) }

func (t *bmffTags) visit(kind string, body span) {
	switch kind {
	case "moov", "udta", "trak", "mdia", "minf", "stbl":
		t.walk(body)
	case "stsd":
		t.compressor(t.in.bytes(body, compressorName+32))
	case "meta":
		t.walk(t.metaBody(body))
	case "uuid":
		t.uuid(body)
	case "XMP_":
		t.xmp(t.in.bytes(body, mostXMP))
	case "mvhd":
		first(&t.written, created(t.in.bytes(body, 12)))
	case "hdlr":
		t.handler(t.in.bytes(body, 24+mostText))
	case "keys":
		t.readKeys(t.in.bytes(body, 1<<16))
	case "ilst":
		t.in.walkBoxes(body, &t.boxes, t.item)
	default:
		if name, ok := quickTimeKey(kind); ok {
			t.tag(name, international16(t.in.bytes(body, 8*mostText)))
		}
	}
}

// metaBody is where the boxes inside a meta box begin: ISO puts a version before them, QuickTime does not.
func (t *bmffTags) metaBody(body span) span {
	if b := t.in.bytes(body, 8); len(b) == 8 && string(b[4:]) != "hdlr" {
		return span{body.offset + 4, body.length - 4}
	}
	return body
}

// uuid holds C2PA's manifest, after a version, the box's purpose as a text that ends with a zero, and eight bytes; or XMP.
func (t *bmffTags) uuid(body span) {
	const kind, version, offset = 16, 4, 8
	b := t.in.bytes(body, kind)
	rest := span{body.offset + kind, body.length - kind}
	switch string(b) {
	case uuidXMP:
		t.xmp(t.in.bytes(rest, mostXMP))
	case uuidC2PA:
		b = t.in.bytes(rest, mostManifest)
		purpose, manifest, ok := bytes.Cut(b[min(version, len(b)):], []byte{0})
		if ok && len(manifest) > offset && string(purpose) != "merkle" && isManifest(manifest[offset:]) {
			t.has(manifest[offset:])
		}
	}
}

// readKeys keeps the names that the items of the list refer to by number.
func (t *bmffTags) readKeys(b []byte) {
	const header = 8 // version and count; then of each key its length, its namespace, its name
	t.keys = nil     // those of another list
	for b = b[min(header, len(b)):]; len(b) >= header && len(t.keys) < 1<<10; {
		size := int64(binary.BigEndian.Uint32(b))
		if size < header || size > int64(len(b)) {
			return
		}
		t.keys = append(t.keys, string(b[header:size]))
		b = b[size:]
	}
}

// item is one entry of a metadata list: named by four letters, or by the number of its key from 1. Its data box has a
// type and a locale before the text.
func (t *bmffTags) item(kind string, body span) {
	const header = 8
	name, ok := quickTimeKey(kind)
	if n := int64(binary.BigEndian.Uint32([]byte(kind))); !ok && n >= 1 && n <= int64(len(t.keys)) {
		name, ok = t.keys[n-1], true
	}
	if !ok {
		return
	}
	t.in.walkBoxes(body, &t.boxes, func(kind string, body span) {
		if b := t.in.bytes(body, header+8*mostText); kind == "data" && len(b) > header {
			t.tag(name, string(b[header:]))
		}
	})
}

// quickTimeKey translates the four letters of a user data item.
func quickTimeKey(kind string) (string, bool) {
	name, ok := map[string]string{
		"\xa9too": "encoder", "\xa9enc": "encoder", "\xa9swr": "software", "\xa9mak": "make", "\xa9mod": "model", "\xa9day": "date",
	}[kind]
	return name, ok
}

// tag takes a named text. Names are those above, or reversed domains such as com.apple.quicktime.software.
func (t *bmffTags) tag(name, text string) {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "software", "encoder", "creationtool":
		t.program(text)
	case "make", "manufacturer":
		first(&t.maker, text)
	case "model":
		first(&t.model, text)
	case "creationdate", "date", "creation_time":
		first(&t.taken, text)
	}
}

// handler takes the name of a media handler: encoders leave theirs there.
func (t *bmffTags) handler(b []byte) {
	const kind, name = 8, 24
	t.video = len(b) >= kind+4 && string(b[kind:kind+4]) == "vide"
	if !t.video || len(b) <= name {
		return
	}
	text := b[name:]
	if int(text[0]) == len(text)-1 { // QuickTime writes the length first
		text = text[1:]
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	if s := string(text); s != "VideoHandler" { // which says nothing
		t.program(s)
	}
}

// compressorName is where the first entry of an stsd box names the encoder of a video track: behind the box's version and
// count, the entry's header, and 42 bytes of sizes.
const compressorName = 8 + 8 + 42

// compressor takes that name, of 31 bytes behind its length.
func (t *bmffTags) compressor(b []byte) {
	if t.video && len(b) == compressorName+32 {
		name := b[compressorName+1:]
		t.program(string(name[:min(int(b[compressorName]), len(name))]))
	}
}

// international16 is the first text of a QuickTime user data item, which has its length and its language before it.
func international16(b []byte) string {
	if len(b) < 4 {
		return ""
	}
	length := int(binary.BigEndian.Uint16(b))
	b = b[4:]
	return string(b[:min(length, len(b))])
}

// created reads the creation time of an mvhd box, in seconds since 1904; empty when the clock was not set.
func created(b []byte) string {
	if len(b) < 12 {
		return ""
	}
	seconds := int64(binary.BigEndian.Uint32(b[4:]))
	if b[0] == 1 {
		seconds = int64(binary.BigEndian.Uint64(b[4:]) & (1<<62 - 1))
	}
	const from1904 = 2082844800 // to 1970
	at := time.Unix(seconds-from1904, 0).UTC()
	if at.Year() < 1970 || at.Year() > 9999 {
		return ""
	}
	return at.Format(time.RFC3339)
}
