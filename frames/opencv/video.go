package opencv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/frames/container"
	"gocv.io/x/gocv"
)

// orientationAuto is CAP_PROP_ORIENTATION_AUTO, which gocv does not name: whether OpenCV turns pictures upright.
const orientationAuto gocv.VideoCaptureProperties = 49

// mostFailures is how many grabs in a row may fail before the stream is taken to have ended: damage makes a few fail, the
// end makes all of them.
const mostFailures = 100

// video decodes a clip sequentially. Frames that are not sampled are decoded but never converted or copied.
type video struct {
	capture  *gocv.VideoCapture
	file     *os.File // kept open: the decoder reads it under its descriptor's name
	facts    container.Facts
	info     frames.Info
	sampling frames.Sampling
	sampler  *frames.Sampler
	clock    clock
	mats     pool
	count    int // frames decoded
	lost     int // grabs that failed and were followed by one that did not
	ended    error
	pending  *position // of a frame that a seek has grabbed and Next has not taken
	jumped   bool      // frames were passed over: count is not the number of the next
}

func openVideo(file *os.File, facts container.Facts, sampling frames.Sampling) (*Source, error) {
	capture, err := gocv.VideoCaptureFileWithAPI(descriptorName(file), gocv.VideoCaptureFFmpeg)
	if err != nil {
		_ = capture.Close()
		return nil, fmt.Errorf("%w: FFmpeg can not decode this %s file", frames.ErrNotMedia, facts.Family)
	}
	capture.Set(orientationAuto, 0) // we turn them: OpenCV 4.6 turns quarter turns the wrong way
	info := probe(capture, facts)
	if info.Width <= 0 || info.Height <= 0 || info.Width > mostVideoPixels/info.Height {
		_ = capture.Close()
		return nil, fmt.Errorf("%w: video of %dx%d pixels", frames.ErrBadGeometry, info.Width, info.Height)
	}
	v := &video{capture: capture, file: file, facts: facts, info: info, sampling: sampling, sampler: sampling.Sampler()}
	v.clock.step = interval(info.FPS)
	return &Source{info: info, decoder: v}, nil
}

// descriptorName is a name for an open file that no demuxer can misread: a path given by somebody may look like a URL, an
// option or an image sequence, and may lead elsewhere by the time it is opened again.
func descriptorName(file *os.File) string {
	return fmt.Sprintf("/proc/self/fd/%d", file.Fd())
}

func (v *video) next(ctx context.Context) (*frames.Frame, error) {
	for v.ended == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, ok := v.advance()
		if !ok {
			v.ended = v.ending()
			break
		}
		if !v.sampler.Take(p.pts) {
			continue
		}
		frame, err := v.retrieve(p.index, p.pts)
		if errors.Is(err, errNoPicture) {
			v.lost++
			continue
		}
		if err != nil {
			v.ended = err
			break
		}
		return frame, nil
	}
	return nil, v.ended
}

// position is where a grabbed frame stands.
type position struct {
	index int
	pts   time.Duration
}

// advance decodes one frame, unless a seek has left one.
func (v *video) advance() (position, bool) {
	if p := v.pending; p != nil {
		v.pending = nil
		return *p, true
	}
	if !v.grab() {
		return position{}, false
	}
	index := v.count
	v.count++
	if v.jumped {
		index = max(1, index) // the clock starts at the clip's first frame, not here
	}
	p := position{index, v.clock.at(index, v.capture.Get(gocv.VideoCapturePosMsec))}
	if v.jumped {
		p.index = int(math.Round(p.pts.Seconds() * v.info.FPS))
	}
	return p, true
}

// grab decodes one frame, skipping over damage.
func (v *video) grab() bool {
	before := v.capture.Get(gocv.VideoCapturePosFrames)
	for failures := range mostFailures {
		if err := v.capture.Grab(1); err != nil {
			return false
		}
		if v.capture.Get(gocv.VideoCapturePosFrames) != before {
			v.lost += failures
			return true
		}
	}
	return false
}

// errNoPicture: the decoder counted a frame but has no picture for it.
var errNoPicture = errors.New("no picture")

// retrieve converts the grabbed frame to BGR in a pooled Mat and wraps its memory.
func (v *video) retrieve(index int, pts time.Duration) (*frames.Frame, error) {
	mat := v.mats.get()
	if !v.capture.Retrieve(&mat) || mat.Empty() {
		v.mats.put(mat)
		return nil, errNoPicture
	}
	image, err := v.image(&mat)
	if err != nil {
		v.mats.put(mat)
		return nil, err
	}
	return frames.NewFrame(index, pts, image, func() { v.mats.put(mat) }), nil
}

func (v *video) image(mat *gocv.Mat) (frames.Image, error) {
	if width, height := mat.Cols(), mat.Rows(); width > mostVideoPixels/height {
		return frames.Image{}, fmt.Errorf("%w: frame of %dx%d pixels", frames.ErrBadGeometry, width, height)
	}
	return upright(mat, v.facts.Orientation, &v.mats)
}

// ending tells a clean end from a stream that broke.
func (v *video) ending() error {
	if v.jumped {
		return io.EOF
	}
	if v.facts.Ending == container.Cut || v.lost > 0 || v.short() {
		return &frames.TruncatedError{Decoded: v.count, Expected: v.info.FrameCount}
	}
	return io.EOF
}

// short reports whether clearly fewer frames came than were promised. Containers lie within limits: the number is exact
// in a whole file with an index, but a few frames at the start may lack their references; elsewhere it is an estimate
// from duration and rate, which a variable frame rate makes worthless, so the last timestamp may vouch for the end.
func (v *video) short() bool {
	expected := v.info.FrameCount
	if v.count == 0 {
		return true
	}
	if v.facts.Ending == container.Whole && !v.facts.Trimmed && v.facts.Counted {
		return v.count < expected-expected/100-2
	}
	if v.facts.Ending == container.Whole {
		return false
	}
	shown := v.clock.last + v.clock.step
	return v.count < expected-expected/20-2 && shown < v.info.Duration-v.info.Duration/20
}

func (v *video) decoded() int { return v.count }

func (v *video) close() error {
	if v.capture == nil {
		return nil
	}
	err := v.capture.Close()
	v.capture, v.ended = nil, os.ErrClosed
	v.mats.close()
	return errors.Join(err, v.file.Close())
}
