package report

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/blendscope/blendscope/cmd/internal/build"
	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/frames"
	"github.com/blendscope/blendscope/score"
)

// mostSpans are named in the summary.
const mostSpans = 5

// summary is a plain text for a mail or a note.
func (m maker) summary() string {
	r, w := m.r, m.w
	lines := []string{w.Say("summary.file", "name", m.name(longestName))}
	if r.Input.SHA256 != "" {
		lines = append(lines, w.Say("summary.sha256", "sum", r.Input.SHA256))
	}
	lines = append(lines, w.Say("summary.outcome", "words", w.Outcome(r.Outcome)))
	if o := r.Outcome; o.Status == score.Scored && o.Score != nil && o.Interval != nil {
		lines = append(lines, w.Say("summary.score", "score", w.Score(*o.Score), "low", w.Score(o.Interval[0]), "high", w.Score(o.Interval[1]),
			"signs", w.Say("signs."+string(m.band(*o.Score)))))
	}
	if spans := m.spans(); spans != "" {
		lines = append(lines, w.Say("summary.look", "spans", spans))
	}
	lines = append(lines, w.Say("summary.caveat"))
	var models []string
	for _, ref := range r.Models {
		models = append(models, ref.Name+" "+ref.Version)
	}
	tool, key := r.Tool.Name+" "+r.Tool.Version, "summary.models"
	if !m.Made.IsZero() {
		key = "summary.made"
	}
	lines = append(lines, w.Say(key, "tool", tool, "models", strings.Join(models, ", "), "when", w.Moment(m.Made)))
	for i := range lines {
		lines[i] = output.Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// spans is when to look: the segments with the highest scores, in order of time.
func (m maker) spans() string {
	list, _ := m.segments(mostSpans)
	var texts []string
	for _, s := range list {
		texts = append(texts, s.From+"–"+s.To+" ("+m.w.Say("face.name", "n", s.Face)+", "+s.Score+")")
	}
	return strings.Join(texts, "; ")
}

// command is what repeats the result. A path that a shell or a reader could take for something else is left to them.
func (m maker) command() (line string, anyFile bool) {
	args := m.Command
	if args == nil {
		args = m.arguments()
	}
	words := []string{build.Name}
	for _, a := range args {
		words = append(words, quote(a))
	}
	path := m.r.Input.Path
	if path == "" || len(path) > 1000 || output.Printable(path) != path || strings.ContainsRune(path, unicode.ReplacementChar) {
		path, anyFile = "FILE", true
	} else {
		if strings.HasPrefix(path, "-") {
			path = "./" + path
		}
		path = quote(path)
	}
	return strings.Join(append(words, path), " "), anyFile
}

// arguments are the settings of the result as flags.
func (m maker) arguments() []string {
	s := m.r.Settings
	args := []string{"scan", "--format", "json", "--timeline"}
	switch {
	case s.AllFrames:
		args = append(args, "--all-frames")
	case s.SampleFPS > 0:
		args = append(args, "--fps", number(s.SampleFPS))
	}
	dense := score.Options{Sampling: frames.Sampling{PerSecond: s.SampleFPS}}.Detection()
	if (s.AllFrames || s.SampleFPS > 0) && s.Detection == "" && dense != "" {
		args = append(args, "--detect-all")
	}
	if s.MaxFaces > 0 {
		args = append(args, "--max-faces", strconv.Itoa(s.MaxFaces))
	}
	if s.MaxDurationMS > 0 {
		args = append(args, "--max-duration", strconv.FormatInt(s.MaxDurationMS, 10)+"ms")
	}
	for _, choice := range [][2]string{{"--detector", s.Detector}, {"--classifier", s.Classifier}} {
		if name, _, _ := strings.Cut(choice[1], "@"); name != "" {
			args = append(args, choice[0], output.Printable(name))
		}
	}
	return args
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// quote makes one word of s for a POSIX shell.
func quote(s string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+:,@%=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
