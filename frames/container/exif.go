package container

import (
	"encoding/binary"
	"iter"
	"strings"
)

// Orientation says how stored rows and columns lie in the world, as EXIF counts it from 1 to 8; 0 is upright, too. Videos
// have the same eight in their display matrix.
type Orientation int

// Rotation is the clockwise turn in degrees that makes the picture upright, after Mirrored was honoured.
func (o Orientation) Rotation() int {
	switch o {
	case 3, 4:
		return 180
	case 5, 8:
		return 270
	case 6, 7:
		return 90
	}
	return 0
}

// Mirrored reports whether the stored picture must be flipped left to right before it is turned.
func (o Orientation) Mirrored() bool {
	return o == 2 || o == 4 || o == 5 || o == 7
}

const mostEXIF = 1 << 20 // bytes

// Tags of TIFF and EXIF.
const (
	tagMaker       = 0x010f
	tagModel       = 0x0110
	tagOrientation = 0x0112
	tagSoftware    = 0x0131
	tagWritten     = 0x0132
	tagEXIF        = 0x8769
	tagTaken       = 0x9003
	tagTakenOffset = 0x9011
)

// tiff is the structure that EXIF lies in.
type tiff struct {
	data  []byte
	order binary.ByteOrder
}

// field is one entry of a directory: its 12 bytes.
type field struct {
	tiff
	entry []byte
}

func openTIFF(data []byte) (t tiff, ok bool) {
	order, ok := byteOrder(data)
	return tiff{data, order}, ok
}

// main is where the first directory is.
func (t tiff) main() uint32 { return t.order.Uint32(t.data[4:]) }

// directory gives the fields of the directory at the offset, by their tags.
func (t tiff) directory(offset uint32) iter.Seq2[uint16, field] {
	return func(yield func(uint16, field) bool) {
		if int64(offset)+2 > int64(len(t.data)) {
			return
		}
		entries := t.data[offset+2:]
		for range t.order.Uint16(t.data[offset:]) {
			if len(entries) < 12 || !yield(t.order.Uint16(entries), field{t, entries[:12]}) {
				return
			}
			entries = entries[12:]
		}
	}
}

func (f field) short() uint16 { return f.order.Uint16(f.entry[8:]) }
func (f field) long() uint32  { return f.order.Uint32(f.entry[8:]) }

// text is the value of a field of type ASCII, empty for others.
func (f field) text() string {
	const ascii, inline = 2, 4
	if f.order.Uint16(f.entry[2:]) != ascii {
		return ""
	}
	count, value := int64(f.order.Uint32(f.entry[4:])), f.entry[8:]
	if count > inline {
		value = f.data[min(int64(f.long()), int64(len(f.data))):]
	}
	text, _, _ := strings.Cut(string(value[:min(count, int64(len(value)), 8*mostText)]), "\x00")
	return text
}

// orientation finds the orientation tag in the first directory of a TIFF structure, 1 when there is none.
func orientation(data []byte) Orientation {
	t, ok := openTIFF(data)
	if !ok {
		return 1
	}
	for tag, f := range t.directory(t.main()) {
		if tag == tagOrientation {
			if value := f.short(); value >= 1 && value <= 8 {
				return Orientation(value)
			}
			break
		}
	}
	return 1
}

// exif takes what counts from the first directory and from EXIF's own.
func (d *declarations) exif(data []byte) {
	t, ok := openTIFF(data)
	if !ok {
		return
	}
	for tag, f := range t.directory(t.main()) {
		switch tag {
		case tagMaker:
			first(&d.maker, f.text())
		case tagModel:
			first(&d.model, f.text())
		case tagSoftware:
			d.program(f.text())
		case tagWritten:
			first(&d.written, exifTime(f.text()))
		case tagEXIF:
			d.exifTaken(t, f.long())
		}
	}
}

func (d *declarations) exifTaken(t tiff, offset uint32) {
	var taken, zone string
	for tag, f := range t.directory(offset) {
		switch tag {
		case tagTaken:
			taken = exifTime(f.text())
		case tagTakenOffset:
			zone = strings.TrimSpace(f.text())
		}
	}
	if taken != "" {
		first(&d.taken, taken+zone)
	}
}

// exifTime writes "2024:05:17 10:11:12" with the separators of ISO 8601. A clock that was never set gives nothing.
func exifTime(text string) string {
	day, clock, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok || strings.Trim(day, "0:") == "" {
		return ""
	}
	return strings.ReplaceAll(day, ":", "-") + "T" + clock
}

func byteOrder(tiff []byte) (binary.ByteOrder, bool) {
	if len(tiff) < 8 {
		return nil, false
	}
	switch string(tiff[:4]) {
	case "II*\x00":
		return binary.LittleEndian, true
	case "MM\x00*":
		return binary.BigEndian, true
	}
	return nil, false
}
