package container

import (
	"bytes"
	"encoding/binary"
	"iter"

	"github.com/blendscope/blendscope/frames"
)

// riff recognises a RIFF file of a form, such as "WEBP".
func riff(form string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == form
	}
}

// inspectAVI relies on the length of the first RIFF chunk and on the stream headers that follow it.
func inspectAVI(in *input) (Facts, error) {
	if !bytes.Contains(in.head, []byte("vids")) {
		return audioOnly(in)
	}
	return Facts{Kind: frames.Video, Family: "avi", Ending: riffEnding(in)}, nil
}

// riffEnding compares a RIFF file's length with its header's. A recorder that was stopped leaves the length 0.
func riffEnding(in *input) Ending {
	length := int64(binary.LittleEndian.Uint32(in.head[4:8]))
	switch {
	case length == 0:
		return Unknown
	case length+8 > in.size+1: // some writers count a padding byte that they do not write
		return Cut
	}
	return Whole
}

// riffChunks gives the chunks in [offset, end).
func (in *input) riffChunks(offset, end int64) iter.Seq2[string, span] {
	return func(yield func(string, span) bool) {
		for range mostBoxes {
			header, ok := in.read(offset, 8)
			if !ok || offset >= end {
				return
			}
			body := span{offset + 8, int64(binary.LittleEndian.Uint32(header[4:]))}
			if !yield(string(header[:4]), body) {
				return
			}
			offset = body.offset + body.length + body.length&1
		}
	}
}

// declareRIFF reads the metadata chunks of WebP and AVI.
func declareRIFF(in *input, d *declarations) {
	d.c2pa = frames.Absent
	for kind, body := range in.riffChunks(12, in.size) {
		switch kind {
		case "C2PA":
			if b := in.bytes(body, mostManifest); isManifest(b) {
				d.has(b)
			}
		case "XMP ", "_PMX":
			d.xmp(in.bytes(body, mostXMP))
		case "EXIF":
			d.exif(webpEXIF(in.bytes(body, mostEXIF)))
		case "LIST":
			if b := in.bytes(body, 4); string(b) == "INFO" {
				d.riffInfo(in, span{body.offset + 4, body.length - 4})
			}
		}
	}
}

func (d *declarations) riffInfo(in *input, list span) {
	for kind, body := range in.riffChunks(list.offset, list.offset+list.length) {
		text := string(bytes.TrimRight(in.bytes(body, 8*mostText), "\x00"))
		switch kind {
		case "ISFT":
			d.program(text)
		case "ICRD":
			first(&d.written, text)
		}
	}
}
