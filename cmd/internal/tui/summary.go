package tui

import (
	"fmt"
	"strings"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
)

// phrases are the words of a summary in one language. %s and %d are filled in, in this order.
type phrases struct {
	score, noScore, stretch, face, mark, file, made, caveat string
}

func phrasesIn(l score.Language) phrases {
	if l == score.French {
		return phrases{
			score:   "Score : %s %% (intervalle à 95 %% : %.0f à %.0f %%)",
			noScore: "Pas de score",
			stretch: "À regarder : %s–%s, visage %d, %.0f %%",
			face:    "Visage %d : %.0f %%, visible de %s à %s",
			mark:    "Repère %s (image %d) : %s",
			file:    "Fichier : %s",
			made:    "Établi avec Blendscope %s, modèle %s",
			caveat: "Le score est la probabilité estimée qu’un visage ait été manipulé : un indice parmi d’autres. " +
				"Un score faible ne prouve pas que le fichier soit authentique.",
		}
	}
	return phrases{
		score:   "Score: %s%% (95%% range: %.0f to %.0f%%)",
		noScore: "No score",
		stretch: "Look at: %s–%s, face %d, %.0f%%",
		face:    "Face %d: %.0f%%, seen from %s to %s",
		mark:    "Mark %s (frame %d): %s",
		file:    "File: %s",
		made:    "Made with Blendscope %s, model %s",
		caveat:  "The score is the estimated chance that a face was manipulated: one hint among others. " + "A low score does not prove that the file is authentic.",
	}
}

// Summary is a result in a few lines of text, to be pasted into a message.
func Summary(r *score.Result, marks []Mark, l score.Language) string {
	p := phrasesIn(l)
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	add(p.file, output.Printable(r.Input.Path))
	if r.Input.SHA256 != "" {
		add("SHA-256: %s", output.Printable(r.Input.SHA256))
	}
	o := r.Outcome
	if o.Score != nil && o.Interval != nil {
		add(p.score, fmt.Sprintf("%.0f", score.WholePercent(*o.Score)), score.WholePercent(o.Interval[0]), score.WholePercent(o.Interval[1]))
	} else {
		add("%s", p.noScore)
	}
	add("%s", output.Printable(o.Words(l)))
	for _, t := range r.Tracks {
		add(p.face, t.ID, score.WholePercent(t.Score), fine(ms(t.FirstMS)), fine(ms(t.LastMS)))
	}
	for _, s := range r.Segments {
		add(p.stretch, fine(ms(s.StartMS)), fine(ms(s.EndMS)), s.Track, score.WholePercent(s.Score))
	}
	for _, m := range marks {
		add(p.mark, exact(ms(m.TMS)), m.Frame, output.Printable(m.Comment))
	}
	add(p.made, output.Printable(r.Tool.Version), output.Printable(r.Settings.Classifier))
	lines = append(lines, p.caveat)
	return strings.Join(lines, "\n") + "\n"
}
