package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Manifests follow their schema, signed or not, whatever the file is called; and the schema refuses what is none.
func TestManifestsFollowTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("manifest.schema.json")
	must(t, err)
	read := func(text string) any {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		must(t, err)
		return v
	}
	var text string
	for _, name := range []string{"clip.mp4", "-\n\u202eé\x1b.mov", "..."} {
		w := newWorld(t, "clip.mp4")
		w.Original, w.result.Input.Path = true, name
		for _, signed := range []bool{false, true} {
			if w.result.Timing.TotalMS++; signed {
				w.Key, _ = keyPair(t, 1)
			}
			data, err := os.ReadFile(filepath.Join(w.make(t), ManifestFile))
			must(t, err)
			if text = string(data); schema.Validate(read(text)) != nil {
				t.Errorf("%q: %v", name, schema.Validate(read(text)))
			}
		}
	}
	for _, change := range [][2]string{
		{SchemaID, "blendscope.evidence/2"}, {`"log"`, `"lag"`}, {`"identification"`, `"guess"`}, {`"result.json"`, `"../result.json"`}, {"ed25519", "rsa"},
	} {
		if schema.Validate(read(strings.Replace(text, change[0], change[1], 1))) == nil {
			t.Errorf("the schema accepts %s", change[1])
		}
	}
}
