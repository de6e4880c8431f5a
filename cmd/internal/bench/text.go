package bench

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
)

const textColumns = 80

// Text writes the report for people, at most 80 columns wide.
func (r *Report) Text(w io.Writer) error {
	var b strings.Builder
	r.head(&b)
	r.table(&b)
	r.foot(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func paragraph(b *strings.Builder, format string, args ...any) {
	for _, line := range output.Wrap(output.Printable(fmt.Sprintf(format, args...)), textColumns) {
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// head says what was measured on what.
func (r *Report) head(b *strings.Builder) {
	c := r.Clip
	name := output.Shorten(filepath.Base(c.Path), textColumns/2)
	if c.Generated {
		name = "generated test picture"
	}
	length := "photo"
	if c.Seconds > 0 {
		length = fmt.Sprintf("%s frames/s, %s s", number(c.FPS), number(c.Seconds))
	}
	paragraph(b, "%s: %s, %dx%d, %s", name, c.Codec, c.Width, c.Height, length)
	paragraph(b, "%s, %d cores; %s, ONNX Runtime %s, OpenCV %s", orWord(r.Machine.CPU, r.Machine.Arch), r.Machine.Cores,
		r.Runtime.ProviderUsed, r.Runtime.ONNXRuntime, r.Runtime.OpenCV)
	paragraph(b, "median of %d runs after %d to warm up; +/- is half their range", r.Settings.Runs, r.Settings.WarmUp)
	b.WriteString("\n")
}

func orWord(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// label is the stage in words.
func (s Settings) label(stage Stage) string {
	label := strings.TrimSuffix(string(stage), "-sampled")
	sampled := label != string(stage)
	label = strings.ReplaceAll(label, "-", " ")
	if sampled {
		label += ", " + number(s.SampleFPS) + "/s"
	}
	return label
}

// number has no more decimals than it needs, and at most two.
func number(v float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(v, 'f', 2, 64), "0"), ".")
}

func (r *Report) table(b *strings.Builder) {
	const format = "%-15s %7s %-8s %5s %6s %5s %6s %6s %6s"
	line := func(compared string, cells ...any) {
		b.WriteString(strings.TrimRight(fmt.Sprintf(format, cells...)+" "+compared, " ") + "\n")
	}
	heading := ""
	if r.Earlier != nil {
		heading = "  RATIO"
	}
	line(heading, "STAGE", "RATE", "", "+/-", "xTIME", "CORES", "ALLOCS", "HEAP", "PEAK")
	for _, row := range r.Rows {
		realTime, compared := "", ""
		if row.RealTime > 0 {
			realTime = fmt.Sprintf("%.1fx", row.RealTime)
		}
		if row.Compared != nil {
			compared = fmt.Sprintf("%6.2f", row.Compared.Ratio)
			if row.Compared.Within {
				compared += "~"
			}
		}
		line(compared, r.Settings.label(row.Stage), fmt.Sprintf("%.1f", row.PerSecond.Median), row.Unit+"/s",
			percent(row.PerSecond.Relative()), realTime, fmt.Sprintf("%.2f", row.Cores),
			fmt.Sprintf("%.0f", row.Allocs), size(row.AllocBytes), size(float64(row.PeakBytes)))
	}
	b.WriteString("\n")
}

func percent(v float64) string { return fmt.Sprintf("%.0f%%", 100*v) }

// size writes bytes in four characters or so.
func size(bytes float64) string {
	unit := 0
	for ; bytes >= 999.5 && unit < 3; unit++ {
		bytes /= 1000
	}
	return fmt.Sprintf("%.0f%s", bytes, []string{"B", "kB", "MB", "GB"}[unit])
}

// copied names the stages that copy pictures, and how many bytes.
func (r *Report) copied() string {
	var stages []string
	for _, row := range r.Rows {
		if row.CopyBytes > 0 {
			stages = append(stages, r.Settings.label(row.Stage)+" "+size(row.CopyBytes))
		}
	}
	return strings.Join(stages, "; ")
}

// foot explains and concludes.
func (r *Report) foot(b *strings.Builder) {
	paragraph(b, "xTIME: seconds of the clip per second. CORES: CPU seconds per second. ALLOCS, HEAP: on Go's heap for each frame or face. PEAK: the process's memory.")
	if copied := r.copied(); copied != "" {
		paragraph(b, "Copied for each frame or face: %s.", copied)
	}
	if r.row(Detect) != nil || r.row(Classify) != nil || r.row(Inference) != nil {
		switch {
		case r.Clip.FacesPerFrame > 0:
			paragraph(b, "Faces in a frame: %s. Detect, classify and inference work on frames in memory.", number(r.Clip.FacesPerFrame))
		default:
			paragraph(b, "There is no face in the clip: classify was measured on patches of the picture, and the other stages had nothing to classify. Name a clip with a face to measure these.")
		}
	}
	for _, o := range r.Overlaps {
		label := r.Settings.label(o.Stage)
		busy, queues := r.row(o.Stage).Busy, r.row(o.Stage).Queues
		b.WriteString("\n")
		paragraph(b, "%s: %s of the slower half alone (decode %.2f s, inference %.2f s, together %.2f s); %s of what %d cores allow for both.",
			label, percent(o.OfSlower), o.Decode, o.Inference, o.Seconds, percent(o.OfCores), r.Machine.Cores)
		if busy != nil {
			paragraph(b, "Of that time decode was busy %s, detect %s, classify %s.", percent(busy.Decode), percent(busy.Detect), percent(busy.Classify))
		}
		if queues != nil {
			paragraph(b, "Waiting on average: %s of at most %d frames to be looked at, %s of %d to be classified.",
				number(queues.Detect), queues.DetectBound, number(queues.Classify), queues.ClassifyBound)
		}
	}
	if r.Earlier != nil {
		b.WriteString("\n")
		paragraph(b, "RATIO: rate over that in %s; ~ where the runs of the two overlap.", r.Earlier.Path)
		if len(r.Earlier.Differs) > 0 {
			paragraph(b, "Not the same in both: %s.", strings.Join(r.Earlier.Differs, ", "))
		}
	}
}
