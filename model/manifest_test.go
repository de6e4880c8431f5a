package model_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
)

func readManifest(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(modeltest.Folder(), name, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestEveryStandInHasAGoodManifest(t *testing.T) {
	for _, name := range []string{"classifier", "detector", "probability", "twoclass", "slow"} {
		m, err := model.ParseManifest(readManifest(t, name))
		if err != nil || m.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each case replaces one field of a good manifest (nil removes it); the error must name the field.
func TestParseManifestNamesTheBadField(t *testing.T) {
	cases := []struct {
		base, path string
		value      any
		want       string
	}{
		{"classifier", "schema", "blendscope.model/2", "schema"},
		{"classifier", "name", "Über", "name"},
		{"classifier", "name", nil, "name"},
		{"classifier", "version", "", "version"},
		{"classifier", "task", "audio", "task"},
		{"classifier", "file", "../secret.onnx", "file"},
		{"classifier", "file", "", "file"},
		{"classifier", "card", "/etc/passwd", "card"},
		{"classifier", "sha256", "abc", "sha256"},
		{"classifier", "sha256", strings.Repeat("A", 64), "sha256"},
		{"classifier", "licence", nil, "licence"},
		{"classifier", "license", "MIT", "license"},
		{"classifier", "version", 3, "version"},
		{"classifier", "input", nil, "input.name"},
		{"classifier", "input.layout", "CHWN", "input.layout"},
		{"classifier", "input.color", "GBR", "input.color"},
		{"classifier", "input.dtype", "int8", "input.dtype"},
		{"classifier", "input.width", 0, "input.width"},
		{"classifier", "input.width", 100000, "input.width"},
		{"classifier", "input.crop_scale", 0, "input.crop_scale"},
		{"classifier", "input.alignment", "letterbox", "input.alignment"},
		{"classifier", "input.mean", []float64{1, 0, 0}, "input.mean"},
		{"probability", "input.std", []float64{0, 1, 1}, "input.std[0]"},
		{"probability", "input.std", nil, "input.std[0]"},
		{"classifier", "outputs", []any{}, "outputs"},
		{"classifier", "outputs", []any{map[string]any{"name": "map", "meaning": "boundary_map"}}, "outputs"},
		{"classifier", "outputs", []any{map[string]any{"name": "x", "meaning": "boxes"}}, "outputs[0].meaning"},
		{"classifier", "outputs", []any{map[string]any{"name": "x", "meaning": "logit"}}, "outputs[0].fake"},
		{"classifier", "calibration", nil, "calibration"},
		{"classifier", "calibration.a", 0, "calibration.a"},
		{"classifier", "calibration.method", "isotonic", "calibration.method"},
		{"classifier", "thresholds", map[string]any{"score": 0.5, "nms_iou": 0.3}, "thresholds"},
		{"classifier", "operating_points", []any{map[string]any{"name": "x", "threshold": 2}}, "operating_points[0].threshold"},
		{"classifier", "golden.tolerance", 0, "golden.tolerance"},
		{"classifier", "golden.shape", []int{1, 2}, "golden.shape"},
		{"classifier", "golden.outputs", map[string]any{"nothing": map[string]any{"mean": 0, "first": []int{1}}}, "golden.outputs"},
		{"detector", "thresholds", nil, "thresholds"},
		{"detector", "thresholds.score", 1.5, "thresholds.score"},
		{"detector", "thresholds.nms_iou", -1, "thresholds.nms_iou"},
		{"detector", "input.multiple_of", 0, "input.multiple_of"},
		{"detector", "input.long_side", 0, "input.long_side"},
		{"detector", "input.width", 320, "input.height"},
		{"detector", "outputs", []any{map[string]any{"name": "boxes", "meaning": "boxes"}}, "outputs"},
		{"detector", "input.crop_scale", 1.4, "input.crop_scale"},
	}
	for _, c := range cases {
		t.Run(c.base+" "+c.path, func(t *testing.T) {
			var body map[string]any
			if err := json.Unmarshal(readManifest(t, c.base), &body); err != nil {
				t.Fatal(err)
			}
			set(body, strings.Split(c.path, "."), c.value)
			data, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			_, err = model.ParseManifest(data)
			if !errors.Is(err, model.ErrManifest) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrManifest that names %s", err, c.want)
			}
		})
	}
}

func TestParseManifestRefusesWhatIsNotOneObject(t *testing.T) {
	good := string(readManifest(t, "classifier"))
	for _, data := range []string{"", "null", "[]", "{", good + "{}", strings.Replace(good, "{", "", 1)} {
		if _, err := model.ParseManifest([]byte(data)); !errors.Is(err, model.ErrManifest) {
			t.Errorf("%.20q: got %v, want ErrManifest", data, err)
		}
	}
}

func set(body map[string]any, path []string, value any) {
	for len(path) > 1 {
		body, path = body[path[0]].(map[string]any), path[1:]
	}
	if value == nil {
		delete(body, path[0])
		return
	}
	body[path[0]] = value
}
