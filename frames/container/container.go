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
	"fmt"
	"io"
	"time"

	"github.com/blendscope/blendscope/frames"
)

// Facts is what the outside of a file says.
type Facts struct {
	Kind   frames.Kind
	Family string // "mp4", "mov", "webm", "mkv", "avi", "gif", "mpegts", "mpeg", "flv", "asf", "ogg", "jpeg", "png", "webp", "bmp"
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

// Inspect reads the facts of a file of the given size. Its errors wrap frames.ErrNotMedia, frames.ErrUnsupported,
// frames.ErrNoVideo, frames.ErrBadGeometry or an error of the reader.
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

// mostTaken bounds what is read of the blocks of metadata in one file.
const mostTaken = 32 << 20

// input is a file under inspection.
type input struct {
	file  io.ReaderAt
	size  int64
	head  []byte // its first bytes, at most headSize
	taken int64  // by bytes
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

// span is a stretch of a file, as its lengths have it; it may reach beyond the end.
type span struct{ offset, length int64 }

// bytes is the beginning of a stretch, at most so many bytes of it; nil when the file ends before that, or when a file
// that repeats itself has been read enough.
func (in *input) bytes(s span, most int64) []byte {
	n := min(s.length, most)
	if in.taken += n; n < 0 || in.taken > mostTaken {
		return nil
	}
	b, _ := in.read(s.offset, int(n))
	return b
}

type family struct {
	magic   func(head []byte) bool
	inspect func(*input) (Facts, error)
	declare func(*input, *declarations) // nil where nobody reads what such a file declares
}

// families lists what is let through, and the audio formats that deserve a better answer than "not media".
func families() []family {
	return []family{
		{starts("\xff\xd8\xff"), inspectJPEG, declareJPEG},
		{starts("\x89PNG\r\n\x1a\n"), inspectPNG, declarePNG},
		{riff("WEBP"), inspectWebP, declareRIFF},
		{starts("GIF87a", "GIF89a"), inspectGIF, nil},
		{isBMFF, inspectBMFF, declareBMFF},
		{starts("\x1a\x45\xdf\xa3"), inspectMatroska, declareMatroska},
		{riff("AVI "), inspectAVI, declareRIFF},
		{isTransportStream, video("mpegts"), nil},
		{starts("\x00\x00\x01\xba"), video("mpeg"), nil},
		{starts("FLV\x01"), video("flv"), nil},
		{starts("\x30\x26\xb2\x75\x8e\x66\xcf\x11"), video("asf"), nil},
		{starts("OggS"), inspectOgg, nil},
		{isBMP, inspectBMP, nil},
		{starts("II*\x00", "MM\x00*", "II+\x00", "IIRO", "IIU\x00"), refuse("TIFF and raw photos"), nil},
		{starts("\x00\x00\x00\x0cjP  ", "\xff\x4f\xff\x51"), refuse("JPEG 2000 photos"), nil},
		{starts("\x00\x00\x00\x0cJXL ", "\xff\x0a"), refuse("JPEG XL photos"), nil},
		{starts("8BPS"), refuse("Photoshop documents"), nil},
		{starts("%PDF-"), refuse("PDF documents"), nil},
		{riff("WAVE"), audioOnly, nil},
		{starts("ID3", "fLaC", "#!AMR", "FORM", "\xff\xf1", "\xff\xf9", "\xff\xfb", "\xff\xf3", "\xff\xf2"), audioOnly, nil},
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

// refuse is the inspection of families that people have and that are not read.
func refuse(what string) func(*input) (Facts, error) {
	return func(*input) (Facts, error) { return Facts{}, unsupported(what) }
}

func unsupported(what string) error {
	return fmt.Errorf("%w: %s are not read; score a copy saved as JPEG or PNG, at full size and high quality, and keep the original", frames.ErrUnsupported, what)
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

// inspectGIF: a whole GIF ends with a trailer of one byte.
func inspectGIF(in *input) (Facts, error) {
	facts := Facts{Kind: frames.Video, Family: "gif", Codec: "gif", Ending: Cut}
	if last, ok := in.read(in.size-1, 1); ok && last[0] == 0x3b {
		facts.Ending = Whole
	}
	return facts, nil
}
