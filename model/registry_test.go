package model_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/blendscope/blendscope/model"
	"github.com/blendscope/blendscope/model/modeltest"
)

func standIn(t *testing.T, name string) (manifest, onnx []byte) {
	t.Helper()
	onnx, err := os.ReadFile(filepath.Join(modeltest.Folder(), name, name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	return readManifest(t, name), onnx
}

// folder holds one stand-in under another name, with its manifest changed to match.
func folder(t *testing.T, base, name string, change func(manifest map[string]any, onnx []byte) []byte) fstest.MapFS {
	t.Helper()
	data, onnx := standIn(t, base)
	var body map[string]any
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	body["name"] = name
	if change != nil {
		onnx = change(body, onnx)
	}
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		name + "/manifest.json":            {Data: data},
		name + "/" + body["file"].(string): {Data: onnx},
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestRegistryListsByTaskAndMarksDefaults(t *testing.T) {
	var got []string
	for _, e := range modeltest.Registry().List() {
		if e.Err != nil {
			t.Errorf("%s: %v", e.Name, e.Err)
		}
		name := e.Name
		if e.Default {
			name += "*"
		}
		got = append(got, name)
	}
	if want := "detector* classifier* probability slow twoclass"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRegistryGet(t *testing.T) {
	r := modeltest.Registry()
	if e, err := r.Get(model.FaceDetection, ""); err != nil || e.Name != "detector" {
		t.Errorf("default: got %q, %v", e.Name, err)
	}
	if e, err := r.Get(model.ForgeryClassification, "twoclass"); err != nil || e.Name != "twoclass" {
		t.Errorf("by name: got %q, %v", e.Name, err)
	}
	_, err := r.Get(model.ForgeryClassification, "nobody")
	if !errors.Is(err, model.ErrNotFound) || !strings.Contains(err.Error(), "probability") {
		t.Errorf("unknown: got %v, want ErrNotFound that lists the known ones", err)
	}
	if _, err := r.Get(model.ForgeryClassification, "detector"); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("other task: got %v, want ErrNotFound", err)
	}
	if _, err := model.NewRegistry().Get(model.FaceDetection, ""); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("empty registry: got %v, want ErrNotFound", err)
	}
}

func TestRegistryKeepsBrokenModelsApart(t *testing.T) {
	misnamed := folder(t, "classifier", "one", nil)
	misnamed["two/manifest.json"] = misnamed["one/manifest.json"]
	misnamed["three/manifest.json"] = &fstest.MapFile{Data: []byte("{}")}
	r := model.NewRegistry(model.Folder{FS: misnamed, Origin: "here"})
	for name, usable := range map[string]bool{"one": true, "two": false, "three": false} {
		e, err := r.Get(model.ForgeryClassification, name)
		if usable && err != nil || !usable && !errors.Is(err, model.ErrManifest) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := e.Open(); (err == nil) != usable {
			t.Errorf("open %s: %v", name, err)
		}
	}
}

func TestRegistryDoesNotLetAUserModelTakeABuiltInName(t *testing.T) {
	builtin := model.Folder{FS: folder(t, "classifier", "standard", nil), Origin: "built in"}
	user := model.Folder{FS: folder(t, "probability", "standard", nil), Origin: "home"}
	e, err := model.NewRegistry(builtin, user).Get(model.ForgeryClassification, "standard")
	if err != nil || e.Origin != "built in" {
		t.Errorf("got the one of %q, %v", e.Origin, err)
	}
	list := model.NewRegistry(builtin, user).List()
	if len(list) != 2 || !errors.Is(list[1].Err, model.ErrManifest) {
		t.Errorf("the second is not listed as an error: %+v", list)
	}
}

func TestOpenVerifiesTheDigestFirst(t *testing.T) {
	damaged := folder(t, "classifier", "damaged", func(_ map[string]any, onnx []byte) []byte {
		onnx[len(onnx)/2] ^= 1
		return onnx
	})
	e, err := model.NewRegistry(model.Folder{FS: damaged}).Get(model.ForgeryClassification, "damaged")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Open(); !errors.Is(err, model.ErrDigest) {
		t.Errorf("got %v, want ErrDigest", err)
	}
}

func TestOpenRefusesNetworksThatDoNotMatchTheirManifest(t *testing.T) {
	cases := map[string]struct {
		base   string
		change func(body map[string]any, onnx []byte) []byte
		want   string
	}{
		"size": {"classifier", func(body map[string]any, onnx []byte) []byte {
			set(body, []string{"input", "width"}, 64)
			set(body, []string{"input", "height"}, 64)
			return onnx
		}, "[-1 32 32 3]"},
		"layout": {"classifier", func(body map[string]any, onnx []byte) []byte {
			set(body, []string{"input", "layout"}, "NCHW")
			return onnx
		}, "shape"},
		"type": {"classifier", func(body map[string]any, onnx []byte) []byte {
			set(body, []string{"input", "dtype"}, "float32")
			return onnx
		}, "uint8"},
		"input name": {"classifier", func(body map[string]any, onnx []byte) []byte {
			set(body, []string{"input", "name"}, "picture")
			return onnx
		}, `"picture"`},
		"output name": {"classifier", func(body map[string]any, onnx []byte) []byte {
			body["outputs"].([]any)[0].(map[string]any)["name"] = "score"
			delete(body, "golden")
			return onnx
		}, `"score"`},
		"output shape": {"twoclass", func(body map[string]any, onnx []byte) []byte {
			body["outputs"].([]any)[0].(map[string]any)["meaning"] = "logit"
			return onnx
		}, "[1 2]"},
		"fixed size called dynamic": {"detector", func(body map[string]any, _ []byte) []byte {
			_, other := standIn(t, "classifier")
			body["sha256"] = digest(other)
			return other
		}, "shape [-1 32 32 3]"},
		"not ONNX": {"classifier", func(body map[string]any, _ []byte) []byte {
			text := []byte("this is no network")
			body["sha256"] = digest(text)
			return text
		}, "not an ONNX file"},
		"empty": {"classifier", func(body map[string]any, _ []byte) []byte {
			body["sha256"] = digest(nil)
			return nil
		}, "not an ONNX file"},
		"cut off": {"classifier", func(body map[string]any, onnx []byte) []byte {
			onnx = onnx[:len(onnx)/2]
			body["sha256"] = digest(onnx)
			return onnx
		}, "ONNX file"},
		"weights elsewhere": {"classifier", func(body map[string]any, onnx []byte) []byte {
			// A graph (field 7) with one initializer (5) that has data_location (14) = EXTERNAL: appended, it merges.
			onnx = append(bytes.Clone(onnx), 7<<3|2, 4, 5<<3|2, 2, 14<<3, 1)
			body["sha256"] = digest(onnx)
			return onnx
		}, "second file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e, err := model.NewRegistry(model.Folder{FS: folder(t, c.base, "wrong", c.change)}).Get("", "wrong")
			if e.Err != nil {
				t.Fatal(err)
			}
			if _, err := e.Open(); !errors.Is(err, model.ErrGraph) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrGraph with %s", err, c.want)
			}
		})
	}
}

func TestCard(t *testing.T) {
	fsys := folder(t, "classifier", "one", func(body map[string]any, onnx []byte) []byte {
		body["card"] = "card.md"
		return onnx
	})
	get := func() model.Entry {
		e, err := model.NewRegistry(model.Folder{FS: fsys}).Get(model.ForgeryClassification, "one")
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if _, err := get().Card(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing card: %v", err)
	}
	fsys["one/card.md"] = &fstest.MapFile{Data: []byte("# One")}
	if card, err := get().Card(); err != nil || card != "# One" {
		t.Errorf("got %q, %v", card, err)
	}
	fsys["one/card.md"] = &fstest.MapFile{Mode: fs.ModeDir}
	if _, err := get().Card(); err == nil {
		t.Error("a folder is read as a card")
	}
}

func TestMaxBatch(t *testing.T) {
	if n := modeltest.Weights(t, model.ForgeryClassification, "classifier").MaxBatch(); n != 0 {
		t.Errorf("open batch: %d", n)
	}
	if n := modeltest.Weights(t, model.ForgeryClassification, "twoclass").MaxBatch(); n != 1 {
		t.Errorf("batch of one: %d", n)
	}
}

func FuzzReadGraph(f *testing.F) {
	for _, name := range []string{"classifier", "detector", "twoclass"} {
		onnx, err := os.ReadFile(filepath.Join(modeltest.Folder(), name, name+".onnx"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(onnx)
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = model.ReadGraph(data) // must neither panic nor loop
	})
}
