package score

// Language is a language that verdicts can be worded in.
type Language string

// The languages. Another one is another table in phrases.
const (
	English Language = "en"
	French  Language = "fr"
)

// phrase is a key of the message table: a status, then a band or a reason.
type phrase struct {
	status Status
	detail string
}

// phrases is the message table, never written to. Nothing in it calls material authentic: the tool can find signs of
// manipulation, and not finding any proves nothing.
var phrases = map[Language]map[phrase]string{English: english, French: french}

var english = map[phrase]string{
	{Scored, string(Weak)}:       "little or no sign of face manipulation found; that is no proof that there is none",
	{Scored, string(Moderate)}:   "some signs of face manipulation",
	{Scored, string(Strong)}:     "strong signs of face manipulation",
	{Scored, string(VeryStrong)}: "very strong signs of face manipulation",

	{Inconclusive, ""}:                    "the evidence does not allow a verdict",
	{Inconclusive, string(TooFewFaces)}:   "too few usable faces for a verdict",
	{Inconclusive, string(FacesTooSmall)}: "the faces are too small for a verdict",
	{Inconclusive, string(LowQuality)}:    "the faces are too blurred, dark, turned away or compressed for a verdict",
	{Inconclusive, string(WideInterval)}:  "the frames disagree too much, or are too few, for a verdict",
	{Inconclusive, string(SinglePicture)}: "some signs in a single picture, too little for a verdict",

	{NotApplicable, ""}:              "nothing in it that this tool examines",
	{NotApplicable, string(NoFace)}:  "no face found; only faces are examined",
	{NotApplicable, string(NoVideo)}: "no video in this file; only pictures are examined",

	{Failed, ""}:                   "could not be examined",
	{Failed, string(NotFound)}:     "could not be examined: no such file",
	{Failed, string(NoPermission)}: "could not be examined: no permission to read it",
	{Failed, string(NotRegular)}:   "could not be examined: not a regular file",
	{Failed, string(EmptyFile)}:    "could not be examined: the file is empty",
	{Failed, string(NotMedia)}:     "could not be examined: not a readable video or photo",
	{Failed, string(Unsupported)}:  "could not be examined: photos or videos of this format are not read",
	{Failed, string(BadGeometry)}:  "could not be examined: the picture's size is zero or too large",
	{Failed, string(NoFrames)}:     "could not be examined: not one frame could be decoded",
	{Failed, string(ModelFailed)}:  "could not be examined: a model failed",
	{Failed, string(BadScores)}:    "could not be examined: the classifier gave no usable number",
	{Failed, string(TimedOut)}:     "could not be examined in the time allowed",
	{Failed, string(Interrupted)}:  "interrupted before the end",
	{Failed, string(Changed)}:      "could not be examined: the file changed meanwhile; it may still be being written",
	{Failed, string(Hung)}:         "could not be examined: the decoder or a model came to a halt",
	{Failed, string(Crashed)}:      "could not be examined: the decoder or a model crashed",
	{Failed, string(OutOfMemory)}:  "could not be examined: it takes more memory than allowed",
	{Failed, string(Internal)}:     "could not be examined: internal error",
}

var french = map[phrase]string{
	{Scored, string(Weak)}:       "peu ou pas de traces de manipulation des visages ; cela ne prouve pas qu’il n’y en ait pas",
	{Scored, string(Moderate)}:   "quelques traces de manipulation des visages",
	{Scored, string(Strong)}:     "traces nettes de manipulation des visages",
	{Scored, string(VeryStrong)}: "traces très nettes de manipulation des visages",

	{Inconclusive, ""}:                    "les éléments ne permettent pas de conclure",
	{Inconclusive, string(TooFewFaces)}:   "trop peu de visages exploitables pour conclure",
	{Inconclusive, string(FacesTooSmall)}: "visages trop petits pour conclure",
	{Inconclusive, string(LowQuality)}:    "visages trop flous, sombres, tournés ou compressés pour conclure",
	{Inconclusive, string(WideInterval)}:  "images trop contradictoires ou trop peu nombreuses pour conclure",
	{Inconclusive, string(SinglePicture)}: "quelques traces dans une seule image, trop peu pour conclure",

	{NotApplicable, ""}:              "rien que cet outil examine",
	{NotApplicable, string(NoFace)}:  "aucun visage trouvé ; seuls les visages sont examinés",
	{NotApplicable, string(NoVideo)}: "pas d’image dans ce fichier ; seules les images sont examinées",

	{Failed, ""}:                   "n’a pas pu être examiné",
	{Failed, string(NotFound)}:     "n’a pas pu être examiné : fichier introuvable",
	{Failed, string(NoPermission)}: "n’a pas pu être examiné : lecture non autorisée",
	{Failed, string(NotRegular)}:   "n’a pas pu être examiné : ce n’est pas un fichier ordinaire",
	{Failed, string(EmptyFile)}:    "n’a pas pu être examiné : fichier vide",
	{Failed, string(NotMedia)}:     "n’a pas pu être examiné : ni vidéo ni photo lisible",
	{Failed, string(Unsupported)}:  "n’a pas pu être examiné : photos et vidéos de ce format ne sont pas lues",
	{Failed, string(BadGeometry)}:  "n’a pas pu être examiné : taille d’image nulle ou trop grande",
	{Failed, string(NoFrames)}:     "n’a pas pu être examiné : aucune image n’a pu être décodée",
	{Failed, string(ModelFailed)}:  "n’a pas pu être examiné : un modèle a échoué",
	{Failed, string(BadScores)}:    "n’a pas pu être examiné : le classificateur n’a donné aucun nombre exploitable",
	{Failed, string(TimedOut)}:     "n’a pas pu être examiné dans le temps imparti",
	{Failed, string(Interrupted)}:  "interrompu avant la fin",
	{Failed, string(Changed)}:      "n’a pas pu être examiné : le fichier a changé entre-temps ; il est peut-être en cours d’écriture",
	{Failed, string(Hung)}:         "n’a pas pu être examiné : le décodeur ou un modèle ne répondait plus",
	{Failed, string(Crashed)}:      "n’a pas pu être examiné : le décodeur ou un modèle s’est arrêté brutalement",
	{Failed, string(OutOfMemory)}:  "n’a pas pu être examiné : il demande plus de mémoire que permis",
	{Failed, string(Internal)}:     "n’a pas pu être examiné : erreur interne",
}

// Words is the verdict in one line in a language; Outcome.Wording is the English one.
func (o Outcome) Words(l Language) string {
	var first Reason
	if len(o.Reasons) > 0 {
		first = o.Reasons[0]
	}
	return wording(l, o.Status, o.Band, first)
}

// wording is the verdict in one line; a language without a table gets English. A scored input is worded by its band, the others by their first reason.
func wording(l Language, status Status, band Band, reason Reason) string {
	detail := string(reason)
	if status == Scored {
		detail = string(band)
	}
	table, ok := phrases[l]
	if !ok {
		table = english
	}
	if text, ok := table[phrase{status, detail}]; ok {
		return text
	}
	return table[phrase{status, ""}]
}
