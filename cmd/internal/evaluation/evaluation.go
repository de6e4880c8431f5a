// Package evaluation measures how well scores tell known fakes from known genuine files: it reads labels, keeps results
// between runs, computes figures with their intervals, and shows them as a table, as JSON and as an HTML page.
package evaluation

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/metrics"
)

// Case is a labelled file and what became of it.
type Case struct {
	Label
	Result *score.Result
}

func (c Case) scored() bool {
	return c.Result.Outcome.Status == score.Scored && c.Result.Outcome.Score != nil
}

// example is the case for the figures; it must be scored.
func (c Case) example() metrics.Example {
	return metrics.Example{Score: *c.Result.Outcome.Score, Fake: c.Fake, Group: c.Group}
}

// Options are how figures are computed.
type Options struct {
	Draws int     // of the bootstrap
	Seed  uint64  // of the bootstrap
	Bins  int     // of the reliability diagram and the ECE
	Prior float64 // share of fakes for which the scores are calibrated, in (0, 1)
	Fit   bool    // suggest a calibration
	Tool  score.Tool
}

// Defaults are the options when the user does not say. 1,000 draws give the ends of an interval to about a twentieth
// of its width.
func Defaults() Options { return Options{Draws: 1000, Seed: 1, Bins: 10, Prior: 0.5} }

// Evaluate computes the figures. The cases keep their order; the same cases give the same report.
func Evaluate(cases []Case, source Source, o Options) *Report {
	r := &Report{
		Schema: SchemaID, Tool: o.Tool, Labels: source,
		Statistics: Statistics{Interval: 0.95, Draws: o.Draws, Seed: o.Seed, Prior: Number(o.Prior), Bins: o.Bins},
		Methods:    []Figures{},
	}
	if len(cases) > 0 {
		r.Models, r.Settings = cases[0].Result.Models, cases[0].Result.Settings // the same for all
	}
	r.ScoredBy = distinct(cases, func(c Case) score.Tool { return c.Result.Tool })
	r.Runtimes = distinct(cases, func(c Case) score.Runtime { return c.Result.Runtime })
	byMethod, genuine, fakes := split(cases)
	r.Files, r.Coverage = count(cases), share(cases, o, Case.scored)
	r.Genuine = Genuine{Files: count(genuine), Coverage: share(genuine, o, Case.scored), Strong: strong(genuine, o)}
	r.Overall = figures("", fakes, genuine, o)
	for _, name := range slices.Sorted(maps.Keys(byMethod)) {
		r.Methods = append(r.Methods, figures(name, byMethod[name], genuine, o))
	}
	r.Bands = bands(genuine, fakes, r.Settings.Thresholds)
	r.Segments = segments(genuine, fakes, o)
	r.charts(examples(cases), o)
	r.Worst = worst(genuine, fakes, r.Settings.Thresholds.Moderate)
	for _, c := range cases {
		r.Rows = append(r.Rows, row(c))
	}
	if o.Fit {
		r.Fit = fit(cases, o)
	}
	return r
}

// distinct lists what the cases have, each once, in order of appearance.
func distinct[T comparable](cases []Case, of func(Case) T) []T {
	list := []T{}
	for _, c := range cases {
		if v := of(c); !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func split(cases []Case) (byMethod map[string][]Case, genuine, fakes []Case) {
	byMethod = map[string][]Case{}
	for _, c := range cases {
		if !c.Fake {
			genuine = append(genuine, c)
			continue
		}
		fakes = append(fakes, c)
		byMethod[c.Method] = append(byMethod[c.Method], c)
	}
	return byMethod, genuine, fakes
}

func count(cases []Case) Counts {
	n := Counts{Total: len(cases), Groups: groups(cases)}
	for _, c := range cases {
		switch {
		case c.scored():
			n.Scored++
		case c.Result.Outcome.Status == score.Inconclusive:
			n.Inconclusive++
		case c.Result.Outcome.Status == score.NotApplicable:
			n.NotApplicable++
		default:
			n.Errors++
		}
	}
	return n
}

func groups(cases []Case) int {
	names := map[string]bool{}
	for _, c := range cases {
		names[c.Group] = true
	}
	return len(names)
}

func scored(cases []Case) []Case {
	return slices.DeleteFunc(slices.Clone(cases), func(c Case) bool { return !c.scored() })
}

func examples(cases []Case) []metrics.Example {
	var list []metrics.Example
	for _, c := range scored(cases) {
		list = append(list, c.example())
	}
	return list
}

// share is how many of the cases have something.
func share(cases []Case, o Options, has func(Case) bool) Estimate {
	var list []metrics.Example
	for _, c := range cases {
		e := metrics.Example{Group: c.Group}
		if has(c) {
			e.Score = 1
		}
		list = append(list, e)
	}
	mean := func(of []metrics.Example) float64 {
		var sum float64
		for _, e := range of {
			sum += e.Score
		}
		return sum / float64(len(of)) // 0/0 is NaN
	}
	e := metrics.Bootstrap(list, mean, o.Draws, o.Seed)
	return estimate(widen(e, metrics.ShareInterval(e.Value, groups(cases))))
}

// strong is the share of the scored cases that reach the strong band.
func strong(cases []Case, o Options) Estimate {
	return share(scored(cases), o, func(c Case) bool {
		return c.Result.Outcome.Band == score.Strong || c.Result.Outcome.Band == score.VeryStrong
	})
}

// figures sets the fakes of one method, or of all, against all genuine files.
func figures(method string, fakes, genuine []Case, o Options) Figures {
	of := examples(slices.Concat(fakes, genuine))
	compute := func(of []metrics.Example) []float64 {
		curve := metrics.ROC(of)
		return []float64{
			curve.AUC(), curve.EER(), curve.TPRAt(0.01), curve.TPRAt(0.05),
			metrics.ECEAt(of, o.Bins, o.Prior), metrics.Cllr(of, o.Prior),
		}
	}
	e := metrics.BootstrapAll(of, compute, o.Draws, o.Seed)
	m, n := groups(scored(fakes)), groups(scored(genuine))
	e[0] = widen(e[0], metrics.AUCInterval(e[0].Value, m, n))
	e[1] = widen(e[1], metrics.ShareInterval(e[1].Value, min(m, n)))
	e[2] = widen(e[2], metrics.ShareInterval(e[2].Value, m))
	e[3] = widen(e[3], metrics.ShareInterval(e[3].Value, m))
	if m < 2 || n < 2 { // draws of a single case are all the same: their spread says nothing
		e[4].Low, e[4].High, e[5].Low, e[5].High = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	return Figures{
		Method: method, Files: count(fakes), Coverage: share(fakes, o, Case.scored), Strong: strong(fakes, o),
		AUC: estimate(e[0]), EER: estimate(e[1]), TPR1: estimate(e[2]), TPR5: estimate(e[3]),
		ECE: estimate(e[4]), Cllr: estimate(e[5]),
	}
}

// widen joins two intervals. The bootstrap knows of groups but is too sure where there are few of them: all draws of
// fakes that were all found say 100 %.
func widen(boot, classic metrics.Estimate) metrics.Estimate {
	if math.IsNaN(boot.Low) {
		return metrics.Estimate{Value: boot.Value, Low: classic.Low, High: classic.High}
	}
	if math.IsNaN(classic.Low) {
		return boot
	}
	return metrics.Estimate{Value: boot.Value, Low: min(boot.Low, classic.Low), High: max(boot.High, classic.High)}
}

func bands(genuine, fakes []Case, t score.Thresholds) []Band {
	list := []Band{
		{Name: score.VeryStrong, Low: Number(t.VeryStrong)},
		{Name: score.Strong, Low: Number(t.Strong)},
		{Name: score.Moderate, Low: Number(t.Moderate)},
		{Name: score.Weak},
	}
	tally := func(cases []Case, add func(*Band)) {
		for _, c := range scored(cases) {
			for i := range list {
				if list[i].Name == c.Result.Outcome.Band {
					add(&list[i])
				}
			}
		}
	}
	tally(genuine, func(b *Band) { b.Genuine++ })
	tally(fakes, func(b *Band) { b.Fake++ })
	return list
}

// mostMistakes are listed of each kind.
const mostMistakes = 10

// worst are the scored cases on the wrong side of the moderate threshold, the worst first.
func worst(genuine, fakes []Case, threshold float64) Worst {
	pick := func(cases []Case, sign float64) []Row {
		list := slices.DeleteFunc(scored(cases), func(c Case) bool { return (*c.Result.Outcome.Score >= threshold) == c.Fake })
		slices.SortStableFunc(list, func(a, b Case) int {
			return cmp.Or(cmp.Compare(sign**a.Result.Outcome.Score, sign**b.Result.Outcome.Score), strings.Compare(a.Path, b.Path))
		})
		rows := []Row{}
		for _, c := range list[:min(len(list), mostMistakes)] {
			rows = append(rows, row(c))
		}
		return rows
	}
	return Worst{Genuine: pick(genuine, -1), Fake: pick(fakes, 1)}
}

// fit suggests a calibration, and tells what it would be worth on groups that it has not seen.
func fit(cases []Case, o Options) *Fit {
	var logits, before []metrics.Example
	for _, c := range scored(cases) {
		if logit := c.Result.Outcome.Logit; logit != nil {
			logits = append(logits, metrics.Example{Score: *logit, Fake: c.Fake, Group: c.Group})
			before = append(before, c.example())
		}
	}
	a, b := metrics.FitPlatt(logits, o.Prior)
	after, folds := metrics.CrossFit(logits, o.Prior)
	for i := range after {
		after[i].Score = score.Bounded(after[i].Score) // as the scores that it is compared with
	}
	return &Fit{
		Files: len(logits), Folds: folds, A: Number(a), B: Number(b),
		Before: Number(metrics.Cllr(before, o.Prior)), After: Number(metrics.Cllr(after, o.Prior)),
	}
}
