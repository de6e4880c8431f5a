package evaluation

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "evaluation.schema.json"

func TestReportsFollowTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	all := cases()
	for name, of := range map[string][]Case{"all": all, "genuine only": all[:5], "fakes only": all[30:34], "one file": all[:1], "nothing scored": all[43:], "none": nil} {
		for _, fit := range []bool{true, false} {
			o := Defaults()
			o.Draws, o.Fit = 20, fit
			data, err := Evaluate(of, Source{}, o).JSON()
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A schema that accepts everything would pass the other test, and one that does not know a field would not tell.
func TestTheSchemaKnowsEveryField(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	data, err := report(true).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	for _, field := range slices.Sorted(maps.Keys(whole)) {
		if schema.Properties[field] == nil {
			t.Errorf("the schema does not know %q", field)
		}
		spoilt := maps.Clone(whole)
		spoilt[field] = "nonsense"
		if schema.Validate(spoilt) == nil {
			t.Errorf("%q may be anything", field)
		}
	}
}
