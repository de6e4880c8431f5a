package evidence

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/blendscope/blendscope/score"
)

// writeTimeline writes one row for each face of each scored frame. It holds numbers only.
func writeTimeline(w io.Writer, r *score.Result) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"t_ms", "frame", "track", "x", "y", "w", "h", "score", "quality"}) // errors stay until the end
	whole := func(v int64) string { return strconv.FormatInt(v, 10) }
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	for _, m := range r.Timeline {
		for _, f := range m.Faces {
			_ = out.Write([]string{
				whole(m.TMS), whole(int64(m.Frame)), whole(int64(f.Track)),
				number(f.Box[0]), number(f.Box[1]), number(f.Box[2]), number(f.Box[3]), number(f.Score), number(f.Quality),
			})
		}
	}
	out.Flush()
	return out.Error()
}
