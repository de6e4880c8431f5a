// Package scripttest runs the shell-like scenarios of testdata/script: once with a fake engine, once with the real one.
package scripttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Params are those of testscript for the scenarios in dir. root is the repository's folder.
func Params(root, dir string, update bool) testscript.Params {
	return testscript.Params{
		Dir:                 root + "/testdata/script/" + dir,
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			testdata, err := filepath.Abs(root + "/testdata")
			e.Setenv("TESTDATA", testdata)
			e.Setenv("MODELS", testdata+"/onnx")
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"valid": func(ts *testscript.TestScript, neg bool, args []string) { valid(ts, root, neg, args) },
		},
	}
}

// exits is "exits CODE COMMAND...": the command must end with just that code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		code = ended.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// valid is "valid FILE ROWS": FILE holds so many results, as an array or as lines, and all follow the schema.
func valid(ts *testscript.TestScript, root string, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: valid file rows")
	}
	schema, err := jsonschema.NewCompiler().Compile(root + "/score/result.schema.json")
	ts.Check(err)
	rows, err := decode([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	if strconv.Itoa(len(rows)) != args[1] {
		ts.Fatalf("%d rows, want %s", len(rows), args[1])
	}
	for i, row := range rows {
		if err := schema.Validate(row); err != nil {
			ts.Fatalf("row %d: %v", i, err)
		}
	}
}

func decode(data []byte) (rows []any, err error) {
	if bytes.HasPrefix(data, []byte("[")) {
		err := json.Unmarshal(data, &rows)
		return rows, err
	}
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		var row any
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}
