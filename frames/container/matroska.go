package container

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// Element identifiers of EBML (RFC 8794) and Matroska (RFC 9559).
const (
	idDocType    = 0x4282
	idSegment    = 0x18538067
	idCluster    = 0x1f43b675
	idTracks     = 0x1654ae6b
	idTrackEntry = 0xae
	idTrackType  = 0x83
	idCodec      = 0x86
	idInfo       = 0x1549a966
	idMuxer      = 0x4d80
	idWriter     = 0x5741
	idDate       = 0x4461
	idTags       = 0x1254c367
	idTag        = 0x7373
	idSimpleTag  = 0x67c8
	idTagName    = 0x45a3
	idTagText    = 0x4487
)

const unknownSize = -1

// matroska collects what the elements say.
type matroska struct {
	docType       string
	tracks, video bool
	codecs        []string // of all tracks
	elements      int
}

func inspectMatroska(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Video, Family: "mkv"}
	m := &matroska{}
	body, size, ok := in.element(0)
	if !ok || size == unknownSize {
		return video("mkv")(in)
	}
	m.walk(in, body, body+size)
	if strings.TrimRight(m.docType, "\x00") == "webm" {
		facts.Family = "webm"
	}
	facts.Ending = m.segment(in, body+size)
	facts.Codec = m.codec()
	if m.tracks && !m.video {
		return audioOnly(in)
	}
	return facts, nil
}

// codec names the first video track's codec.
func (m *matroska) codec() string {
	names := map[string]string{
		"V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "hevc", "V_AV1": "av1", "V_VP8": "vp8", "V_VP9": "vp9",
		"V_MPEG4/ISO/ASP": "mpeg4", "V_MJPEG": "mjpeg", "V_MPEG2": "mpeg2video", "V_THEORA": "theora",
	}
	for _, codec := range m.codecs {
		if strings.HasPrefix(codec, "V_") {
			return names[codec]
		}
	}
	return ""
}

// segment looks into the segment at the offset and compares its length with the file's.
func (m *matroska) segment(in *input, offset int64) Ending {
	body, size, ok := in.element(offset)
	switch {
	case !ok:
		return Cut
	case size == unknownSize: // written live
		m.walk(in, body, in.size)
		return Unknown
	case body+size > in.size:
		m.walk(in, body, in.size)
		return Cut
	}
	m.walk(in, body, body+size)
	return Whole
}

// walk visits elements up to the first cluster, where the pictures begin.
func (m *matroska) walk(in *input, offset, end int64) {
	in.walkElements(span{offset, end - offset}, &m.elements, func(id int64, body span) {
		switch id {
		case idDocType:
			m.docType = string(in.bytes(body, 16))
		case idTracks:
			m.tracks = true
			m.walk(in, body.offset, min(end, body.offset+body.length))
		case idTrackEntry:
			m.walk(in, body.offset, min(end, body.offset+body.length))
		case idTrackType:
			if b := in.bytes(body, 1); body.length == 1 && len(b) == 1 && b[0] == 1 {
				m.video = true
			}
		case idCodec:
			if b := in.bytes(body, 32); b != nil {
				m.codecs = append(m.codecs, strings.TrimRight(string(b), "\x00"))
			}
		}
	})
}

// walkElements visits the elements in a stretch of the file up to the first cluster or one of unknown size. It counts
// them in seen, and stops when they are too many.
func (in *input) walkElements(within span, seen *int, visit func(id int64, body span)) {
	for offset, end := within.offset, within.offset+within.length; offset < end && *seen < mostBoxes; {
		*seen++
		id, _, ok := vint(in, offset, true)
		body, size, sized := in.element(offset)
		if !ok || !sized || size == unknownSize || id == idCluster {
			return
		}
		visit(id, span{body, size})
		offset = body + size
	}
}

// element reads the header of the element at the offset: where its body starts and how long that is.
func (in *input) element(offset int64) (body, size int64, ok bool) {
	_, n, ok := vint(in, offset, true)
	if !ok {
		return 0, 0, false
	}
	size, k, ok := vint(in, offset+n, false)
	if !ok {
		return 0, 0, false
	}
	if size == 1<<(7*k)-1 {
		size = unknownSize
	}
	return offset + n + k, size, true
}

// vint reads a variable-length integer of 1 to 8 bytes; identifiers keep their length marker.
func vint(in *input, offset int64, keepMarker bool) (value, length int64, ok bool) {
	first, ok := in.read(offset, 1)
	if !ok || first[0] == 0 {
		return 0, 0, false
	}
	length = int64(bits.LeadingZeros8(first[0])) + 1
	b, ok := in.read(offset, int(length))
	if !ok {
		return 0, 0, false
	}
	value = int64(b[0])
	if !keepMarker {
		value &= 1<<(8-length) - 1
	}
	for _, c := range b[1:] {
		value = value<<8 | int64(c)
	}
	return value, length, value >= 0
}

// matroskaTags reads the elements that say where a film comes from.
type matroskaTags struct {
	*declarations
	in       *input
	elements int
	tag      string // the name of the tag being read
}

// declareMatroska leaves C2PA unread: its manifest would be an attachment, which may lie anywhere in the file.
func declareMatroska(in *input, d *declarations) {
	body, size, ok := in.element(0)
	if !ok || size == unknownSize {
		return
	}
	segment, size, ok := in.element(body + size)
	if !ok {
		return
	}
	if size == unknownSize || size > in.size-segment {
		size = in.size - segment
	}
	t := &matroskaTags{declarations: d, in: in}
	t.walk(span{segment, size})
}

func (t *matroskaTags) walk(within span) {
	t.in.walkElements(within, &t.elements, func(id int64, body span) {
		switch id {
		case idInfo, idTags, idTag, idSimpleTag:
			t.walk(span{body.offset, min(body.length, within.offset+within.length-body.offset)})
		case idMuxer, idWriter:
			t.program(t.text(body))
		case idDate:
			first(&t.written, since2001(t.in.bytes(body, 8)))
		case idTagName:
			t.tag = strings.ToLower(t.text(body))
		case idTagText:
			if t.tag == "encoder" || t.tag == "software" {
				t.program(t.text(body))
			}
		}
	})
}

func (t *matroskaTags) text(body span) string {
	return strings.TrimRight(string(t.in.bytes(body, 8*mostText)), "\x00")
}

// since2001 reads a date, in nanoseconds since 2001.
func since2001(b []byte) string {
	if len(b) < 8 {
		return ""
	}
	at := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(binary.BigEndian.Uint64(b)))
	return at.Format(time.RFC3339)
}
