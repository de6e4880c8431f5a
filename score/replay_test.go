package score

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/blendscope/blendscope/frames/track"
	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/score/metrics"
)

// What a change of the rules is worth can be measured without scoring clips again:
//
//	blendscope scan --timeline --format json -o results.json CLIPS
//	go test ./score -run Recorded -v -results $PWD/results.json -labels $PWD/labels.tsv
var (
	recordedResults = flag.String("results", "", "results with timelines, as scan writes them; one or more files parted by commas")
	recordedLabels  = flag.String("labels", "", "their labels, one or more files parted by commas: file, label, start_ms, end_ms, parted by tabs")
	recordedPairs   = flag.String("pairs", "", "names of genuine and fake files that show the same (testdata/compose/pairs.tsv)")
	recordedModel   = flag.String("manifest", "../models/standard/manifest.json", "manifest of the classifier that scored them, for its calibration")
)

// recorded is the record that a result's timeline was made from, but for what a timeline does not have.
func recorded(r Result) *record {
	out := &record{}
	hits := make([]int, len(r.Tracks)+1)
	for _, m := range r.Timeline {
		for _, f := range m.Faces {
			face := faceRecord{track: int32(f.Track), logit: float32(math.NaN()), quality: float32(f.Quality)}
			for i, v := range f.Box {
				face.box[i] = float32(v)
			}
			if f.Logit != nil {
				face.logit = float32(*f.Logit)
			}
			hits[f.Track]++
			out.faces = append(out.faces, face)
		}
		out.frames = append(out.frames, frameRecord{pts: time.Duration(m.TMS) * time.Millisecond, index: m.Frame, end: len(out.faces)})
	}
	for id, n := range hits[1:] {
		out.tracks = append(out.tracks, track.Summary{ID: id + 1, Hits: n, MeanScore: 1})
	}
	return out
}

// A timeline holds what the verdict rests on: anybody can check how the one follows from the other.
func TestTheVerdictFollowsFromTheTimeline(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(4, 4))}
	want, err := aggregate(m.clip(60, 3, func(p int, t float64) bool { return p == 1 && burst(p, t) }), options())
	if err != nil {
		t.Fatal(err)
	}
	got, err := aggregate(recorded(Result{Timeline: want.timeline, Tracks: want.tracks}), options())
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(*got.outcome.Logit-*want.outcome.Logit) > 0.01 || len(got.segments) != len(want.segments) || len(got.tracks) != len(want.tracks) {
		t.Errorf("got %+v with %v, want %+v with %v", got.outcome, got.segments, want.outcome, want.segments)
	}
}

// recordedLabel is what is known of a clip. A stretch that ends at 0 is unknown.
type recordedLabel struct {
	fake        bool
	kind, group string // the label's method and group
	start, end  int64
}

func readRecordedLabels(t *testing.T, names string) map[string]recordedLabel {
	t.Helper()
	labels := map[string]recordedLabel{}
	for name := range strings.SplitSeq(names, ",") {
		for _, row := range readTable(t, name) {
			l := recordedLabel{fake: row["label"] == "fake", kind: row["method"], group: cmp.Or(row["group"], row["file"])}
			l.start, _ = strconv.ParseInt(row["start_ms"], 10, 64) // 0 when empty
			l.end, _ = strconv.ParseInt(row["end_ms"], 10, 64)
			labels[filepath.Base(row["file"])] = l
		}
	}
	return labels
}

// readTable reads rows parted by tabs under a header.
func readTable(t *testing.T, name string) []map[string]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table := csv.NewReader(file)
	table.Comma, table.FieldsPerRecord = '\t', -1
	lines, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, column := range lines[0][:min(len(lines[0]), len(line))] {
			row[column] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func recordedCalibration(t *testing.T) model.Calibration {
	t.Helper()
	data, err := os.ReadFile(*recordedModel)
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Calibration model.Calibration `json:"calibration"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	return manifest.Calibration
}

func readResults(t *testing.T) []Result {
	t.Helper()
	if *recordedResults == "" {
		t.Skip("no -results given")
	}
	var all []Result
	for name := range strings.SplitSeq(*recordedResults, ",") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var results []Result
		if err := json.Unmarshal(data, &results); err != nil {
			t.Fatal(err)
		}
		all = append(all, results...)
	}
	return all
}

// TestRecorded prints figures of recorded results under the rules of today: over all, and of every kind of composed clip
// (testdata/compose/measure.sh).
func TestRecorded(t *testing.T) {
	results := readResults(t)
	labels := readRecordedLabels(t, *recordedLabels)
	composed := false
	for _, label := range labels {
		composed = composed || !label.fake && label.kind != "" // genuine clips have no method elsewhere
	}
	kinds := map[string]*tally{}
	for _, r := range results {
		name := filepath.Base(r.Input.Path)
		label, known := labels[name]
		if !known {
			t.Logf("%s has no label", name)
			continue
		}
		if !composed {
			label.kind = "all"
		}
		if kinds[label.kind] == nil {
			kinds[label.kind] = new(tally)
		}
		kinds[label.kind].add(t, name, recorded(r), label)
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%-8s %v", kind, kinds[kind])
	}
}

// tally gathers what became of clips.
type tally struct {
	led, plain                []metrics.Example
	overlaps                  []float64
	stretches, wrong, without int
	minutes                   float64
}

func (s *tally) add(t *testing.T, name string, r *record, label recordedLabel) {
	o := options()
	o.Calibration = recordedCalibration(t)
	found, err := aggregate(r, o)
	if err != nil || found.outcome.Logit == nil {
		s.without++
		return
	}
	if name != "" {
		t.Logf("%-40s fake %-5v mean %6.2f led %6.2f segments %v of [%d %d]", name, label.fake, plainMean(r), *found.outcome.Logit, found.segments, label.start, label.end)
	}
	s.led = append(s.led, metrics.Example{Score: *found.outcome.Logit, Fake: label.fake, Group: label.group})
	s.plain = append(s.plain, metrics.Example{Score: plainMean(r), Fake: label.fake, Group: label.group})
	if !label.fake {
		s.minutes += r.frames[len(r.frames)-1].pts.Minutes()
		s.wrong += len(found.segments)
	} else if label.end > 0 {
		s.stretches++
		if best := bestOverlap(found.segments, label.start, label.end); best > 0 {
			s.overlaps = append(s.overlaps, best)
		}
	}
}

func (s *tally) String() string {
	led := metrics.Bootstrap(s.led, metrics.AUC, 1000, 1)
	return fmt.Sprintf("%3d clips, %d without a score: AUC %.3f [%.2f %.2f], by plain mean %.3f; %d of %d stretches found, median overlap %.2f; %d segments on %.1f genuine minutes",
		len(s.led), s.without, led.Value, led.Low, led.High, metrics.AUC(s.plain), len(s.overlaps), s.stretches, median(s.overlaps), s.wrong, s.minutes)
}

func bestOverlap(of []Segment, start, end int64) (best float64) {
	for _, s := range of {
		shared := min(s.EndMS, end) - max(s.StartMS, start)
		best = max(best, float64(shared)/float64(max(s.EndMS, end)-min(s.StartMS, start)))
	}
	return best
}

// plainMean averages everything that counts.
func plainMean(r *record) float64 {
	var sum, n float64
	for _, f := range r.faces {
		if f.counts() {
			sum += float64(f.logit)
			n++
		}
	}
	return sum / n
}
