package bench

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/score"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// example is a report with every part.
func example() *Report {
	rate := func(v float64) Spread { return Spread{v, 0.98 * v, 1.02 * v} }
	r := &Report{
		Schema: SchemaID, Machine: Machine{CPU: "Processor 3000", Cores: 2},
		Runtime:  score.Runtime{ProviderUsed: "cpu", ONNXRuntime: "1.2.3", OpenCV: "4.5.6"},
		Settings: Settings{Runs: 5, WarmUp: 1, SampleFPS: 5},
		Clip:     Clip{Path: "some/clip.mp4", Codec: "h264", Width: 1920, Height: 1080, FPS: 30, Seconds: 10, FacesPerFrame: 1},
	}
	for i, stage := range Stages() {
		v := 100 * float64(i+1)
		r.Rows = append(r.Rows, Row{
			Stage: stage, Unit: "frames", Runs: 5, Items: 300, Examined: 60, PerSecond: rate(v), Seconds: rate(300 / v),
			RealTime: v / 30, CPUSeconds: 500 / v, Cores: 1.9, Allocs: 12.4, AllocBytes: 4321, CopyBytes: 6.2e6, PeakBytes: 345e6,
			Busy: &Busy{0.9, 0.5, 0.2}, Queues: &Queues{1.25, 4, 0.5, 8},
		})
	}
	return r
}

func TestText(t *testing.T) {
	r, earlier := example(), example()
	for i := range r.Rows {
		r.overlap(r.Rows[i].Stage, Decode, Inference)
	}
	r.Overlaps = r.Overlaps[6:7]
	earlier.Rows = earlier.Rows[1:]
	earlier.Machine.CPU, earlier.Rows[1].PerSecond = "Processor 2000", Spread{100, 90, 110}
	r.Compare("before.json", earlier)
	var b strings.Builder
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if len(line) > textColumns {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
	const golden = "testdata/report.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != b.String() {
		t.Errorf("%v; got:\n%s", err, b.String())
	}
}

func TestCompare(t *testing.T) {
	r, earlier := example(), example()
	earlier.Rows[0].PerSecond = Spread{50, 49, 51}
	earlier.Rows[1].Stage = "of another version"
	earlier.Settings.Runs, earlier.Clip.Path = 3, "elsewhere/clip.mp4"
	r.Compare("x", earlier)
	if c := r.Rows[0].Compared; c.Ratio != 2 || c.Within {
		t.Errorf("%+v", c)
	}
	if c := r.Rows[2].Compared; c.Ratio != 1 || !c.Within || r.Rows[1].Compared != nil {
		t.Errorf("%+v, %+v", c, r.Rows[1].Compared)
	}
	if len(r.Earlier.Differs) != 0 {
		t.Errorf("differs in %v", r.Earlier.Differs)
	}
	earlier.Models, earlier.Settings.Threads = []score.ModelRef{{Name: "a"}}, 1
	if r.Compare("x", earlier); strings.Join(r.Earlier.Differs, " ") != "models settings" {
		t.Errorf("differs in %v", r.Earlier.Differs)
	}
}

func TestReadReport(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema":"blendscope.bench/1"}`: "",
		`{"schema":"blendscope.bench/2"}`: `schema is "blendscope.bench/2"`,
		`nothing`:                         "not a report",
	} {
		r, err := ReadReport(strings.NewReader(text))
		if want == "" && (err != nil || r == nil) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
