package container

import (
	"bytes"
	"encoding/binary"
)

// sourceTypes is in the addresses of digital source types, those of IPTC and of C2PA: what follows is the type.
const sourceTypes = "/digitalsourcetype/"

// isManifest recognises a C2PA manifest store: a JUMBF superbox (ISO/IEC 19566-5) whose description box carries C2PA's
// own identifier.
func isManifest(b []byte) bool {
	const kind = "c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
	return len(b) >= 16+len(kind) && string(b[4:8]) == "jumb" && string(b[12:16]) == "jumd" && string(b[16:16+len(kind)]) == kind
}

// manifest looks into a manifest for the source types that it declares and for the programs that made its claims. They
// are text strings, in actions and claims in CBOR (RFC 8949), in IPTC's assertions in JSON, and both store texts as they
// are: no box structure is needed to find them, and none is trusted.
func (d *declarations) manifest(b []byte) {
	each(b, "\x71digitalSourceType", func(rest []byte) { d.source(cborText(rest)) })
	each(b, `:DigitalSourceType"`, func(rest []byte) { d.source(jsonText(rest)) })
	for _, key := range []string{"\x74claim_generator_info", "\x6fclaim_generator", "\x6dsoftwareAgent"} {
		each(b, key, func(rest []byte) { d.program(producer(rest)) })
	}
}

// each calls f with what follows each place of a key, as far as that is of use.
func each(b []byte, key string, f func(rest []byte)) {
	for range mostBoxes {
		i := bytes.Index(b, []byte(key))
		if i < 0 {
			return
		}
		b = b[i+len(key):]
		f(b[:min(len(b), 1024)])
	}
}

// jsonText reads the text behind a key, which holds no escapes where it is an address.
func jsonText(b []byte) string {
	b, ok := bytes.CutPrefix(bytes.TrimLeft(b, ": \t\r\n"), []byte(`"`))
	text, _, ended := bytes.Cut(b, []byte(`"`))
	if !ok || !ended {
		return ""
	}
	return string(text)
}

// producer names a program that is given as a text, as a map with a name, or as a list that begins with such a map.
func producer(b []byte) string {
	const array, mapping = 4, 5
	if len(b) > 0 && b[0]>>5 == array {
		b = b[1:]
	}
	if len(b) > 0 && b[0]>>5 == mapping {
		_, b, _ = bytes.Cut(b, []byte("\x64name"))
	}
	return cborText(b)
}

// cborText reads a text string of less than 64 KiB, as far as it is there.
func cborText(b []byte) string {
	const text, short = 3, 24
	if len(b) < 3 || b[0]>>5 != text {
		return ""
	}
	length, b := int(b[0]&31), b[1:]
	switch length {
	case short:
		length, b = int(b[0]), b[1:]
	case short + 1:
		length, b = int(binary.BigEndian.Uint16(b)), b[2:]
	default:
		if length > short {
			return ""
		}
	}
	return string(b[:min(length, len(b))])
}

// jumbf puts a manifest together that JPEG keeps in APP11 segments of at most 64 KiB: each repeats the header of the box
// that it carries a piece of.
type jumbf struct {
	box      []byte
	instance uint16
}

// add takes the body of a segment: "JP", the number of the box, the number of the piece from 1, the box's header.
func (j *jumbf) add(b []byte) {
	const prefix, header = 8, 8
	if len(b) < prefix+header || string(b[:2]) != "JP" {
		return
	}
	instance, piece := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:])
	b = b[prefix:]
	switch {
	case j.box == nil && piece == 1 && isManifest(b):
		j.box, j.instance = bytes.Clone(b), instance
	case j.box != nil && instance == j.instance && len(j.box) < mostManifest:
		j.box = append(j.box, b[header:]...)
	}
}
