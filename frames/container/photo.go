package container

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"iter"

	"github.com/blendscope/blendscope/frames"
)

// inspectJPEG walks the marker segments up to the start of the picture data.
func inspectJPEG(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Photo, Family: "jpeg", Ending: Cut, Orientation: 1}
	for marker, body := range in.jpegSegments() {
		switch {
		case marker == startOfScan: // the picture
			facts.Ending = jpegEnding(in, body.offset+body.length)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc: // start of frame
			if size, ok := in.read(body.offset+1, 4); ok {
				facts.Height = int(binary.BigEndian.Uint16(size))
				facts.Width = int(binary.BigEndian.Uint16(size[2:]))
			}
		case marker == app1:
			if exif, ok := bytes.CutPrefix(in.bytes(body, mostEXIF), []byte(exifMark)); ok {
				facts.Orientation = orientation(exif)
			}
		}
	}
	return sized(facts)
}

// Markers of JPEG, and the words at the start of its application segments.
const (
	startOfScan = 0xda
	app1        = 0xe1
	app11       = 0xeb
	exifMark    = "Exif\x00\x00"
	xmpMark     = "http://ns.adobe.com/xap/1.0/\x00"
)

// jpegSegments gives the marker segments up to the start of scan.
func (in *input) jpegSegments() iter.Seq2[byte, span] {
	return func(yield func(byte, span) bool) {
		offset := int64(2)
		for range mostBoxes {
			b, ok := in.read(offset, 4)
			if !ok || b[0] != 0xff {
				return
			}
			marker, length := b[1], int64(binary.BigEndian.Uint16(b[2:]))
			if marker == 0xff { // a fill byte
				offset++
				continue
			}
			if !yield(marker, span{offset + 4, max(0, length-2)}) || marker == startOfScan {
				return
			}
			offset += 2 + length
		}
	}
}

// declareJPEG reads the application segments.
func declareJPEG(in *input, d *declarations) {
	d.c2pa = frames.Absent
	var store jumbf
	for marker, body := range in.jpegSegments() {
		if marker != app1 && marker != app11 {
			continue
		}
		b := in.bytes(body, 1<<16)
		if exif, ok := bytes.CutPrefix(b, []byte(exifMark)); ok && marker == app1 {
			d.exif(exif)
		} else if xmp, ok := bytes.CutPrefix(b, []byte(xmpMark)); ok && marker == app1 {
			d.xmp(xmp)
		} else if marker == app11 {
			store.add(b)
		}
	}
	if store.box != nil {
		d.has(store.box)
	}
}

// jpegEnding looks for the end-of-image marker. Picture data can not contain it by chance: 0xff is escaped there.
func jpegEnding(in *input, offset int64) Ending {
	const chunk = 64 << 10
	for offset < in.size {
		b, ok := in.read(offset, int(min(chunk, in.size-offset)))
		if !ok {
			return Unknown
		}
		if bytes.Contains(b, []byte{0xff, 0xd9}) {
			return Whole
		}
		offset += max(1, int64(len(b))-1) // the marker may straddle two chunks
	}
	return Cut
}

// inspectPNG walks the chunks.
func inspectPNG(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Photo, Family: "png", Ending: Cut, Orientation: 1}
	for kind, body := range in.pngChunks() {
		switch kind {
		case "IHDR":
			if size, ok := in.read(body.offset, 8); ok {
				facts.Width = int(binary.BigEndian.Uint32(size))
				facts.Height = int(binary.BigEndian.Uint32(size[4:]))
			}
		case "eXIf":
			facts.Orientation = orientation(in.bytes(body, mostEXIF))
		case "IEND":
			facts.Ending = Whole
		}
	}
	return sized(facts)
}

// pngChunks gives the chunks up to the last.
func (in *input) pngChunks() iter.Seq2[string, span] {
	return func(yield func(string, span) bool) {
		offset := int64(8)
		for range mostBoxes {
			header, ok := in.read(offset, 8)
			if !ok {
				return
			}
			kind, body := string(header[4:]), span{offset + 8, int64(binary.BigEndian.Uint32(header))}
			if !yield(kind, body) || kind == "IEND" {
				return
			}
			offset = body.offset + body.length + 4 // a checksum follows
		}
	}
}

// declarePNG reads the text chunks, EXIF and the manifest.
func declarePNG(in *input, d *declarations) {
	d.c2pa = frames.Absent
	for kind, body := range in.pngChunks() {
		switch kind {
		case "caBX":
			if b := in.bytes(body, mostManifest); isManifest(b) {
				d.has(b)
			}
		case "eXIf":
			d.exif(in.bytes(body, mostEXIF))
		case "tEXt", "iTXt", "zTXt":
			d.pngText(kind, in.bytes(body, mostXMP))
		}
	}
}

// pngText takes XMP, the name of a program, and the mere names of the texts in which generators keep what they were
// asked for.
func (d *declarations) pngText(kind string, b []byte) {
	keyword, text, _ := bytes.Cut(b, []byte{0})
	switch string(keyword) {
	case "XML:com.adobe.xmp":
		if d.packets < mostPackets { // a packet can be inflated to a thousand times its size
			d.xmp(international(text))
		}
	case "Software":
		if kind == "tEXt" {
			d.program(string(text))
		}
	case "parameters", "prompt", "workflow", "Dream", "sd-metadata", "invokeai_metadata":
		d.program("text chunk \"" + string(keyword) + "\", as image generators write it")
	}
}

// international is the text of an iTXt chunk behind its keyword: two bytes on compression, a language, the keyword in
// that language, the text.
func international(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	compressed := b[0] == 1
	parts := bytes.SplitN(b[2:], []byte{0}, 3)
	text := parts[len(parts)-1]
	if !compressed {
		return text
	}
	r, err := zlib.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil
	}
	text, _ = io.ReadAll(io.LimitReader(r, mostXMP)) // what is damaged is read as far as it goes
	return text
}

// PNGIntact reports whether every chunk of a PNG file up to its end is there and has the right checksum. libpng prints to
// the standard error stream when it meets one that has not.
func PNGIntact(data []byte) bool {
	const signature, frame = 8, 12 // a chunk's length, kind and checksum take 12 bytes
	for offset := signature; offset+frame <= len(data); {
		length := int64(binary.BigEndian.Uint32(data[offset:]))
		if length > int64(len(data)-offset-frame) {
			return false
		}
		body := data[offset+4 : offset+8+int(length)]
		if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(data[offset+8+int(length):]) {
			return false
		}
		if string(body[:4]) == "IEND" {
			return true
		}
		offset += frame + int(length)
	}
	return false
}

// inspectWebP reads the size from whichever of the three kinds of picture chunk comes first.
func inspectWebP(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Photo, Family: "webp", Ending: riffEnding(in), Orientation: 1}
	for kind, body := range in.riffChunks(12, in.size) {
		if facts.Width == 0 {
			facts.Width, facts.Height = webpSize(kind, in.bytes(body, 10))
		}
		if kind == "ANIM" {
			return Facts{}, unsupported("animated WebP pictures")
		}
		if kind == "EXIF" {
			facts.Orientation = orientation(webpEXIF(in.bytes(body, mostEXIF)))
		}
	}
	return sized(facts)
}

// webpEXIF is without the word that some writers put before it.
func webpEXIF(b []byte) []byte { return bytes.TrimPrefix(b, []byte(exifMark)) }

func webpSize(kind string, b []byte) (width, height int) {
	switch {
	case kind == "VP8X" && len(b) >= 10:
		return 1 + int24(b[4:]), 1 + int24(b[7:])
	case kind == "VP8 " && len(b) >= 10:
		return int(binary.LittleEndian.Uint16(b[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(b[8:]) & 0x3fff)
	case kind == "VP8L" && len(b) >= 5:
		packed := binary.LittleEndian.Uint32(b[1:])
		return 1 + int(packed&0x3fff), 1 + int(packed>>14&0x3fff)
	}
	return 0, 0
}

func int24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// sized refuses a photo that does not say how large it is: nobody could bound its memory.
func sized(facts Facts) (Facts, error) {
	if facts.Width <= 0 || facts.Height <= 0 {
		return Facts{}, fmt.Errorf("%w: %s photo of %dx%d pixels", frames.ErrBadGeometry, facts.Family, facts.Width, facts.Height)
	}
	return facts, nil
}
