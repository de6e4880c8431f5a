// Package container reads the outside of media files, in pure Go and without decoding anything: which family a file
// belongs to, whether it holds moving pictures, whether it ends where it says it does, and the size and orientation of
// photos.
//
// It stands before the native decoders as a gate: only files whose content is one of the families below reach them.
// Playlists, concatenation scripts, session descriptions and whatever else could name other files or the network do not.
// Names are never looked at. Files are hostile: every length read is bounded and no allocation follows one.
package container

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// Facts is what the outside of a file says.
type Facts struct {
	Kind   frames.Kind
	Family string // "mp4", "mov", "webm", "mkv", "avi", "gif", "mpegts", "mpeg", "flv", "asf", "ogg", "jpeg", "png", "webp"
	Codec  string // videos: as FFmpeg calls it, where the container is easier to ask than the decoder; else empty

	// Ending says whether the file holds everything its own lengths promise.
	Ending Ending
	// Counted is set when the container stores the number of its frames and not just a duration.
	Counted bool
	// Trimmed is set when an edit list hides a part of the stream, so that fewer frames are shown than stored.
	Trimmed bool

	Duration time.Duration // videos: time shown, 0 when the container was not asked

	Width, Height int         // photos: pixels as stored, before Orientation
	Orientation   Orientation // how to turn the pictures upright
}

// Ending tells how a file ends.
type Ending int

// The ways in which a file can end.
const (
	Unknown Ending = iota // the family has no lengths to check
	Whole                 // everything promised is there
	Cut                   // the file ends in the middle of something
)

// headSize is how much of a file's beginning is looked at to tell its family.
const headSize = 64 << 10

// Inspect reads the facts of a file of the given size. Its errors wrap frames.ErrNotMedia, frames.ErrNoVideo or an error
// of the reader.
func Inspect(file io.ReaderAt, size int64) (Facts, error) {
	if size == 0 {
		return Facts{}, fmt.Errorf("%w: the file is empty", frames.ErrNotMedia)
	}
	head := make([]byte, min(size, headSize))
	if _, err := file.ReadAt(head, 0); err != nil && err != io.EOF {
		return Facts{}, err
	}
	for _, known := range families() {
		if known.magic(head) {
			return known.inspect(&input{file: file, size: size, head: head})
		}
	}
	return Facts{}, fmt.Errorf("%w: not a known video or photo format", frames.ErrNotMedia)
}

// input is a file under inspection.
type input struct {
	file io.ReaderAt
	size int64
	head []byte // its first bytes, at most headSize
}

// read returns n bytes at an offset, or false when the file has fewer.
func (in *input) read(offset int64, n int) ([]byte, bool) {
	if offset < 0 || offset > in.size-int64(n) {
		return nil, false
	}
	if offset+int64(n) <= int64(len(in.head)) {
		return in.head[offset : offset+int64(n)], true
	}
	buf := make([]byte, n)
	_, err := io.ReadFull(io.NewSectionReader(in.file, offset, int64(n)), buf)
	return buf, err == nil
}

type family struct {
	magic   func(head []byte) bool
	inspect func(*input) (Facts, error)
}

// families lists what is let through, and the audio formats that deserve a better answer than "not media".
func families() []family {
	return []family{
		{starts("\xff\xd8\xff"), inspectJPEG},
		{starts("\x89PNG\r\n\x1a\n"), inspectPNG},
		{riff("WEBP"), inspectWebP},
		{starts("GIF87a", "GIF89a"), inspectGIF},
		{isBMFF, inspectBMFF},
		{starts("\x1a\x45\xdf\xa3"), inspectMatroska},
		{riff("AVI "), inspectAVI},
		{isTransportStream, video("mpegts")},
		{starts("\x00\x00\x01\xba"), video("mpeg")},
		{starts("FLV\x01"), video("flv")},
		{starts("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), video("asf")},
		{starts("OggS"), inspectOgg},
		{riff("WAVE"), audioOnly},
		{starts("ID3", "fLaC", "#!AMR", "FORM", "\xff\xf1", "\xff\xf9", "\xff\xfb", "\xff\xf3", "\xff\xf2"), audioOnly},
	}
}

func starts(magics ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, magic := range magics {
			if bytes.HasPrefix(head, []byte(magic)) {
				return true
			}
		}
		return false
	}
}

func riff(form string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == form
	}
}

// isTransportStream looks for the sync byte at the start of three packets of 188 bytes, or of 192 as cameras write them.
func isTransportStream(head []byte) bool {
	const sync = 0x47
	for _, packet := range []int{188, 192} {
		first := packet - 188
		if last := first + 2*packet; last < len(head) &&
			head[first] == sync && head[first+packet] == sync && head[last] == sync {
			return true
		}
	}
	return false
}

// video is the inspection of families whose lengths say nothing about their end.
func video(name string) func(*input) (Facts, error) {
	return func(*input) (Facts, error) { return Facts{Kind: frames.Video, Family: name}, nil }
}

func audioOnly(*input) (Facts, error) {
	return Facts{}, fmt.Errorf("%w: the file holds audio only", frames.ErrNoVideo)
}

func inspectOgg(in *input) (Facts, error) {
	for _, codec := range []string{"\x80theora", "OVP80", "BBCD\x00"} {
		if bytes.Contains(in.head, []byte(codec)) {
			return Facts{Kind: frames.Video, Family: "ogg"}, nil
		}
	}
	return audioOnly(in)
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

// inspectGIF: a whole GIF ends with a trailer of one byte.
func inspectGIF(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Video, Family: "gif", Codec: "gif", Ending: Cut}
	if last, ok := in.read(in.size-1, 1); ok && last[0] == 0x3b {
		facts.Ending = Whole
	}
	return facts, nil
}
