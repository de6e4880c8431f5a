package exhibit

import (
	"context"
	"encoding/base64"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// clip shows a frame every 40 ms, whose every byte is the frame's number. It counts what was asked of it.
type clip struct {
	count, next, seeks int
	width, height      int
	held               int // frames not yet released
}

func (c *clip) Info() frames.Info { return frames.Info{} }
func (c *clip) Close() error      { return nil }

func (c *clip) Seek(_ context.Context, t time.Duration) error {
	c.seeks++
	c.next = int((t + 39*time.Millisecond) / (40 * time.Millisecond))
	return nil
}

func (c *clip) Next(context.Context) (*frames.Frame, error) {
	if c.next >= c.count {
		return nil, io.EOF
	}
	m := frames.NewImage(c.width, c.height)
	for i := range m.Pix {
		m.Pix[i] = byte(c.next)
	}
	c.held++
	c.next++
	return frames.NewFrame(c.next-1, time.Duration(c.next-1)*40*time.Millisecond, m, func() { c.held-- }), nil
}

func best(ms int64) score.BestFrame {
	return score.BestFrame{TMS: ms, Box: [4]float64{10, 10, 20, 30}}
}

func TestChooseTakesTheStrongestFacesFirst(t *testing.T) {
	tracks := []score.Track{
		{ID: 1, Score: 0.2, Evidence: []score.BestFrame{best(0), best(40)}},
		{ID: 2, Score: 0.9, Evidence: []score.BestFrame{best(80), best(120), best(160)}},
		{ID: 3, Score: 0.5},
		{ID: 4, Score: 0.5, Evidence: []score.BestFrame{best(200)}},
	}
	var got [][2]int
	for _, m := range Choose(tracks, Limits{Faces: 3, PerFace: 2}) {
		got = append(got, [2]int{m.Track, m.Rank})
	}
	if want := [][2]int{{2, 0}, {2, 1}, {4, 0}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = nil
	for _, m := range Choose(tracks, Limits{Total: 4}) {
		got = append(got, [2]int{m.Track, m.Rank})
	}
	if want := [][2]int{{2, 0}, {2, 1}, {4, 0}, {1, 0}}; !slices.Equal(got, want) {
		t.Errorf("got %v of four, want %v", got, want)
	}
	if all := Choose(tracks, Limits{}); len(all) != 6 {
		t.Errorf("%d moments without limits, want 6", len(all))
	}
}

func TestTakeShowsTheFrameOfTheMoment(t *testing.T) {
	c := &clip{count: 10, width: 100, height: 50}
	moments := []Moment{{1, 0, best(120)}, {2, 0, best(40)}, {1, 1, best(40)}, {1, 2, best(41)}, {1, 3, best(4000)}}
	var seen []int64
	for p, err := range Take(t.Context(), c, moments, Limits{}) {
		seen = append(seen, p.Best.TMS)
		if p.Best.TMS%40 != 0 || p.Best.TMS > 400 {
			if !errors.Is(err, ErrOtherMoment) || p.Frame != nil {
				t.Errorf("%d ms: err = %v", p.Best.TMS, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := int64(p.Crop.Pix[0]); got != p.Best.TMS/40 || p.Frame.Pix[0] != p.Crop.Pix[0] {
			t.Errorf("%d ms: the picture is of frame %d", p.Best.TMS, got)
		}
		if p.Frame.Rect != image.Rect(0, 0, 100, 50) || p.Crop.Rect != image.Rect(0, 0, 42, 42) {
			t.Errorf("frame %v, crop %v", p.Frame.Rect, p.Crop.Rect)
		}
	}
	if !slices.Equal(seen, []int64{40, 40, 41, 120, 4000}) || c.seeks != 4 || c.held != 0 {
		t.Errorf("times %v, %d seeks, %d frames not released", seen, c.seeks, c.held)
	}
}

func TestTakeStops(t *testing.T) {
	c := &clip{count: 10, width: 100, height: 50}
	for range Take(t.Context(), c, []Moment{{1, 0, best(0)}, {1, 1, best(40)}}, Limits{}) {
		break
	}
	if c.held != 0 {
		t.Error("a frame is not released")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range Take(ctx, c, []Moment{{1, 0, best(0)}, {1, 1, best(40)}}, Limits{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	}
}

func TestSidesAreBounded(t *testing.T) {
	c := &clip{count: 1, width: 4001, height: 1500}
	wide := best(0)
	wide.Box = [4]float64{100, 100, 900, 800}
	for p, err := range Take(t.Context(), c, []Moment{{1, 0, wide}}, Limits{FrameSide: 640, CropSide: 320}) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Frame.Rect.Size() != image.Pt(640, 240) || p.Crop.Rect.Size() != image.Pt(320, 320) {
			t.Errorf("frame %v, crop %v", p.Frame.Rect, p.Crop.Rect)
		}
		if marked := p.Marked(); marked.RGBAAt(16, 80) == p.Frame.RGBAAt(16, 80) || marked.RGBAAt(80, 80) != p.Frame.RGBAAt(80, 80) {
			t.Error("the box is not around the face")
		}
	}
}

func TestResultsFromAFileMayBeNonsense(t *testing.T) {
	c := &clip{count: 1, width: 100, height: 50}
	values := base64.StdEncoding.EncodeToString(make([]byte, 4))
	for name, bad := range map[string]score.BestFrame{
		"no size":       {Box: [4]float64{10, 10, 0, 0}},
		"outside":       {Box: [4]float64{200, 10, 10, 10}},
		"huge":          {Box: [4]float64{0, 0, 1e9, 1e9}},
		"short map":     {Box: best(0).Box, Map: &score.HeatMap{Side: 3, CropScale: 1, Values: values}},
		"negative side": {Box: best(0).Box, Map: &score.HeatMap{Side: -2, CropScale: 1, Values: values}},
		"not base64":    {Box: best(0).Box, Map: &score.HeatMap{Side: 2, CropScale: 1, Values: "<b>"}},
		"huge crop":     {Box: best(0).Box, Map: &score.HeatMap{Side: 2, CropScale: 1e6, Values: values}},
		"before":        {TMS: -4000, Box: best(0).Box},
	} {
		for p, err := range Take(t.Context(), c, []Moment{{1, 0, bad}}, Limits{}) {
			if err == nil || p.Frame != nil {
				t.Errorf("%s: err = %v", name, err)
			}
		}
	}
}

func TestCropRepeatsTheBorder(t *testing.T) {
	m := frames.NewImage(4, 4)
	for i := range m.Pix {
		m.Pix[i] = byte(i / 3) // the pixel's number
	}
	part, err := square(m, [4]float64{-2, -2, 4, 4}, 2)
	if err != nil {
		t.Fatal(err)
	}
	crop := shrink(m, part, 0)
	at := func(x, y int) byte { return crop.RGBAAt(x, y).R }
	if crop.Rect.Dx() != 8 || at(0, 0) != 0 || at(4, 4) != 0 || at(5, 4) != 1 || at(7, 7) != 15 {
		t.Errorf("%v, pixels %v", crop.Rect, crop.Pix)
	}
	if small := shrink(m, part, 2); small.Rect.Dx() != 2 || small.RGBAAt(0, 0).R != 0 || small.RGBAAt(1, 1).R < 5 {
		t.Errorf("%v, pixels %v", small.Rect, small.Pix)
	}
}

func TestMap(t *testing.T) {
	m, err := ReadMap(&score.HeatMap{Side: 2, CropScale: 1, Values: base64.StdEncoding.EncodeToString([]byte{0, 255, 0, 255})})
	if err != nil {
		t.Fatal(err)
	}
	if m.Most() != 1 || m.Mean() != 0.5 || m.at(0.25, 0.5) != 0 || m.at(0.5, 0.5) != 0.5 || m.at(1, 1) != 1 {
		t.Errorf("map %+v", m)
	}
	p := Picture{Crop: image.NewRGBA(image.Rect(0, 0, 40, 40)), Map: m}
	over := p.Overlay()
	if left, right := over.RGBAAt(0, 20), over.RGBAAt(39, 20); left != p.Crop.RGBAAt(0, 20) && left.R != 0 || right.R < 150 {
		t.Errorf("left %v, right %v", left, right)
	}
	if (&Picture{Crop: p.Crop}).Overlay() != nil {
		t.Error("an overlay without a map")
	}
	last := Legend(256, 1).RGBAAt(255, 0)
	if first := Legend(256, 1).RGBAAt(0, 0); first.R < 120 || first.R > 130 || last.G < 150 {
		t.Errorf("legend from %v to %v", first, last)
	}
}

func TestCheckKnowsTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "clip")
	if err := os.WriteFile(name, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if err := Check(t.Context(), name, sum); err != nil {
		t.Error(err)
	}
	if err := Check(t.Context(), name, sum[:63]+"0"); !errors.Is(err, ErrOtherFile) {
		t.Errorf("err = %v", err)
	}
}
