package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/blendscope/blendscope/score"
)

// SchemaID names the version of the report. Fields are only added within a version; readers ignore unknown ones.
const SchemaID = "blendscope.bench/1"

// Report is one measurement of one clip.
type Report struct {
	Schema   string           `json:"schema"`
	Tool     score.Tool       `json:"tool"`
	Machine  Machine          `json:"machine"`
	Runtime  score.Runtime    `json:"runtime"`
	Models   []score.ModelRef `json:"models"`
	Settings Settings         `json:"settings"`
	Clip     Clip             `json:"clip"`
	Rows     []Row            `json:"rows"`
	Overlaps []Overlap        `json:"overlaps,omitempty"`
	Earlier  *Earlier         `json:"earlier,omitempty"` // with --compare
}

// Machine is what it ran on.
type Machine struct {
	CPU   string `json:"cpu,omitempty"`
	Cores int    `json:"cores"` // that Go may use
	OS    string `json:"os"`
	Arch  string `json:"arch"`
}

// thisMachine describes the one the process runs on.
func thisMachine() Machine {
	return Machine{CPU: processor(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS, Arch: runtime.GOARCH}
}

// Settings are the choices that change the figures.
type Settings struct {
	Runs        int     `json:"runs"`
	WarmUp      int     `json:"warm_up_runs"` // per stage, not counted
	SampleFPS   float64 `json:"sample_fps"`   // of the sampled stages
	Threads     int     `json:"threads"`      // of one inference; 0 means one per two cores
	BatchFrames int     `json:"batch_frames"` // per call of the detector
	BatchFaces  int     `json:"batch_faces"`  // per call of the classifier
}

// Clip is what was measured on.
type Clip struct {
	Path          string  `json:"path,omitempty"`
	Generated     bool    `json:"generated"` // a test picture without a face
	Bytes         int64   `json:"bytes"`
	Container     string  `json:"container"`
	Codec         string  `json:"codec"`
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	FPS           float64 `json:"fps"`
	Seconds       float64 `json:"seconds"` // that were measured; 0 for a photo
	FacesPerFrame float64 `json:"faces_per_frame"`
}

// Spread is the median over the runs, the lowest and the highest.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Relative is half the range, as a share of the median.
func (s Spread) Relative() float64 { return (s.High - s.Low) / 2 / s.Median }

// Row is one stage. Figures other than Seconds and PerSecond are medians over the runs.
type Row struct {
	Stage      Stage     `json:"stage"`
	Unit       string    `json:"unit"` // what the items are: frames or faces
	Runs       int       `json:"runs"`
	Items      int       `json:"items"`              // per run; of the sampled stages all frames that went by
	Examined   int       `json:"examined,omitempty"` // frames per run that were looked at for faces
	Seconds    Spread    `json:"seconds"`            // per run
	PerSecond  Spread    `json:"per_second"`
	RealTime   float64   `json:"real_time,omitempty"` // seconds of the clip per second
	CPUSeconds float64   `json:"cpu_seconds"`         // of all threads, per run
	Cores      float64   `json:"cores"`               // CPU seconds per second
	Allocs     float64   `json:"allocs_per_item"`     // on Go's heap
	AllocBytes float64   `json:"alloc_bytes_per_item"`
	CopyBytes  float64   `json:"copied_bytes_per_item"` // of pictures: frames from the decoder, crops cut out, crops put into batches
	PeakBytes  int64     `json:"peak_bytes"`            // of the process's memory while the stage ran
	Busy       *Busy     `json:"busy,omitempty"`        // of the pipeline's stages
	Queues     *Queues   `json:"queues,omitempty"`      // between them
	Compared   *Compared `json:"compared,omitempty"`
}

// Busy is the share of the time during which each stage of the pipeline was at work, or waited for a core. Stages
// overlap, so the shares may add up to more than 1.
type Busy struct {
	Decode   float64 `json:"decode"`
	Detect   float64 `json:"detect"`
	Classify float64 `json:"classify"` // cropping, too
}

// Queues are the mean numbers of frames that waited for a stage when it took one, and the most that could.
type Queues struct {
	Detect        float64 `json:"detect"`
	DetectBound   int     `json:"detect_bound"`
	Classify      float64 `json:"classify"`
	ClassifyBound int     `json:"classify_bound"`
}

// Overlap sets the pipeline on the file against its two halves, measured alone on the same frames in the same run.
type Overlap struct {
	Stage     Stage   `json:"stage"`
	Seconds   float64 `json:"seconds"`
	Decode    float64 `json:"decode_seconds"`
	Inference float64 `json:"inference_seconds"`
	// OfSlower is the speed as a share of that of the slower half: 1 where the other half costs nothing.
	OfSlower float64 `json:"of_slower"`
	// OfCores is the speed as a share of what the cores allow when none is ever idle: the CPU time of both halves, spread
	// over all cores. Where both halves want all cores, it is this that cannot exceed 1, and OfSlower stays below.
	OfCores float64 `json:"of_cores"`
}

func (r *Report) row(s Stage) *Row {
	for i := range r.Rows {
		if r.Rows[i].Stage == s {
			return &r.Rows[i]
		}
	}
	return nil
}

// overlap adds the comparison of whole with decode and the inference of as many frames, when all three were measured.
func (r *Report) overlap(whole, decode, inference Stage) {
	w, d, i := r.row(whole), r.row(decode), r.row(inference)
	if w == nil || d == nil || i == nil {
		return
	}
	share := float64(w.Examined) / float64(max(1, i.Items))
	o := Overlap{Stage: whole, Seconds: w.Seconds.Median, Decode: d.Seconds.Median, Inference: float64(w.Examined) / i.PerSecond.Median}
	o.OfSlower = max(o.Decode, o.Inference) / o.Seconds
	o.OfCores = (d.CPUSeconds + i.CPUSeconds*share) / float64(r.Machine.Cores) / o.Seconds
	r.Overlaps = append(r.Overlaps, o)
}

// Earlier is the report that this one is compared with.
type Earlier struct {
	Path    string     `json:"path"`
	Tool    score.Tool `json:"tool"`
	Differs []string   `json:"differs"` // what else is different: machine, clip and the like
}

// Compared is a row against the same row of an earlier report.
type Compared struct {
	Ratio  float64 `json:"ratio"`         // of the rates, this one over the earlier one
	Within bool    `json:"within_spread"` // the runs of the two overlap: the difference may be chance
}

// ReadReport reads the JSON form.
func ReadReport(from io.Reader) (*Report, error) {
	var r Report
	if err := json.NewDecoder(from).Decode(&r); err != nil {
		return nil, fmt.Errorf("not a report of bench: %w", err)
	}
	if r.Schema != SchemaID {
		return nil, fmt.Errorf("not a report of bench: its schema is %q instead of %q", r.Schema, SchemaID)
	}
	return &r, nil
}

// Compare adds to every row the ratio to the same row of an earlier report, which was read from path.
func (r *Report) Compare(path string, earlier *Report) {
	r.Earlier = &Earlier{Path: path, Tool: earlier.Tool, Differs: r.differences(earlier)}
	for i := range r.Rows {
		row := &r.Rows[i]
		was := earlier.row(row.Stage)
		if was == nil || was.PerSecond.Median <= 0 {
			continue
		}
		row.Compared = &Compared{
			Ratio:  row.PerSecond.Median / was.PerSecond.Median,
			Within: row.PerSecond.Low <= was.PerSecond.High && was.PerSecond.Low <= row.PerSecond.High,
		}
	}
}

// differences lists what besides the program may explain another speed.
func (r *Report) differences(e *Report) []string {
	differs := []string{}
	mine, others := r.Clip, e.Clip
	mine.Path, others.Path = "", ""
	mine.FacesPerFrame, others.FacesPerFrame = math.Round(mine.FacesPerFrame), math.Round(others.FacesPerFrame)
	settings, earlier := r.Settings, e.Settings
	settings.Runs, settings.WarmUp = earlier.Runs, earlier.WarmUp
	for _, d := range []struct {
		is   bool
		what string
	}{
		{r.Machine != e.Machine, "machine"},
		{r.Runtime != e.Runtime, "libraries or device"},
		{fmt.Sprint(r.Models) != fmt.Sprint(e.Models), "models"},
		{mine != others, "clip"},
		{settings != earlier, "settings"},
	} {
		if d.is {
			differs = append(differs, d.what)
		}
	}
	return differs
}
