package container

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/blendscope/blendscope/frames"
)

// inspectJPEG walks the marker segments up to the start of the picture data.
func inspectJPEG(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Photo, Family: "jpeg", Ending: Cut, Orientation: 1}
	for offset, n := int64(2), 0; ; n++ {
		b, ok := in.read(offset, 4)
		if !ok || b[0] != 0xff || n > mostBoxes {
			return sized(facts)
		}
		marker, length := b[1], int64(binary.BigEndian.Uint16(b[2:]))
		switch {
		case marker == 0xff: // a fill byte
			offset++
			continue
		case marker == 0xda: // start of scan: the picture
			facts.Ending = jpegEnding(in, offset+2+length)
			return sized(facts)
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc: // start of frame
			if size, ok := in.read(offset+5, 4); ok {
				facts.Height = int(binary.BigEndian.Uint16(size))
				facts.Width = int(binary.BigEndian.Uint16(size[2:]))
			}
		case marker == 0xe1: // EXIF
			if exif, ok := in.read(offset+4, int(max(0, length-2))); ok && bytes.HasPrefix(exif, []byte("Exif\x00\x00")) {
				facts.Orientation = orientation(exif[6:])
			}
		}
		offset += 2 + length
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
	for offset, n := int64(8), 0; n < mostBoxes; n++ {
		header, ok := in.read(offset, 8)
		if !ok {
			break
		}
		length, kind := int64(binary.BigEndian.Uint32(header)), string(header[4:])
		switch kind {
		case "IHDR":
			if size, ok := in.read(offset+8, 8); ok {
				facts.Width = int(binary.BigEndian.Uint32(size))
				facts.Height = int(binary.BigEndian.Uint32(size[4:]))
			}
		case "eXIf":
			if exif, ok := in.read(offset+8, int(min(length, mostEXIF))); ok {
				facts.Orientation = orientation(exif)
			}
		case "IEND":
			facts.Ending = Whole
			return sized(facts)
		}
		offset += 12 + length
	}
	return sized(facts)
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
	for offset, n := int64(12), 0; n < mostBoxes; n++ {
		header, ok := in.read(offset, 8)
		if !ok {
			break
		}
		length, kind := int64(binary.LittleEndian.Uint32(header[4:])), string(header[:4])
		body, _ := in.read(offset+8, int(min(length, 10)))
		if facts.Width == 0 {
			facts.Width, facts.Height = webpSize(kind, body)
		}
		if kind == "EXIF" {
			if exif, ok := in.read(offset+8, int(min(length, mostEXIF))); ok {
				facts.Orientation = orientation(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
			}
		}
		offset += 8 + length + length&1
	}
	return sized(facts)
}

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
