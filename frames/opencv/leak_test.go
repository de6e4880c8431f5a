//go:build matprofile

package opencv

import (
	"bytes"
	"context"
	"testing"

	"github.com/blendscope/blendscope/frames"
	"gocv.io/x/gocv"
)

// Every Mat is closed once, however a source ends: read to its end or left early, whole or broken, with frames released
// before Close, after it, or twice. gocv counts its Mats only under a build tag of its own:
//
//	go test -tags gocv_specific_modules,gocv_videoio,matprofile -run TestNoMatLeaks ./frames/opencv
func TestNoMatLeaks(t *testing.T) {
	before := gocv.MatProfile.Count()
	for _, name := range []string{
		"clips/portrait.mp4", "clips/truncated.mp4", "clips/rotated.mp4", "clips/audio-only.m4a",
		"photos/portrait.jpg", "photos/orientation6.jpg",
	} {
		for _, most := range []int{0, 1, 20, 1000} {
			readSome(t, testdata(name), most)
		}
	}
	dst, src := frames.NewImage(32, 32), noise(100, 80, 3)
	for _, x0 := range []int{10, -10, 500} {
		if err := (Resampler{}).Crop(dst, src, x0, 3, 40); err != nil {
			t.Error(err)
		}
	}
	if err := (Resampler{}).Fit(dst, src, 20, 16); err != nil {
		t.Error(err)
	}
	_ = (Resampler{}).Fit(dst, frames.Image{}, 20, 16)
	if leaked := gocv.MatProfile.Count() - before; leaked != 0 {
		var where bytes.Buffer
		_ = gocv.MatProfile.WriteTo(&where, 1)
		t.Errorf("%d Mats leaked:\n%s", leaked, where.String())
	}
}

func readSome(t *testing.T, path string, most int) {
	t.Helper()
	source, err := NewOpener().Open(context.Background(), path, frames.Sampling{})
	if err != nil {
		return
	}
	var held []*frames.Frame
	for range most {
		frame, err := source.Next(context.Background())
		if err != nil {
			break
		}
		if held = append(held, frame); len(held) > idleMats+2 {
			held[0].Release()
			held = held[1:]
		}
	}
	if err := source.Close(); err != nil {
		t.Error(err)
	}
	for _, frame := range held {
		frame.Release()
		frame.Release()
	}
}
