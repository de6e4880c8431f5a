package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/cmd/internal/words"
)

//go:embed page.html
var pageText string

//go:embed style.css
var styleText string

// policy lets a page show its own style and pictures, and nothing else: no script, no request, no frame. The style is
// named by its digest, so that one smuggled in by a name would not count.
func policy(style, script string) string {
	p := "default-src 'none'; img-src data:; style-src 'sha256-" + digest(style) + "'; form-action 'none'; base-uri 'none'"
	if script != "" {
		p += "; script-src 'sha256-" + digest(script) + "'"
	}
	return p
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// parse reads a template whose words are those of a language.
func parse(text string, w *words.Words) (*template.Template, error) {
	return template.New("page").Funcs(template.FuncMap{
		"say": w.Say, "count": w.Count, "percent": w.Percent, "clock": w.Clock, "safe": output.Printable,
		"jpeg": func(data []byte) template.URL { return dataURL("image/jpeg", data) },
	}).Parse(text)
}

// dataURL is a picture inside the page. It is of our own making, so the template need not doubt it.
func dataURL(kind string, data []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}

func render(w io.Writer, in Input) error {
	t, err := parse(pageText, in.Words)
	if err != nil {
		return err
	}
	page, err := newPage(in)
	if err != nil {
		return err
	}
	return t.Execute(w, page)
}
