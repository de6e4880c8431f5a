package supervise

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/blendscope/blendscope/cmd/internal/engine"
	"github.com/blendscope/blendscope/cmd/internal/engine/enginetest"
	"github.com/blendscope/blendscope/cmd/internal/env"
	"github.com/blendscope/blendscope/cmd/internal/sandbox"
	"github.com/blendscope/blendscope/frames"
)

func platform(t *testing.T) Platform {
	t.Helper()
	if !sandbox.Supported {
		t.Skip("processes cannot be supervised here")
	}
	world, _ := env.Test()
	return New(enginetest.Platform{}, world).Unattended()
}

func clip(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPreviewShowsWhatTheOtherShows(t *testing.T) {
	path := clip(t, "score 0.5\nframes 9")
	both := [2]engine.Preview{}
	for i, p := range []engine.Platform{platform(t), enginetest.Platform{}} {
		v, err := p.Preview(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		both[i] = v
	}
	if both[0].Info() != both[1].Info() {
		t.Errorf("%+v, want %+v", both[0].Info(), both[1].Info())
	}
	for {
		got, gotErr := both[0].Next(t.Context())
		want, wantErr := both[1].Next(t.Context())
		if gotErr != nil || wantErr != nil {
			if gotErr != io.EOF || wantErr != io.EOF {
				t.Errorf("%v, want %v", gotErr, wantErr)
			}
			break
		}
		if got.Index != want.Index || got.PTS != want.PTS || got.Image.Width != want.Image.Width || !bytes.Equal(got.Image.Pix, want.Image.Pix) {
			t.Errorf("frame %d at %v, want %d at %v", got.Index, got.PTS, want.Index, want.PTS)
		}
		got.Release()
		want.Release()
	}
	f, err := engine.At(t.Context(), both[0], 120*time.Millisecond)
	if err != nil || f.PTS != 120*time.Millisecond {
		t.Errorf("%v, %v", f, err)
	}
}

func TestPreviewTellsErrorsApart(t *testing.T) {
	p := platform(t)
	for path, want := range map[string]error{clip(t, "text"): frames.ErrNotMedia, filepath.Join(t.TempDir(), "gone"): fs.ErrNotExist} {
		if _, err := p.Preview(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	truncated := &frames.TruncatedError{Decoded: 3, Expected: 4}
	var back *frames.TruncatedError
	if err := endOf(truncated).err(); !errors.As(err, &back) || *back != *truncated {
		t.Errorf("%v", err)
	}
}

func TestPreviewOfAProcessThatDies(t *testing.T) {
	v, err := platform(t).Preview(t.Context(), clip(t, "score 0.5"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	c := v.(*preview).child
	if err := syscall.Kill(c.cmd.Process.Pid, syscall.SIGSEGV); err != nil {
		t.Fatal(err)
	}
	<-c.gone
	for range 2 {
		if _, err := v.Next(t.Context()); !errors.Is(err, errUnwell) {
			t.Errorf("err = %v", err)
		}
	}
}

// Who gives up waiting leaves the answer to be passed over.
func TestPreviewGoesOnAfterACancel(t *testing.T) {
	v, err := platform(t).Preview(t.Context(), clip(t, "score 0.5\nframes 5"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f, err := v.Next(ctx); err == nil {
		f.Release() // it was quicker
	} else if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := v.Seek(t.Context(), 80*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	f, err := v.Next(t.Context())
	if err != nil || f.PTS != 80*time.Millisecond {
		t.Errorf("%v, %v", f, err)
	}
}

func TestPicturesMustBeWhole(t *testing.T) {
	image := frames.NewImage(3, 2)
	image.Pix[5] = 7
	wide := frames.Image{Pix: make([]byte, 40), Width: 3, Height: 2, Stride: 20} // with gaps
	wide.Pix[20] = 9
	for _, m := range []frames.Image{image, wide} {
		body := packPicture(nil, frames.NewFrame(4, time.Second, m, nil))[headerSize:]
		f, err := unpackPicture(body)
		if err != nil || f.Index != 4 || f.PTS != time.Second || f.Image.Width != 3 || f.Image.Height != 2 {
			t.Fatalf("%+v, %v", f, err)
		}
		if f.Image.Pix[9] != m.Pix[m.Stride] || f.Image.Pix[5] != m.Pix[5] {
			t.Error("pixels have moved")
		}
		for _, n := range []int{0, pictureHeader - 1, pictureHeader, len(body) - 1} {
			if _, err := unpackPicture(body[:n]); !errors.Is(err, errProtocol) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	}
}
