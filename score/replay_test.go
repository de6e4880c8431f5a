package score

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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
//	go test ./score -run Recorded -v -results $PWD/results.json -labels $PWD/labels.tsv -slope 0.2 -offset 0.05
var (
	recordedResults = flag.String("results", "", "results with timelines, as scan writes them; one or more files parted by commas")
	recordedLabels  = flag.String("labels", "", "their labels, one or more files parted by commas: file, label, start_ms, end_ms, parted by tabs")
	recordedPairs   = flag.String("pairs", "", "names of genuine and fake files that show the same (testdata/compose/pairs.tsv)")
	recordedSlope   = flag.Float64("slope", 1, "calibration: slope")
	recordedOffset  = flag.Float64("offset", 0, "calibration: offset")
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

// recordedLabel is what is known of a clip.
type recordedLabel struct {
	fake       bool
	start, end int64
}

func readRecordedLabels(t *testing.T, names string) map[string]recordedLabel {
	t.Helper()
	labels := map[string]recordedLabel{}
	for name := range strings.SplitSeq(names, ",") {
		for _, row := range readTable(t, name) {
			l := recordedLabel{fake: row["label"] == "fake"}
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

// TestRecorded prints figures of recorded results under the rules of today.
func TestRecorded(t *testing.T) {
	results := readResults(t)
	labels := readRecordedLabels(t, *recordedLabels)
	o := options()
	o.Calibration = model.Calibration{Method: "platt", A: *recordedSlope, B: *recordedOffset}
	var led, plain []metrics.Example
	var overlaps []float64
	var minutes float64
	wrong, stretches, unsure := 0, 0, 0
	for _, r := range results {
		label, known := labels[filepath.Base(r.Input.Path)]
		rec := recorded(r)
		found, err := aggregate(rec, o)
		if !known || err != nil || found.outcome.Logit == nil {
			t.Logf("%s is left out: %v", r.Input.Path, err)
			continue
		}
		if found.outcome.Status != Scored {
			unsure++
		}
		led = append(led, metrics.Example{Score: *found.outcome.Logit, Fake: label.fake})
		plain = append(plain, metrics.Example{Score: plainMean(rec), Fake: label.fake})
		t.Logf("%-40s fake %-5v mean %6.2f led %6.2f segments %v of [%d %d]", filepath.Base(r.Input.Path), label.fake, plainMean(rec), *found.outcome.Logit, found.segments, label.start, label.end)
		switch {
		case !label.fake:
			minutes += rec.frames[len(rec.frames)-1].pts.Minutes()
			wrong += len(found.segments)
		case label.end > 0:
			stretches++
			if best := bestOverlap(found.segments, label.start, label.end); best > 0 {
				overlaps = append(overlaps, best)
			}
		}
	}
	t.Logf("%d clips, %d inconclusive: AUC %.3f, by plain mean %.3f; %d segments on %.1f genuine minutes; %d of %d stretches found, median overlap %.2f",
		len(led), unsure, metrics.AUC(led), metrics.AUC(plain), wrong, minutes, len(overlaps), stretches, median(overlaps))
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
