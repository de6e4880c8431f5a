package output

import (
	"encoding/json"
	"io"

	"github.com/blendscope/blendscope/score"
)

// jsonWriter writes one array, and each element as soon as it is there.
type jsonWriter struct {
	w     io.Writer
	count int
}

func (j *jsonWriter) Write(r *score.Result) error {
	data, err := json.MarshalIndent(r, "  ", "  ")
	if err != nil {
		return err
	}
	lead := "[\n  "
	if j.count > 0 {
		lead = ",\n  "
	}
	j.count++
	_, err = j.w.Write(append([]byte(lead), EscapeJSON(data)...))
	return err
}

func (j *jsonWriter) Close() error {
	end := "\n]\n"
	if j.count == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}

// jsonlWriter writes one object a line, in one write each.
type jsonlWriter struct{ w io.Writer }

func (j *jsonlWriter) Write(r *score.Result) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = j.w.Write(append(EscapeJSON(data), '\n'))
	return err
}

func (j *jsonlWriter) Close() error { return nil }
