// Package layers holds the import rules of the repository: frames <- model <- score <- cmd/internal <- cmd/blendscope,
// each native library behind one package, and the process's own streams, environment and exit behind env.
package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/blendscope/blendscope/"

// sourceFile is one parsed Go file; dir is its package's folder relative to the module.
type sourceFile struct {
	dir, name string
	test      bool
	syntax    *ast.File
	imports   []string
}

func TestOnlyOnePackageImportsEachNativeLibrary(t *testing.T) {
	owners := map[string]string{
		"gocv.io/x/gocv":                  "frames/opencv",
		"github.com/yalue/onnxruntime_go": "model/ort",
	}
	for _, f := range parseModule(t) {
		for _, imported := range f.imports {
			if owner, ok := owners[imported]; ok && f.dir != owner {
				t.Errorf("%s imports %s; only %s may", f.name, imported, owner)
			}
		}
	}
}

func TestLayersImportDownwardsOnly(t *testing.T) {
	allowed := map[string][]string{
		"frames": {"frames"},
		"model":  {"frames", "model", "models"},
		"models": {},
		"score":  {"frames", "model", "score"},
	}
	for _, f := range parseModule(t) {
		may, ruled := allowed[layerOf(f.dir)]
		if !ruled || f.test {
			continue
		}
		for _, imported := range f.imports {
			local, ok := strings.CutPrefix(imported, module)
			if ok && !contains(may, layerOf(local)) {
				t.Errorf("%s imports %s; %s may import %v of this module", f.name, local, layerOf(f.dir), may)
			}
		}
	}
}

func TestNativePackagesAreWiredInOnePlace(t *testing.T) {
	wiring := map[string]bool{}
	for _, f := range parseModule(t) {
		for _, imported := range f.imports {
			local := strings.TrimPrefix(imported, module)
			if (local == "frames/opencv" || local == "model/ort") && !f.test && f.dir != local {
				wiring[f.dir] = true
			}
		}
	}
	if len(wiring) > 1 {
		t.Errorf("packages that wire the native layers: %v; want one", wiring)
	}
}

func TestOnlyEnvTouchesTheProcess(t *testing.T) {
	// frames/opencv hands OpenCV its settings through the environment: there is no other way.
	exempt := map[string]bool{"cmd/internal/env": true, "cmd/blendscope": true, "frames/opencv": true}
	process := map[string]bool{"Stdin": true, "Stdout": true, "Stderr": true, "Args": true, "Exit": true, "Getenv": true, "LookupEnv": true, "Environ": true}
	for _, f := range parseModule(t) {
		if f.test || exempt[f.dir] {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "os" && process[sel.Sel.Name] {
					t.Errorf("%s uses os.%s; only cmd/internal/env may", f.name, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// layerOf is the first path element: the layer a package belongs to.
func layerOf(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func parseModule(t *testing.T) []sourceFile {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	var files []sourceFile
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "lib" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && p != root) && filepath.Dir(p) == root {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(p) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		files = append(files, parseFile(t, root, filepath.ToSlash(rel)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found only %d Go files below %s", len(files), root)
	}
	return files
}

func parseFile(t *testing.T, root, rel string) sourceFile {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, rel))
	if err != nil {
		t.Fatal(err)
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), rel, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	f := sourceFile{dir: path.Dir(rel), name: rel, test: strings.HasSuffix(rel, "_test.go"), syntax: syntax}
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		f.imports = append(f.imports, imported)
	}
	return f
}
