package score

// Language is a language that verdicts can be worded in.
type Language string

// The languages. Another one is another table in phrases.
const English Language = "en"

// phrase is a key of the message table: a status, then a band or a reason.
type phrase struct {
	status Status
	detail string
}

// phrases is the message table, never written to. Nothing in it calls material authentic: the tool can find signs of
// manipulation, and not finding any proves nothing.
var phrases = map[Language]map[phrase]string{English: {
	{Scored, string(Weak)}:       "little or no sign of face manipulation found; that is no proof that there is none",
	{Scored, string(Moderate)}:   "some signs of face manipulation",
	{Scored, string(Strong)}:     "strong signs of face manipulation",
	{Scored, string(VeryStrong)}: "very strong signs of face manipulation",

	{Inconclusive, ""}:                    "the evidence does not allow a verdict",
	{Inconclusive, string(TooFewFaces)}:   "too few usable faces for a verdict",
	{Inconclusive, string(FacesTooSmall)}: "the faces are too small for a verdict",
	{Inconclusive, string(LowQuality)}:    "the faces are too blurred, dark, turned away or compressed for a verdict",
	{Inconclusive, string(WideInterval)}:  "the frames disagree too much, or are too few, for a verdict",

	{NotApplicable, ""}:              "nothing in it that this tool examines",
	{NotApplicable, string(NoFace)}:  "no face found; only faces are examined",
	{NotApplicable, string(NoVideo)}: "no video in this file; only pictures are examined",

	{Failed, ""}:                   "could not be examined",
	{Failed, string(NotFound)}:     "could not be examined: no such file",
	{Failed, string(NoPermission)}: "could not be examined: no permission to read it",
	{Failed, string(NotRegular)}:   "could not be examined: not a regular file",
	{Failed, string(EmptyFile)}:    "could not be examined: the file is empty",
	{Failed, string(NotMedia)}:     "could not be examined: not a readable video or photo",
	{Failed, string(BadGeometry)}:  "could not be examined: the picture's size is zero or too large",
	{Failed, string(NoFrames)}:     "could not be examined: not one frame could be decoded",
	{Failed, string(ModelFailed)}:  "could not be examined: a model failed",
	{Failed, string(BadScores)}:    "could not be examined: the classifier gave no usable number",
	{Failed, string(TimedOut)}:     "could not be examined in the time allowed",
	{Failed, string(Interrupted)}:  "interrupted before the end",
	{Failed, string(Crashed)}:      "could not be examined: the decoder or a model crashed",
	{Failed, string(Internal)}:     "could not be examined: internal error",
}}

// wording is the verdict in one line. A scored input is worded by its band, the others by their first reason.
func wording(l Language, status Status, band Band, reason Reason) string {
	detail := string(reason)
	if status == Scored {
		detail = string(band)
	}
	if text, ok := phrases[l][phrase{status, detail}]; ok {
		return text
	}
	return phrases[l][phrase{status, ""}]
}
