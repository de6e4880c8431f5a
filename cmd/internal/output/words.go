package output

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/blendscope/blendscope/score"
)

// Caveat is what a reader of scores must know. It stands wherever scores are shown to people.
const Caveat = "A score is the estimated chance that a face was manipulated, with its 95% range. " +
	"A low score means that no trace was found; it does not prove that a file is authentic."

// sayings are the reasons in words.
func sayings() map[score.Reason]string {
	return map[score.Reason]string{
		score.TooFewFaces:   "too few usable faces",
		score.FacesTooSmall: "the faces are too small",
		score.LowQuality:    "the faces are too blurred or too compressed",
		score.WideInterval:  "the frames disagree too much",
		score.Truncated:     "damaged or cut short, examined in part",
		score.FacesLeftOut:  "some faces left out (--max-faces)",
		score.DurationLimit: "only its start examined (--max-duration)",
		score.BadTimestamps: "timestamps ran backwards, mended",
		score.NoFace:        "no face found",
		score.NoVideo:       "no picture in it (audio only?)",
		score.NotFound:      "no such file",
		score.NoPermission:  "no permission to read it",
		score.NotRegular:    "not a regular file",
		score.EmptyFile:     "the file is empty",
		score.NotMedia:      "not a photo or video that can be read",
		score.Unsupported:   "of a format that is not read",
		score.BadGeometry:   "its picture size is zero or too large",
		score.NoFrames:      "not one frame could be decoded",
		score.ModelFailed:   "the model failed",
		score.BadScores:     "the model gave no usable number",
		score.TimedOut:      "took longer than --timeout",
		score.Interrupted:   "interrupted",
		score.Changed:       "changed while it was scored, or is still being written",
		score.Hung:          "came to a halt while it was scored",
		score.Crashed:       "crashed while it was scored",
		score.OutOfMemory:   "takes more memory than --memory-limit",
		score.Internal:      "internal error",
	}
}

// Saying words a reason; one that is newer than this table is shown as it is.
func Saying(r score.Reason) string {
	if s, ok := sayings()[r]; ok {
		return s
	}
	return strings.ReplaceAll(Printable(string(r)), "_", " ")
}

// Explained is Saying with what the result knows of it: how much of a file was examined.
func Explained(reason score.Reason, in score.Input) string {
	partly := reason == score.Truncated || reason == score.DurationLimit
	if !partly || in.ExaminedMS == 0 || in.ExaminedMS >= in.DurationMS {
		return Saying(reason)
	}
	examined, all := clock(in.ExaminedMS/1000*1000), clock(in.DurationMS) // no second counts that was not examined to its end
	if examined == all {
		return Saying(reason) // a difference of less than a second would read as none
	}
	return fmt.Sprintf("%s: %s of %s", Saying(reason), examined, all)
}

// percent never reads as certainty: a score lies in [0.01, 0.99].
func percent(p float64) string { return fmt.Sprintf("%.0f%%", score.WholePercent(p)) }

// tellsAll reports whether the words for the reasons leave no question that a detail could answer.
func tellsAll(reasons []score.Reason) bool {
	for _, r := range reasons {
		switch r {
		case score.NoFace, score.NoVideo, score.NotFound, score.NoPermission, score.EmptyFile, score.NotMedia, score.NotRegular,
			score.NoFrames, score.TimedOut, score.Interrupted:
			return true
		}
	}
	return false
}

// mostSpans are shown to people; programs get all segments.
const mostSpans = 4

// spans is when to look, as minutes and seconds: the segments of all faces, joined where they overlap.
func spans(segments []score.Segment) string {
	sorted := slices.SortedFunc(slices.Values(segments), func(a, b score.Segment) int { return cmp.Compare(a.StartMS, b.StartMS) })
	var joined []score.Segment
	for _, s := range sorted {
		if n := len(joined); n > 0 && s.StartMS <= joined[n-1].EndMS {
			joined[n-1].EndMS = max(joined[n-1].EndMS, s.EndMS)
			continue
		}
		joined = append(joined, s)
	}
	var texts []string
	for _, s := range joined[:min(len(joined), mostSpans)] {
		texts = append(texts, clock(s.StartMS)+"-"+clock(s.EndMS))
	}
	if more := len(joined) - mostSpans; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}

func clock(ms int64) string {
	d := (time.Duration(ms) * time.Millisecond).Round(time.Second)
	h, m, sec := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, sec)
	}
	return fmt.Sprintf("%d:%02d", m, sec)
}

// plural is "1 input", "2 inputs".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
