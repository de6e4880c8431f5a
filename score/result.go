package score

// SchemaID names the version of the result contract. Fields are only added within a version; readers ignore unknown ones.
const SchemaID = "blendscope.result/1"

// Result is everything Blendscope says about one input. Every input named by the user gets exactly one. Its JSON form is
// described by result.schema.json beside this file.
type Result struct {
	Schema     string      `json:"schema"`
	Tool       Tool        `json:"tool"`
	Models     []ModelRef  `json:"models"`
	Runtime    Runtime     `json:"runtime"`
	Settings   Settings    `json:"settings"`
	Input      Input       `json:"input"`
	Outcome    Outcome     `json:"outcome"`
	Tracks     []Track     `json:"tracks"`
	Segments   []Segment   `json:"segments"`
	Timeline   []Moment    `json:"timeline,omitempty"`
	Quality    Quality     `json:"quality"`
	Limits     []Limit     `json:"limits"`
	Provenance *Provenance `json:"provenance,omitempty"`
	Timing     Timing      `json:"timing"` // the only fields that may differ between runs
}

// Tool is the program that made the result.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

// ModelRef pins the weights that were used.
type ModelRef struct {
	Task    string `json:"task"`
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// Runtime tells what really ran, not what was asked for.
type Runtime struct {
	ProviderRequested string `json:"provider_requested"`
	ProviderUsed      string `json:"provider_used"`
	Device            string `json:"device"`
	ONNXRuntime       string `json:"onnxruntime"`
	OpenCV            string `json:"opencv"`
}

// Settings are the choices that change the answer.
type Settings struct {
	AllFrames     bool       `json:"all_frames"`
	SampleFPS     float64    `json:"sample_fps,omitempty"`      // frames per second of presentation time, absent with all_frames
	MaxFaces      int        `json:"max_faces,omitempty"`       // most faces scored per frame
	MaxDurationMS int64      `json:"max_duration_ms,omitempty"` // of presentation time examined; absent without a limit
	Detector      string     `json:"detector"`                  // name@version
	Detection     string     `json:"detection,omitempty"`       // Sparse; absent where faces were looked for in every scored frame
	Classifier    string     `json:"classifier"`                // name@version
	Aggregation   string     `json:"aggregation"`               // name/version of the aggregator
	Thresholds    Thresholds `json:"thresholds"`
}

// Thresholds are the lower ends of the bands above weak.
type Thresholds struct {
	Moderate   float64 `json:"moderate"`
	Strong     float64 `json:"strong"`
	VeryStrong float64 `json:"very_strong"`
}

// Input is the file as it was found. Path is as given; bytes that are not UTF-8 are replaced.
type Input struct {
	Path          string  `json:"path"`
	SHA256        string  `json:"sha256,omitempty"`
	Bytes         int64   `json:"bytes"`
	Kind          string  `json:"kind,omitempty"` // video or image
	Container     string  `json:"container,omitempty"`
	Codec         string  `json:"codec,omitempty"`
	Width         int     `json:"width,omitempty"`
	Height        int     `json:"height,omitempty"`
	Rotation      int     `json:"rotation"`
	FPS           float64 `json:"fps,omitempty"`
	DurationMS    int64   `json:"duration_ms,omitempty"`
	ExaminedMS    int64   `json:"examined_ms,omitempty"` // time of the last frame that was looked at; only where the rest was not
	FramesDecoded int     `json:"frames_decoded"`
	FramesScored  int     `json:"frames_scored"` // sampled frames that faces were looked for in, or interpolated to
	Truncated     bool    `json:"truncated"`
}

// Status is one of four states; every input ends in exactly one.
type Status string

// The four states.
const (
	Scored        Status = "scored"         // the number stands
	Inconclusive  Status = "inconclusive"   // scored, but too little or too poor evidence to lean on
	NotApplicable Status = "not_applicable" // nothing here that this tool judges
	Failed        Status = "error"          // the input could not be examined
)

// Outcome is the verdict on the whole input.
type Outcome struct {
	Status   Status      `json:"status"`
	Score    *float64    `json:"score,omitempty"`    // calibrated probability of manipulation in [0.01, 0.99]; with scored, and with inconclusive unless no face was usable
	Interval *[2]float64 `json:"interval,omitempty"` // 95 % interval of Score
	Logit    *float64    `json:"logit,omitempty"`    // pooled log odds before calibration; present with Score
	Band     Band        `json:"band,omitempty"`
	Wording  string      `json:"wording"`
	Reasons  []Reason    `json:"reasons"`
	Detail   string      `json:"detail,omitempty"` // for people: what went wrong, in one line
}

// Track is one face followed through one shot.
type Track struct {
	ID           int         `json:"id"` // from 1, in order of appearance
	FirstMS      int64       `json:"first_ms"`
	LastMS       int64       `json:"last_ms"`
	Faces        int         `json:"faces"` // scored faces
	Score        float64     `json:"score"`
	Interval     [2]float64  `json:"interval"`
	MedianFacePx float64     `json:"median_face_px"` // longer side of the box
	Evidence     []BestFrame `json:"evidence"`       // strongest first, at most five
}

// BestFrame is a moment worth looking at.
type BestFrame struct {
	TMS   int64      `json:"t_ms"`
	Frame int        `json:"frame"`
	Score float64    `json:"score"`
	Box   [4]float64 `json:"box"`           // x, y, w, h in upright frame pixels
	Map   *HeatMap   `json:"map,omitempty"` // where the face looks composited; nil when the classifier does not tell
}

// HeatMap is a Map as results carry it. It covers the classifier's crop: the square around the centre of Box whose side
// is CropScale times the box's longer side.
type HeatMap struct {
	Side      int     `json:"side"`       // Values has Side x Side cells
	CropScale float64 `json:"crop_scale"` // of the classifier
	Values    string  `json:"values"`     // base64 of one byte a cell, row-major from the top left: 255 is a probability of 1
}

// Segment is a sustained stretch that speaks for a manipulation: one that stands out of its track beyond chance and is
// read as moderate or more, or the part above the moderate threshold of a track that is strong as a whole.
type Segment struct {
	Track   int     `json:"track"`
	StartMS int64   `json:"start_ms"`
	EndMS   int64   `json:"end_ms"`
	Score   float64 `json:"score"`
}

// Moment is one scored frame.
type Moment struct {
	TMS   int64        `json:"t_ms"`
	Frame int          `json:"frame"`
	Faces []MomentFace `json:"faces"`
}

// MomentFace is one face of a moment.
type MomentFace struct {
	Track   int        `json:"track"`           // 0 when the face belongs to no track that was kept
	Box     [4]float64 `json:"box"`             // x, y, w, h in upright frame pixels
	Score   float64    `json:"score"`           // smoothed over the moments beside it and calibrated
	Logit   *float64   `json:"logit,omitempty"` // the classifier's own log odds, neither smoothed nor calibrated; absent when not finite, and from OnMoment
	Quality float64    `json:"quality"`         // 0 unusable .. 1 good
	Map     Map        `json:"-"`               // where the face looks composited; given to Options.OnMoment only
}

// Quality sums up how much there was to judge.
type Quality struct {
	UsableFaceShare float64 `json:"usable_face_share"` // share of scored frames with a usable face
	MedianFacePx    float64 `json:"median_face_px"`
	Sharpness       float64 `json:"sharpness"`   // median over faces, 0 blurred .. 1 sharp
	Compression     float64 `json:"compression"` // median blockiness over faces, 0 none .. 1 heavy
	BadScores       int     `json:"bad_scores"`  // faces left out because the classifier gave no finite number
}

// Provenance is what the file declares about itself, kept apart from the score and not verified: anybody can write it, and
// most programs wipe it. Texts are one line of bounded length.
type Provenance struct {
	C2PA               string   `json:"c2pa"`                           // present, absent or unread
	DeclaredSourceType string   `json:"declared_source_type,omitempty"` // IPTC's, such as trainedAlgorithmicMedia; comma between several
	Software           []string `json:"software,omitempty"`             // programs, encoders and muxers that left their names
	Device             string   `json:"device,omitempty"`               // maker and model of the camera
	Created            string   `json:"created,omitempty"`              // when it was taken, as written there
}

// Timing is wall-clock time spent, in milliseconds. Stages overlap, so they add up to more than the total.
type Timing struct {
	DecodeMS   int64 `json:"decode_ms"`
	DetectMS   int64 `json:"detect_ms"`
	ClassifyMS int64 `json:"classify_ms"`
	TotalMS    int64 `json:"total_ms"`

	Queues Queues `json:"-"` // for who measures the pipeline
}

// Queues say how many pieces of work waited for a stage on average, each time it took one: near 0 the stage before sets
// the pace, near the bound the stage itself or one after it.
type Queues struct {
	Detect, Classify           float64 // frames, and frames with their crops
	DetectBound, ClassifyBound int
}
