package container

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// mostBoxes bounds the boxes visited in one file, so that a file of tiny boxes can not keep us busy.
const mostBoxes = 1 << 16

// mostSeconds bounds durations: a longer one is a damaged or hostile header.
const mostSeconds = 1e7

// isBMFF recognises MP4, QuickTime and their kin (ISO/IEC 14496-12) by their first box.
func isBMFF(head []byte) bool {
	if len(head) < 8 {
		return false
	}
	switch string(head[4:8]) {
	case "ftyp", "moov", "mdat", "wide", "free", "skip", "pnot", "styp":
		return true
	}
	return false
}

// movie collects what the boxes of a file say.
type movie struct {
	index, fragmented, image bool
	boxes                    int
	scale                    float64 // movie time units per second
	track                    track   // the one being read
	video                    track   // the first video track, which is the one that is decoded
}

// track collects one trak box.
type track struct {
	video       bool
	orientation Orientation
	duration    float64 // seconds of media
	shown       float64 // seconds shown by the edit list
	edited      bool
}

func inspectBMFF(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Video, Family: "mov"}
	if brand, ok := in.read(4, 8); ok && string(brand[:4]) == "ftyp" && string(brand[4:]) != "qt  " {
		facts.Family = "mp4"
	}
	m := &movie{}
	facts.Ending = m.walk(in, 0, in.size)
	facts.Counted = !m.fragmented
	facts.Orientation = m.video.orientation
	facts.Duration, facts.Trimmed = m.video.span()
	switch {
	case !m.index && m.image:
		return Facts{}, unsupported("HEIC and AVIF photos")
	case !m.index:
		return Facts{}, fmt.Errorf("%w: no index (moov box): the recording was cut off or never finished", frames.ErrNotMedia)
	case !m.video.video:
		return Facts{}, fmt.Errorf("%w: the file holds no video track", frames.ErrNoVideo)
	}
	return facts, nil
}

// walk visits the boxes in [offset, end) and reports whether the last of them ends where the range does.
func (m *movie) walk(in *input, offset, end int64) Ending {
	return in.walkBoxes(span{offset, end - offset}, &m.boxes, func(kind string, body span) {
		m.visit(in, kind, body.offset, body.offset+body.length)
	})
}

// walkBoxes visits the boxes in a stretch of the file and reports whether the last of them ends where it does. It counts
// them in seen, and stops when they are too many.
func (in *input) walkBoxes(within span, seen *int, visit func(kind string, body span)) Ending {
	offset, end := within.offset, within.offset+within.length
	for offset < end {
		header, ok := in.read(offset, 8)
		if *seen++; !ok || *seen > mostBoxes {
			return Cut
		}
		body, size := offset+8, int64(binary.BigEndian.Uint32(header))
		kind := string(header[4:])
		switch size {
		case 0: // to the end of the file; nobody can tell whether that is where it should be
			visit(kind, span{body, end - body})
			return Unknown
		case 1:
			long, ok := in.read(body, 8)
			if !ok {
				return Cut
			}
			body, size = body+8, int64(binary.BigEndian.Uint64(long)&(1<<62-1))
		}
		if size < body-offset || size > end-offset {
			return Cut
		}
		visit(kind, span{body, offset + size - body})
		offset += size
	}
	return Whole
}

func (m *movie) visit(in *input, kind string, body, end int64) {
	switch kind {
	case "moov":
		m.index = true
		m.walk(in, body, end)
	case "trak":
		m.track = track{}
		m.walk(in, body, end)
		if m.track.video && !m.video.video {
			m.video = m.track
		}
	case "mdia", "edts":
		m.walk(in, body, end)
	case "mvhd":
		m.scale, _ = timing(in, body)
	case "mdhd":
		if scale, units := timing(in, body); scale > 0 {
			m.track.duration = units / scale
		}
	case "tkhd":
		m.track.orientation = display(in, body)
	case "elst":
		m.edits(in, body, end)
	case "hdlr":
		if b, ok := in.read(body, 12); ok && string(b[8:12]) == "vide" {
			m.track.video = true
		}
	case "mvex", "moof":
		m.fragmented = true
	case "meta":
		m.image = true
	}
}

// timing reads the time scale and the duration of an mvhd or mdhd box, whose layouts agree that far.
func timing(in *input, body int64) (scale, units float64) {
	b, ok := in.read(body, 32)
	if !ok {
		return 0, 0
	}
	if b[0] == 1 {
		return float64(binary.BigEndian.Uint32(b[20:])), float64(binary.BigEndian.Uint64(b[24:]))
	}
	return float64(binary.BigEndian.Uint32(b[12:])), float64(binary.BigEndian.Uint32(b[16:]))
}

// edits sums up the time shown by an edit list.
func (m *movie) edits(in *input, body, end int64) {
	b, ok := in.read(body, 8)
	if !ok || m.scale <= 0 {
		return
	}
	entry := int64(12)
	if b[0] == 1 {
		entry = 20
	}
	count := min(int64(binary.BigEndian.Uint32(b[4:])), (end-body-8)/entry, mostBoxes)
	for i := range count {
		m.edit(in, body+8+i*entry, b[0] == 1)
	}
}

func (m *movie) edit(in *input, at int64, long bool) {
	b, ok := in.read(at, 16)
	if !ok {
		return
	}
	units, start := float64(binary.BigEndian.Uint32(b)), int64(int32(binary.BigEndian.Uint32(b[4:])))
	if long {
		units, start = float64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	}
	if start < 0 { // an empty edit: a delay, not media
		return
	}
	m.track.edited = true
	m.track.shown += units / m.scale
}

// span is the time that the track is shown, and whether its edit list hides more than rounding and the delay of
// reordered frames explain.
func (t track) span() (shown time.Duration, trimmed bool) {
	const slack = 0.2 // seconds
	seconds := t.duration
	if t.edited && t.shown > 0 && t.shown < t.duration {
		seconds, trimmed = t.shown, t.shown < t.duration-slack
	}
	if !(seconds >= 0 && seconds < mostSeconds) {
		return 0, trimmed
	}
	return time.Duration(seconds * float64(time.Second)), trimmed
}

// display reads the matrix of a tkhd box: how the pictures are turned for display. Anything but quarter turns and
// mirrored quarter turns is taken as upright.
func display(in *input, body int64) Orientation {
	version, ok := in.read(body, 1)
	if !ok {
		return 1
	}
	offset := body + 40
	if version[0] == 1 {
		offset += 12
	}
	b, ok := in.read(offset, 20)
	if !ok {
		return 1
	}
	cell := func(i int) int32 { return int32(binary.BigEndian.Uint32(b[4*i:])) }
	return quarterTurn(cell(0), cell(1), cell(3), cell(4))
}

// quarterTurn translates the matrix that takes (x, y) to (ax + cy, bx + dy) with y down.
func quarterTurn(a, b, c, d int32) Orientation {
	type signs struct{ a, b, c, d int }
	known := map[signs]Orientation{
		{1, 0, 0, 1}: 1, {-1, 0, 0, 1}: 2, {-1, 0, 0, -1}: 3, {1, 0, 0, -1}: 4,
		{0, 1, 1, 0}: 5, {0, 1, -1, 0}: 6, {0, -1, -1, 0}: 7, {0, -1, 1, 0}: 8,
	}
	if o, ok := known[signs{sign(a), sign(b), sign(c), sign(d)}]; ok {
		return o
	}
	return 1
}

// sign rounds a 16.16 fixed-point number to -1, 0 or 1.
func sign(v int32) int {
	const half = 1 << 15
	switch {
	case v > half:
		return 1
	case v < -half:
		return -1
	}
	return 0
}
