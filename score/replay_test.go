package score

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	recordedResults = flag.String("results", "", "results with timelines, as scan writes them")
	recordedLabels  = flag.String("labels", "", "their labels: file, label, start_ms, end_ms, parted by tabs")
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

func readRecordedLabels(t *testing.T, name string) map[string]recordedLabel {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table := csv.NewReader(file)
	table.Comma, table.FieldsPerRecord = '\t', -1
	rows, err := table.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]recordedLabel{}
	for _, row := range rows[1:] {
		l := recordedLabel{}
		for i, column := range rows[0][:min(len(rows[0]), len(row))] {
			switch column {
			case "label":
				l.fake = row[i] == "fake"
			case "start_ms":
				_ = json.Unmarshal([]byte(row[i]), &l.start) // empty: 0
			case "end_ms":
				_ = json.Unmarshal([]byte(row[i]), &l.end)
			}
		}
		labels[filepath.Base(row[0])] = l
	}
	return labels
}

// TestRecorded prints figures of recorded results under the rules of today.
func TestRecorded(t *testing.T) {
	if *recordedResults == "" {
		t.Skip("no -results given")
	}
	data, err := os.ReadFile(*recordedResults)
	if err != nil {
		t.Fatal(err)
	}
	var results []Result
	if err := json.Unmarshal(data, &results); err != nil {
		t.Fatal(err)
	}
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
