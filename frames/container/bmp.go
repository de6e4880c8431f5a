package container

import (
	"encoding/binary"

	"github.com/blendscope/blendscope/frames"
)

// isBMP recognises Windows bitmaps by their first two letters, and by the size of the header behind the first one: two
// letters alone begin many a text.
func isBMP(head []byte) bool {
	const least, most = 12, 124
	if len(head) < 18 || string(head[:2]) != "BM" {
		return false
	}
	size := binary.LittleEndian.Uint32(head[14:])
	return size >= least && size <= most
}

// inspectBMP reads the size; a negative height means that the rows begin at the top.
func inspectBMP(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Photo, Family: "bmp", Orientation: 1, Ending: Whole}
	const core = 12 // the header of OS/2, with sizes of 16 bits
	b, ok := in.read(14, 12)
	if !ok {
		return sized(facts)
	}
	if binary.LittleEndian.Uint32(b) == core {
		facts.Width, facts.Height = int(binary.LittleEndian.Uint16(b[4:])), int(binary.LittleEndian.Uint16(b[6:]))
	} else {
		facts.Width, facts.Height = int(int32(binary.LittleEndian.Uint32(b[4:]))), int(int32(binary.LittleEndian.Uint32(b[8:])))
		facts.Height = max(facts.Height, -facts.Height)
	}
	if length := int64(binary.LittleEndian.Uint32(in.head[2:])); length > in.size {
		facts.Ending = Cut
	}
	return sized(facts)
}
