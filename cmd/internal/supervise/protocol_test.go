package supervise

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/blendscope/blendscope/cmd/internal/exit"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score"
)

func TestFramesComeThrough(t *testing.T) {
	var pipe bytes.Buffer
	path := []byte("caf\xe9\n.mp4") // not text
	for _, send := range []func() error{
		func() error { return write(&pipe, kindScore, task{Path: path}) },
		func() error { return write(&pipe, kindBeat, nil) },
	} {
		if err := send(); err != nil {
			t.Fatal(err)
		}
	}
	in := iotest.OneByteReader(&pipe)
	first, err := read(in)
	if err != nil || first.kind != kindScore {
		t.Fatalf("%v, %v", first, err)
	}
	if got, err := decode[task](first); err != nil || !bytes.Equal(got.Path, path) {
		t.Errorf("%q, %v", got.Path, err)
	}
	if second, err := read(in); err != nil || second.kind != kindBeat || len(second.body) != 0 {
		t.Errorf("%v, %v", second, err)
	}
	if _, err := read(in); err != io.EOF {
		t.Errorf("err = %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"another version": {"\x02B\x00\x00\x00\x00", "version 2"},
		"unknown kind":    {"\x01?\x00\x00\x00\x00", "unknown kind"},
		"body of a beat":  {"\x01B\x00\x00\x00\x01x", "1 bytes in a frame"},
		"too long":        {"\x01R\xff\xff\xff\xff", "4294967295 bytes"},
		"cut header":      {"\x01R\x00", "unexpected EOF"},
		"cut body":        {"\x01R\x00\x00\x00\x05{}", "2 of 5 bytes"},
	} {
		_, err := read(strings.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := decode[score.Result](frame{kindResult, []byte("{")}); !errors.Is(err, errProtocol) {
		t.Errorf("err = %v", err)
	}
}

// A promise of half a gigabyte costs nothing until it is kept.
func TestReadTakesMemoryAsItArrives(t *testing.T) {
	header := "\x01R\x1f\xff\xff\xff"
	if n := testing.AllocsPerRun(10, func() { _, _ = read(strings.NewReader(header)) }); n > 20 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzRead(f *testing.F) {
	for _, k := range []kind{kindStart, kindScore, kindCancel, kindHello, kindAbout, kindFailed, kindOpened, kindMoment, kindBeat, kindResult} {
		var pipe bytes.Buffer
		body := any(struct{}{})
		if k.most() == 0 {
			body = nil
		}
		if err := write(&pipe, k, body); err != nil {
			f.Fatal(err)
		}
		f.Add(pipe.Bytes())
	}
	f.Add([]byte("\x01R\x00\x00\x00\x05{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.NewReader(data)
		for {
			left := in.Len()
			got, err := read(in)
			if err != nil {
				return
			}
			if left-in.Len() != headerSize+len(got.body) || len(got.body) > got.kind.most() {
				t.Fatalf("%d bytes read for a body of %d", left-in.Len(), len(got.body))
			}
			_, _ = decode[score.Result](got)
			if m, err := decode[moment](got); err == nil {
				m.unpack()
			}
		}
	})
}

func TestMomentsKeepTheirMaps(t *testing.T) {
	odd := []float32{0.1, float32(math.NaN()), float32(math.Inf(1)), 0}
	m := score.Moment{TMS: 40, Frame: 1, Faces: []score.MomentFace{{Track: 1, Map: model.Map{Side: 2, Values: odd}}, {Track: 2}}}
	for _, maps := range []bool{false, true} {
		var pipe bytes.Buffer
		if err := write(&pipe, kindMoment, newMoment(m, maps)); err != nil {
			t.Fatal(err)
		}
		f, err := read(&pipe)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode[moment](f)
		if err != nil {
			t.Fatal(err)
		}
		back := got.unpack()
		same := back.Faces[0].Map.Side == 2 && slices.EqualFunc(back.Faces[0].Map.Values, odd, func(a, b float32) bool {
			return math.Float32bits(a) == math.Float32bits(b)
		})
		if same != maps || back.TMS != 40 || back.Faces[1].Track != 2 {
			t.Errorf("maps %t: %+v", maps, back)
		}
	}
}

func TestFailuresKeepTheirAdvice(t *testing.T) {
	err := failureOf(exit.Hint(exit.With(exit.Usage, io.ErrNoProgress), "try again")).err()
	text, hint := exit.Message(err)
	if text != io.ErrNoProgress.Error() || hint != "try again" || exit.Of(err) != exit.Usage {
		t.Errorf("%q, %q, %v", text, hint, exit.Of(err))
	}
}
