package container

import (
	"math/bits"
	"strings"

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
	body, size, ok := m.header(in, 0)
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
	body, size, ok := m.header(in, offset)
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
	for offset < end && m.elements < mostBoxes {
		m.elements++
		id, _, ok := vint(in, offset, true)
		body, size, sized := m.header(in, offset)
		if !ok || !sized || size == unknownSize || id == idCluster {
			return
		}
		switch id {
		case idDocType:
			if b, ok := in.read(body, int(min(size, 16))); ok {
				m.docType = string(b)
			}
		case idTracks:
			m.tracks = true
			m.walk(in, body, min(end, body+size))
		case idTrackEntry:
			m.walk(in, body, min(end, body+size))
		case idTrackType:
			if b, ok := in.read(body, 1); ok && size == 1 && b[0] == 1 {
				m.video = true
			}
		case idCodec:
			if b, ok := in.read(body, int(min(size, 32))); ok {
				m.codecs = append(m.codecs, strings.TrimRight(string(b), "\x00"))
			}
		}
		offset = body + size
	}
}

// header reads the element at the offset: where its body starts and how long that is.
func (m *matroska) header(in *input, offset int64) (body, size int64, ok bool) {
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
