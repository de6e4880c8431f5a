package model

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxSide bounds the input pictures, in pixels, so that a manifest cannot ask for absurd amounts of memory.
const maxSide = 4096

// Validate checks every field and reports all that is wrong at once, as one ErrManifest.
func (m Manifest) Validate() error {
	var p problems
	p.want(m.Schema == Schema, "schema", "must be %q, is %q", Schema, m.Schema)
	p.want(regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`).MatchString(m.Name), "name",
		"must be 1 to 64 of a-z, 0-9, dot, dash and underscore, is %q", m.Name)
	p.want(m.Version != "", "version", "is missing")
	p.oneOf("task", string(m.Task), string(FaceDetection), string(ForgeryClassification))
	p.file("file", m.File)
	digest, err := hex.DecodeString(m.SHA256)
	p.want(err == nil && len(digest) == 32 && m.SHA256 == strings.ToLower(m.SHA256), "sha256",
		"must be 64 hexadecimal digits in lower case")
	p.want(m.Licence != "", "licence", "is missing")
	if m.Card != "" {
		p.file("card", m.Card)
	}
	m.Input.validate(&p, m.Task)
	m.validateOutputs(&p)
	switch m.Task {
	case FaceDetection:
		m.validateDetector(&p)
	case ForgeryClassification:
		m.validateClassifier(&p)
	}
	m.validateGolden(&p)
	if err := errors.Join(p...); err != nil {
		return fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return nil
}

func (in Input) validate(p *problems, task Task) {
	p.want(in.Name != "", "input.name", "is missing")
	p.oneOf("input.layout", in.Layout, NHWC, NCHW)
	p.oneOf("input.color", in.Color, BGR, RGB)
	p.oneOf("input.dtype", in.DType, Uint8, Float32)
	for i, v := range in.Std {
		p.want(finite(v) && v > 0, fmt.Sprintf("input.std[%d]", i), "must be above 0, is %v", v)
		p.want(finite(in.Mean[i]), fmt.Sprintf("input.mean[%d]", i), "must be finite")
	}
	if in.DType == Uint8 {
		p.want(in.Mean == [3]float64{} && in.Std == [3]float64{1, 1, 1}, "input.mean", "and std must be 0 and 1 with dtype uint8")
	}
	switch task {
	case FaceDetection:
		p.want(in.Alignment == Letterbox, "input.alignment", "must be %q for this task, is %q", Letterbox, in.Alignment)
		p.want(in.CropScale == 0, "input.crop_scale", "is only for alignment %q", Square)
	case ForgeryClassification:
		p.want(in.Alignment == Square, "input.alignment", "must be %q for this task, is %q", Square, in.Alignment)
		p.want(in.CropScale >= 0.5 && in.CropScale <= 4, "input.crop_scale", "must lie in [0.5, 4], is %v", in.CropScale)
		p.want(in.Width == in.Height && in.Width > 0, "input.width", "and height must be equal and above 0")
	}
	in.validateSize(p)
}

func (in Input) validateSize(p *problems) {
	if !in.Dynamic() {
		p.want(in.Width >= 8 && in.Width <= maxSide, "input.width", "must lie in [8, %d], is %d", maxSide, in.Width)
		p.want(in.Height >= 8 && in.Height <= maxSide, "input.height", "must lie in [8, %d], is %d", maxSide, in.Height)
		p.want(in.MultipleOf == 0 && in.LongSide == 0, "input.multiple_of", "and long_side are only for width and height 0")
		return
	}
	p.want(in.MultipleOf >= 1 && in.MultipleOf <= 256, "input.multiple_of", "must lie in [1, 256], is %d", in.MultipleOf)
	p.want(in.LongSide >= 64 && in.LongSide <= maxSide, "input.long_side", "must lie in [64, %d], is %d", maxSide, in.LongSide)
}

func (m Manifest) validateOutputs(p *problems) {
	p.want(len(m.Outputs) > 0, "outputs", "is missing")
	allowed := []Meaning{MeaningBoxes, MeaningScores, MeaningLandmarks}
	if m.Task == ForgeryClassification {
		allowed = append(slices.Clone(verdicts), MeaningBoundaryMap)
	}
	names, meanings := map[string]bool{}, map[Meaning]bool{}
	for i, o := range m.Outputs {
		at := fmt.Sprintf("outputs[%d]", i)
		p.want(o.Name != "" && !names[o.Name], at+".name", "is missing or used twice")
		p.want(slices.Contains(allowed, o.Meaning), at+".meaning", "must be one of %q for this task, is %q", allowed, o.Meaning)
		p.want(!meanings[o.Meaning], at+".meaning", "%q is used twice", o.Meaning)
		if slices.Contains(verdicts, o.Meaning) {
			p.oneOf(at+".fake", o.Fake, High, Low)
		} else {
			p.want(o.Fake == "", at+".fake", "is only for the output with the verdict")
		}
		names[o.Name], meanings[o.Meaning] = true, true
	}
}

func (m Manifest) validateDetector(p *problems) {
	for _, need := range []Meaning{MeaningBoxes, MeaningScores} {
		_, i := m.Output(need)
		p.want(i >= 0, "outputs", "lacks one with the meaning %q", need)
	}
	p.want(m.Calibration == nil, "calibration", "is only for classifiers")
	if m.Thresholds == nil {
		p.want(false, "thresholds", "is missing")
		return
	}
	p.share("thresholds.score", m.Thresholds.Score)
	p.share("thresholds.nms_iou", m.Thresholds.NMSIoU)
}

func (m Manifest) validateClassifier(p *problems) {
	carrying := 0
	for _, o := range m.Outputs {
		if slices.Contains(verdicts, o.Meaning) {
			carrying++
		}
	}
	p.want(carrying == 1, "outputs", "must have exactly one with a meaning of %q, has %d", verdicts, carrying)
	p.want(m.Thresholds == nil, "thresholds", "is only for detectors")
	for i, o := range m.OperatingPoints {
		at := fmt.Sprintf("operating_points[%d]", i)
		p.want(o.Name != "", at+".name", "is missing")
		p.share(at+".threshold", o.Threshold)
		p.share(at+".fpr", o.FPR)
		p.share(at+".tpr", o.TPR)
	}
	if m.Calibration == nil {
		p.want(false, "calibration", "is missing")
		return
	}
	p.oneOf("calibration.method", m.Calibration.Method, "platt")
	p.want(finite(m.Calibration.A) && m.Calibration.A > 0, "calibration.a", "must be above 0, is %v", m.Calibration.A)
	p.want(finite(m.Calibration.B), "calibration.b", "must be finite")
}

func (m Manifest) validateGolden(p *problems) {
	if m.Golden == nil {
		return
	}
	elements, err := count(m.Golden.Shape)
	p.want(err == nil && len(m.Golden.Shape) == 4 && elements > 0, "golden.shape", "must be four numbers above 0, is %v", m.Golden.Shape)
	p.want(m.Golden.Tolerance > 0 && m.Golden.Tolerance <= 1, "golden.tolerance", "must lie in (0, 1], is %v", m.Golden.Tolerance)
	p.want(len(m.Golden.Outputs) > 0, "golden.outputs", "is missing")
	for name, o := range m.Golden.Outputs {
		known := slices.ContainsFunc(m.Outputs, func(out Output) bool { return out.Name == name })
		p.want(known, "golden.outputs", "has %q, which is no output", name)
		p.want(len(o.First) > 0 && len(o.First) <= goldenFirst, "golden.outputs."+name+".first", "must hold 1 to %d values", goldenFirst)
	}
}

// verdicts are the meanings that carry the classifier's answer; a classifier has exactly one of them.
var verdicts = []Meaning{MeaningLogit, MeaningProbability, MeaningClassLogits, MeaningClassProbabilities}

// problems collects what is wrong, each as "field: what".
type problems []error

func (p *problems) want(ok bool, field, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf("field %s %s", field, fmt.Sprintf(format, args...)))
	}
}

func (p *problems) oneOf(field, value string, allowed ...string) {
	p.want(slices.Contains(allowed, value), field, "must be one of %q, is %q", allowed, value)
}

func (p *problems) share(field string, v float64) {
	p.want(v >= 0 && v <= 1, field, "must lie in [0, 1], is %v", v)
}

// file insists on a plain name: a manifest must not reach out of its folder.
func (p *problems) file(field, name string) {
	plain := name != "" && name == path.Base(name) && name != "." && name != ".." && !strings.ContainsAny(name, `\`+"\x00")
	p.want(plain, field, "must be a file name without folders, is %q", name)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
