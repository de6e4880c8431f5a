package container

import "encoding/binary"

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

const (
	mostEXIF       = 1 << 20 // bytes
	tagOrientation = 0x0112
)

// orientation finds the orientation tag in the first directory of a TIFF structure, 1 when there is none.
func orientation(tiff []byte) Orientation {
	order, ok := byteOrder(tiff)
	if !ok {
		return 1
	}
	directory := int64(order.Uint32(tiff[4:]))
	if directory+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == tagOrientation {
			if value := order.Uint16(entries[8:]); value >= 1 && value <= 8 {
				return Orientation(value)
			}
			break
		}
		entries = entries[12:]
	}
	return 1
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
