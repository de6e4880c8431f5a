package supervise

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

// version is that of the protocol, in every frame's first byte. Parent and child are the same binary, so there is one.
const version = 1

// kind says what a frame is about.
type kind byte

// The kinds of frames. A child is told to start once, then to score one file after another. Or it is told to show one
// file; see the kinds of previews.
const (
	kindStart  kind = 'S' // to the child: start, its first frame
	kindScore  kind = 'C' // to the child: task
	kindCancel kind = 'X' // to the child: end what is being done; no body
	kindHello  kind = 'H' // from the child: hello, its first frame
	kindAbout  kind = 'A' // from the child: engine.About, when the engine has started
	kindFailed kind = 'F' // from the child: failure, when it has not
	kindOpened kind = 'O' // from the child: frames.Info
	kindMoment kind = 'M' // from the child: moment
	kindBeat   kind = 'B' // from the child: it gets on; no body
	kindResult kind = 'R' // from the child: score.Result, which ends the file
)

// most is how long a body of the kind may be. A result carries a timeline: two hours of every frame take some 30 MB.
func (k kind) most() int {
	switch k {
	case kindStart, kindScore, kindHello, kindAbout, kindFailed, kindOpened, kindMoment, kindShow, kindSeek, kindEnd:
		return 4 << 20
	case kindPicture:
		return mostPicture
	case kindResult:
		return 512 << 20
	case kindCancel, kindBeat, kindNext, kindSought:
		return 0
	}
	return -1
}

// start tells a child what to be.
type start struct {
	Config  engine.Config
	Devices bool // see sandbox.Plan
}

// hello is how a child introduces itself.
type hello struct {
	Tool        score.Tool
	Protections []sandbox.Protection // what it does not have, beside what its parent took away
}

// failure is an error with its advice and exit code, to be told as if it had happened in the parent.
type failure struct {
	Text, Hint string
	Code       exit.Code
	Sort       string // of sorts; empty for others
}

// sorts are the errors that callers tell apart.
func sorts() map[string]error {
	return map[string]error{
		"not media": frames.ErrNotMedia, "no video": frames.ErrNoVideo, "geometry": frames.ErrBadGeometry, "unsupported": frames.ErrUnsupported,
		"not found": fs.ErrNotExist, "permission": fs.ErrPermission, "canceled": context.Canceled,
	}
}

func failureOf(err error) failure {
	f := failure{Text: err.Error()}
	for name, sort := range sorts() {
		if errors.Is(err, sort) {
			f.Sort = name
		}
	}
	_, f.Hint = exit.Message(err)
	if code := exit.Of(err); code != exit.CouldNotRun {
		f.Code = code
	}
	return f
}

func (f failure) err() error {
	return &exit.Error{Code: f.Code, Hint: f.Hint, Err: told{f.Text, sorts()[f.Sort]}}
}

// told is an error in the words of another process.
type told struct {
	text string
	sort error
}

func (t told) Error() string { return t.text }

func (t told) Unwrap() error { return t.sort }

// task is one file to score.
type task struct {
	Path    []byte        // bytes, since a file's name need not be text
	Limit   time.Duration // of time; 0 means none
	Moments bool          // somebody watches
	Maps    bool          // with the faces' maps
}

// moment is a score.Moment with what its own JSON leaves out: a map for each face.
type moment struct {
	score.Moment
	Maps []bitmap `json:",omitempty"`
}

// bitmap is a model.Map as the bits of its values, little-endian: they need not be finite, which JSON numbers must be.
type bitmap struct {
	Side int
	Bits []byte
}

func newBitmap(m model.Map) bitmap {
	b := bitmap{Side: m.Side}
	for _, v := range m.Values {
		b.Bits = binary.LittleEndian.AppendUint32(b.Bits, math.Float32bits(v))
	}
	return b
}

func (b bitmap) unpack() model.Map {
	m := model.Map{Side: b.Side}
	for bits := b.Bits; len(bits) >= 4; bits = bits[4:] {
		m.Values = append(m.Values, math.Float32frombits(binary.LittleEndian.Uint32(bits)))
	}
	return m
}

func newMoment(m score.Moment, maps bool) moment {
	out := moment{Moment: m}
	for i := range m.Faces {
		if maps {
			out.Maps = append(out.Maps, newBitmap(m.Faces[i].Map))
		}
	}
	return out
}

func (m moment) unpack() score.Moment {
	for i := range m.Faces {
		if i < len(m.Maps) {
			m.Faces[i].Map = m.Maps[i].unpack()
		}
	}
	return m.Moment
}

// errProtocol is wrapped by what is wrong with a frame: the other side is not what it should be.
var errProtocol = errors.New("protocol error")

// headerSize is version, kind and the body's length in four bytes, big-endian.
const headerSize = 6

// write sends a frame in one piece. A nil body is an empty one.
func write(w io.Writer, k kind, body any) error {
	data := make([]byte, headerSize, 256)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		data = append(data, text...)
	}
	return writeRaw(w, k, data)
}

// writeRaw sends data, in which room is left for the header.
func writeRaw(w io.Writer, k kind, data []byte) error {
	size := len(data) - headerSize
	if size > k.most() {
		return fmt.Errorf("%w: %d bytes in a frame %q", errProtocol, size, k)
	}
	data[0], data[1] = version, byte(k)
	binary.BigEndian.PutUint32(data[2:], uint32(size))
	_, err := w.Write(data)
	return err
}

// frame is what has been read. Its body is JSON, or empty; of a picture, see picture.
type frame struct {
	kind kind
	body []byte
}

// believed is how long a picture may be that memory is taken for before it has come: one of 4K.
const believed = 25 << 20

// read takes one frame. It ends with io.EOF between two frames. Memory is taken as bytes arrive, not as they are promised,
// but for pictures of usual sizes, which come many times a second.
func read(r io.Reader) (frame, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, err
	}
	k, size := kind(header[1]), binary.BigEndian.Uint32(header[2:])
	switch {
	case header[0] != version:
		return frame{}, fmt.Errorf("%w: version %d, want %d", errProtocol, header[0], version)
	case k.most() < 0:
		return frame{}, fmt.Errorf("%w: a frame of the unknown kind %q", errProtocol, k)
	case int64(size) > int64(k.most()):
		return frame{}, fmt.Errorf("%w: %d bytes in a frame %q", errProtocol, size, k)
	}
	var body bytes.Buffer
	if k == kindPicture && size <= believed {
		body.Grow(int(size) + bytes.MinRead) // or it would grow at its end
	}
	if n, err := io.CopyN(&body, r, int64(size)); err != nil {
		return frame{}, fmt.Errorf("%w: %d of %d bytes: %w", errProtocol, n, size, noEOF(err))
	}
	return frame{k, body.Bytes()}, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// decode reads a body.
func decode[T any](f frame) (v T, err error) {
	if err := json.Unmarshal(f.body, &v); err != nil {
		return v, fmt.Errorf("%w: frame %q: %w", errProtocol, f.kind, err)
	}
	return v, nil
}
