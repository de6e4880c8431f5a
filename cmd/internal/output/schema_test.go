package output

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/blendscope/blendscope/score"
)

const schemaFile = "../../../score/result.schema.json"

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGoldenResultsFollowTheSchema(t *testing.T) {
	schema := compile(t)
	file, err := os.Open("testdata/results.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	list, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range list.([]any) {
		if err := schema.Validate(r); err != nil {
			t.Errorf("result %d: %v", i, err)
		}
	}
}

// A schema that accepts everything would pass the other tests.
func TestSchemaRefuses(t *testing.T) {
	schema := compile(t)
	spoil := map[string]func(*score.Result){
		"no score though scored":   func(r *score.Result) { r.Outcome.Score = nil },
		"certainty":                func(r *score.Result) { r.Outcome.Score = ptr(1.0) },
		"a score though an error":  func(r *score.Result) { r.Outcome.Status = score.Failed },
		"an error without reason":  func(r *score.Result) { *r = *unscored("x", score.Failed, "", ""); r.Outcome.Reasons = []score.Reason{} },
		"a status of its own":      func(r *score.Result) { r.Outcome.Status = "perhaps" },
		"null instead of a list":   func(r *score.Result) { r.Tracks = nil },
		"another version":          func(r *score.Result) { r.Schema = "blendscope.result/2" },
		"a digest that is none":    func(r *score.Result) { r.Models[0].SHA256 = "abc" },
		"a band of its own":        func(r *score.Result) { r.Outcome.Band = "huge" },
		"six moments per face":     func(r *score.Result) { r.Tracks[0].Evidence = make([]score.BestFrame, 6) },
		"a quality beyond bounds":  func(r *score.Result) { r.Quality.Sharpness = 2 },
		"a rotation of 45 degrees": func(r *score.Result) { r.Input.Rotation = 45 },
	}
	for name, f := range spoil {
		r := scored("x", 0.5, score.Moderate)
		if err := schema.Validate(generic(t, r)); err != nil {
			t.Fatalf("the good one: %v", err)
		}
		f(r)
		if schema.Validate(generic(t, r)) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

func generic(t *testing.T, r *score.Result) any {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// node is as much of a schema as is compared with the Go types.
type node struct {
	Ref         string          `json:"$ref"`
	Description string          `json:"description"`
	Type        string          `json:"type"`
	Const       string          `json:"const"`
	Required    []string        `json:"required"`
	Properties  map[string]node `json:"properties"`
	Items       *node           `json:"items"`
}

// The schema has exactly the fields of score.Result, requires exactly those that are always written, and explains each.
func TestSchemaMatchesTheTypes(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	compare(t, "result", root, reflect.TypeFor[score.Result]())
}

func compare(t *testing.T, at string, n node, typ reflect.Type) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if n.Description == "" && !strings.HasSuffix(at, "[]") {
		t.Errorf("%s has no description", at)
	}
	kinds := map[reflect.Kind]string{
		reflect.Struct: "object", reflect.Slice: "array", reflect.Array: "array", reflect.String: "string",
		reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number",
	}
	if want := kinds[typ.Kind()]; n.Type != want && n.Const == "" {
		t.Errorf("%s is %q, in Go %s", at, n.Type, want)
	}
	switch typ.Kind() {
	case reflect.Slice, reflect.Array:
		compare(t, at+"[]", *n.Items, typ.Elem())
	case reflect.Struct:
		compareFields(t, at, n, typ)
	}
}

func compareFields(t *testing.T, at string, n node, typ reflect.Type) {
	t.Helper()
	seen := map[string]bool{}
	for i := range typ.NumField() {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		seen[name] = true
		property, ok := n.Properties[name]
		if !ok {
			t.Errorf("%s.%s is not in the schema", at, name)
			continue
		}
		if always := options != "omitempty"; always != slices.Contains(n.Required, name) {
			t.Errorf("%s.%s: required is %t, want %t", at, name, !always, always)
		}
		compare(t, at+"."+name, property, typ.Field(i).Type)
	}
	for name := range n.Properties {
		if !seen[name] {
			t.Errorf("%s.%s is in the schema only", at, name)
		}
	}
}

// Every single value of a result has its column; lists have one that sums them up.
func TestCSVHasEveryField(t *testing.T) {
	names := map[string]bool{}
	for _, c := range columns() {
		if names[c.name] {
			t.Errorf("two columns %s", c.name)
		}
		names[c.name] = true
	}
	summed := map[string][]string{"outcome.interval": {"outcome.interval.lo", "outcome.interval.hi"}, "timeline": {}}
	leaves(reflect.TypeFor[score.Result](), "", func(name string) {
		want, ok := summed[name]
		if !ok {
			want = []string{name}
		}
		for _, column := range want {
			if !names[column] {
				t.Errorf("no column %s", column)
			}
			delete(names, column)
		}
	})
	for name := range names {
		t.Errorf("column %s is no field", name)
	}
}

func leaves(typ reflect.Type, at string, f func(string)) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		f(strings.TrimPrefix(at, "."))
		return
	}
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue // for the program alone
		}
		leaves(typ.Field(i).Type, at+"."+name, f)
	}
}
