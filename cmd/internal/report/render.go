package report

import (
	"html/template"
	"io"
)

func render(w io.Writer, in Input) error {
	t, err := template.New("page").Parse("<!DOCTYPE html>\n<title>{{.}}</title>\n<p>{{.}}</p>\n")
	if err != nil {
		return err
	}
	return t.Execute(w, in.Words.Outcome(in.Result.Outcome))
}
