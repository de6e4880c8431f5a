package modeltest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/model"
)

// FakeDetector finds faces without a network. It keeps the promises of score.Detector.
type FakeDetector struct {
	Find  func(*frames.Frame) []frames.Face // nil: CentralFace
	Delay time.Duration                     // per call; ends early with the context
	Err   error                             // answered in place of faces, when set
}

// Detect asks Find about every frame.
func (d *FakeDetector) Detect(ctx context.Context, batch []*frames.Frame) ([][]frames.Face, error) {
	if err := pause(ctx, d.Delay); err != nil {
		return nil, err
	}
	if d.Err != nil {
		return nil, d.Err
	}
	find := d.Find
	if find == nil {
		find = CentralFace
	}
	found := make([][]frames.Face, len(batch))
	for i, f := range batch {
		found[i] = slices.Clone(find(f))
		slices.SortStableFunc(found[i], func(a, b frames.Face) int {
			return int(b.Box.Area()) - int(a.Box.Area())
		})
	}
	return found, nil
}

// CentralFace is one face in the middle of the frame, half as wide and as high.
func CentralFace(f *frames.Frame) []frames.Face {
	w, h := float32(f.Image.Width), float32(f.Image.Height)
	return []frames.Face{{
		Box: frames.Box{X: w / 4, Y: h / 4, W: w / 2, H: h / 2}, Score: 0.9,
		Landmarks: [5]frames.Point{{X: .4 * w, Y: .4 * h}, {X: .6 * w, Y: .4 * h}, {X: .5 * w, Y: .5 * h}, {X: .42 * w, Y: .6 * h}, {X: .58 * w, Y: .6 * h}},
	}}
}

// FakeClassifier scores crops without a network. It keeps the promises of score.Classifier.
type FakeClassifier struct {
	Size  int                                    // of the crops in pixels; 0: 32
	Judge func(crop frames.Image) model.Evidence // nil: BrightIsFake
	Delay time.Duration                          // per call; ends early with the context
	Err   error                                  // answered in place of evidence, when set
}

// Cut copies the faces' squares, 1.4 times the box.
func (c *FakeClassifier) Cut(frame *frames.Frame, faces []frames.Face) ([]frames.Image, error) {
	size := c.Size
	if size == 0 {
		size = 32
	}
	crops := make([]frames.Image, len(faces))
	for i, f := range faces {
		x0, y0, side := frames.SquareCrop(f.Box, 1.4)
		crops[i] = frames.NewImage(size, size)
		if err := (Resampler{}).Crop(crops[i], frame.Image, x0, y0, side); err != nil {
			return nil, err
		}
	}
	return crops, nil
}

// Classify asks Judge about every crop.
func (c *FakeClassifier) Classify(ctx context.Context, crops []frames.Image) ([]model.Evidence, error) {
	if err := pause(ctx, c.Delay); err != nil {
		return nil, err
	}
	if c.Err != nil {
		return nil, c.Err
	}
	judge := c.Judge
	if judge == nil {
		judge = BrightIsFake
	}
	evidence := make([]model.Evidence, len(crops))
	for i, crop := range crops {
		evidence[i] = judge(crop)
	}
	return evidence, nil
}

// BrightIsFake gives a logit from -4 for a black crop to 4 for a white one, and no map.
func BrightIsFake(crop frames.Image) model.Evidence {
	sum := 0
	for y := range crop.Height {
		for _, v := range crop.Pix[y*crop.Stride:][:3*crop.Width] {
			sum += int(v)
		}
	}
	return model.Evidence{Logit: 8 * (float64(sum)/float64(3*crop.Width*crop.Height)/255 - 0.5)}
}

// Resampler takes the nearest pixel. It has the geometry of frames/opencv's but not its filters.
type Resampler struct{}

var _ model.Resampler = Resampler{}

// Crop copies a square; outside src its border repeats.
func (Resampler) Crop(dst, src frames.Image, x0, y0, side int) error {
	if side <= 0 || src.Empty() || x0 >= src.Width || y0 >= src.Height || x0+side <= 0 || y0+side <= 0 {
		return fmt.Errorf("square %d,%d,%d lies outside the %dx%d picture", x0, y0, side, src.Width, src.Height)
	}
	sample(dst, src, dst.Width, dst.Height, x0, y0, side, side)
	return nil
}

// Fit scales src into the top left of dst and blackens the rest.
func (Resampler) Fit(dst, src frames.Image, width, height int) error {
	if width > dst.Width || height > dst.Height || src.Empty() {
		return fmt.Errorf("%dx%d does not fit into %dx%d", width, height, dst.Width, dst.Height)
	}
	for y := range dst.Height {
		clear(dst.Pix[y*dst.Stride:][:3*dst.Width])
	}
	sample(dst, src, width, height, 0, 0, src.Width, src.Height)
	return nil
}

// sample paints the first width x height pixels of dst with the region of src that starts at x0, y0.
func sample(dst, src frames.Image, width, height, x0, y0, regionW, regionH int) {
	for y := range height {
		sy := min(max(y0+(2*y+1)*regionH/(2*height), 0), src.Height-1)
		for x := range width {
			sx := min(max(x0+(2*x+1)*regionW/(2*width), 0), src.Width-1)
			copy(dst.Pix[y*dst.Stride+3*x:][:3], src.Pix[sy*src.Stride+3*sx:])
		}
	}
}
