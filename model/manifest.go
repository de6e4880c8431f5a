package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Schema names the version of the manifest format.
const Schema = "blendscope.model/1"

// Task is what a model is for.
type Task string

// The tasks.
const (
	FaceDetection         Task = "face-detection"
	ForgeryClassification Task = "forgery-classification"
)

// Manifest describes one network: what goes in, what comes out and how far to trust it. It lies beside the weights as
// manifest.json. Everything the program knows about a network is here, nothing is built into the code.
type Manifest struct {
	Schema          string           `json:"schema"`
	Name            string           `json:"name"` // also the name of its folder
	Version         string           `json:"version"`
	Task            Task             `json:"task"`
	File            string           `json:"file"`   // the ONNX file, beside the manifest
	SHA256          string           `json:"sha256"` // of the ONNX file, 64 hexadecimal digits in lower case
	Licence         string           `json:"licence"`
	Input           Input            `json:"input"`
	Outputs         []Output         `json:"outputs"`
	Thresholds      *Thresholds      `json:"thresholds,omitempty"`  // detectors only
	Calibration     *Calibration     `json:"calibration,omitempty"` // classifiers only
	OperatingPoints []OperatingPoint `json:"operating_points,omitempty"`
	TrainedOn       []Source         `json:"trained_on,omitempty"`
	Card            string           `json:"card,omitempty"` // file with the model card, beside the manifest
	Golden          *Golden          `json:"golden,omitempty"`
}

// Input says how a picture becomes the network's input tensor, [batch, height, width, 3] or [batch, 3, height, width].
type Input struct {
	Name       string     `json:"name"`
	Layout     string     `json:"layout"` // NHWC or NCHW
	Color      string     `json:"color"`  // BGR or RGB
	DType      string     `json:"dtype"`  // uint8 or float32
	Width      int        `json:"width"`  // pixels; 0 with Height 0: any size that MultipleOf and LongSide allow
	Height     int        `json:"height"`
	MultipleOf int        `json:"multiple_of,omitempty"` // dynamic size: width and height are multiples of this
	LongSide   int        `json:"long_side,omitempty"`   // dynamic size: pictures are shrunk to this longest side, in pixels
	Alignment  string     `json:"alignment"`             // letterbox (detectors) or square (classifiers)
	CropScale  float64    `json:"crop_scale,omitempty"`  // square: side of the crop = CropScale * longer side of the face box
	Mean       [3]float64 `json:"mean"`                  // subtracted from values 0..255, in the order of Color
	Std        [3]float64 `json:"std"`                   // divided by afterwards
}

// The values of Input's enumerations.
const (
	NHWC      = "NHWC"
	NCHW      = "NCHW"
	BGR       = "BGR"
	RGB       = "RGB"
	Uint8     = "uint8"
	Float32   = "float32"
	Letterbox = "letterbox"
	Square    = "square"
)

// Dynamic reports whether the network takes pictures of different sizes.
func (in Input) Dynamic() bool { return in.Width == 0 && in.Height == 0 }

// Output names one output tensor and says what it means. All outputs are float32 and start with the batch dimension.
type Output struct {
	Name    string  `json:"name"`
	Meaning Meaning `json:"meaning"`
	// Fake is high when larger values speak for manipulation, low when they speak against it. For two classes, high
	// means that the second class is the manipulated one. Only for outputs that carry the verdict.
	Fake string `json:"fake,omitempty"`
}

// Meaning is what an output tensor holds.
type Meaning string

// The meanings. Shapes are without the batch dimension; a trailing or leading 1 is also accepted for scalars and maps.
const (
	MeaningLogit              Meaning = "logit"               // []: log odds
	MeaningProbability        Meaning = "probability"         // []: 0..1
	MeaningClassLogits        Meaning = "class_logits"        // [2]: one value per class before softmax
	MeaningClassProbabilities Meaning = "class_probabilities" // [2]: softmax over two classes
	MeaningBoundaryMap        Meaning = "boundary_map"        // [side, side]: probability of being composited here
	MeaningBoxes              Meaning = "boxes"               // [K, 4]: x1, y1, x2, y2 in input pixels
	MeaningScores             Meaning = "scores"              // [K]: 0..1
	MeaningLandmarks          Meaning = "landmarks"           // [K, 10]: five points x, y in input pixels
)

// The directions of Output.Fake.
const (
	High = "high"
	Low  = "low"
)

// Thresholds decide which of a detector's boxes are faces.
type Thresholds struct {
	Score  float64 `json:"score"`   // least score, 0..1
	NMSIoU float64 `json:"nms_iou"` // of two boxes that overlap more than this, the better one stays, 0..1
}

// OperatingPoint is a threshold on the calibrated probability with the error rates measured there.
type OperatingPoint struct {
	Name       string  `json:"name"`
	Threshold  float64 `json:"threshold"`
	FPR        float64 `json:"fpr"`
	TPR        float64 `json:"tpr"`
	MeasuredOn string  `json:"measured_on"`
}

// Source is material that the network was trained on.
type Source struct {
	Name    string `json:"name"`
	Licence string `json:"licence"`
}

// Golden is the network's answer to GoldenInput, written when it was exported.
type Golden struct {
	Shape     []int64                 `json:"shape"`     // of the input
	Tolerance float64                 `json:"tolerance"` // largest absolute difference
	Outputs   map[string]GoldenOutput `json:"outputs"`   // by output name
}

// GoldenOutput sums up one output tensor.
type GoldenOutput struct {
	Mean  float64   `json:"mean"`
	First []float64 `json:"first"` // up to the first eight values
}

// Output returns the output with one of the meanings and its position, or -1.
func (m Manifest) Output(meanings ...Meaning) (Output, int) {
	for i, o := range m.Outputs {
		for _, want := range meanings {
			if o.Meaning == want {
				return o, i
			}
		}
	}
	return Output{}, -1
}

// String is name@version, as results give it.
func (m Manifest) String() string { return m.Name + "@" + m.Version }

// ParseManifest reads a manifest strictly: an unknown, missing or impossible field is an ErrManifest that names it, as
// a misspelt field that is silently ignored would change scores.
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Manifest{}, fmt.Errorf("%w: something follows the closing brace", ErrManifest)
	}
	if err := m.Validate(); err != nil {
		return Manifest{}, err
	}
	return m, nil
}
