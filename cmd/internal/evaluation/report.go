package evaluation

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/blendscope/blendscope/cmd/internal/output"
	"github.com/blendscope/blendscope/score"
	"github.com/blendscope/blendscope/score/metrics"
)

// SchemaID names the version of the report, which evaluation.schema.json beside this file describes. Fields are only
// added within a version; readers ignore unknown ones.
const SchemaID = "blendscope.evaluation/1"

// Report is a whole evaluation.
type Report struct {
	Schema      string           `json:"schema"`
	Tool        score.Tool       `json:"tool"` // that made the report
	Models      []score.ModelRef `json:"models"`
	ScoredBy    []score.Tool     `json:"scored_by"` // results may have been kept from earlier runs
	Runtimes    []score.Runtime  `json:"runtimes"`
	Settings    score.Settings   `json:"settings"`
	Labels      Source           `json:"labels"`
	Statistics  Statistics       `json:"statistics"`
	Files       Counts           `json:"files"`
	Coverage    Estimate         `json:"coverage"` // share of all files with status scored
	Overall     Figures          `json:"overall"`  // all fakes against all genuine files
	Methods     []Figures        `json:"methods"`  // by name
	Genuine     Genuine          `json:"genuine"`
	Bands       []Band           `json:"bands"` // strongest first
	Segments    Segments         `json:"segments"`
	ROC         []Point          `json:"roc"` // from the strictest threshold, null, to the laxest; empty without both classes
	Reliability []Bin            `json:"reliability"`
	Worst       Worst            `json:"worst"`
	Fit         *Fit             `json:"fit,omitempty"` // with --fit
	Rows        []Row            `json:"rows"`          // a row per file, in the order of the labels
}

// Source is the label file.
type Source struct {
	Path     string `json:"path"`
	SHA256   string `json:"sha256"`
	Repeated int    `json:"repeated"` // lines that said again what an earlier one said
}

// Statistics tells how figures and intervals were computed.
type Statistics struct {
	Interval float64 `json:"interval"` // what share of intervals hold the truth
	Draws    int     `json:"bootstrap_draws"`
	Seed     uint64  `json:"bootstrap_seed"`
	Prior    Number  `json:"prior"` // share of fakes for which ECE and Cllr are computed
	Bins     int     `json:"ece_bins"`
}

// Number is null in JSON when it could not be computed, and has six decimals: more would not be the same on every
// processor.
type Number float64

// MarshalJSON writes the number.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	v := math.Round(float64(n)*1e6)/1e6 + 0 // no -0
	return strconv.AppendFloat(nil, v, 'f', -1, 64), nil
}

// Estimate is a figure and its 95 % interval, each null where there was too little to compute it.
type Estimate struct {
	Value Number `json:"value"`
	Low   Number `json:"low"`
	High  Number `json:"high"`
}

func estimate(e metrics.Estimate) Estimate {
	return Estimate{Number(e.Value), Number(e.Low), Number(e.High)}
}

// Counts are how files ended.
type Counts struct {
	Total         int `json:"total"`
	Groups        int `json:"groups"`
	Scored        int `json:"scored"`
	Inconclusive  int `json:"inconclusive"`
	NotApplicable int `json:"not_applicable"`
	Errors        int `json:"errors"`
}

// Figures are those of one method, or of all. Files, Coverage and Strong are about its fakes alone.
type Figures struct {
	Method   string   `json:"method,omitempty"`
	Files    Counts   `json:"files"`
	Coverage Estimate `json:"coverage"`
	AUC      Estimate `json:"auc"`
	EER      Estimate `json:"eer"`
	TPR1     Estimate `json:"tpr_at_fpr_0.01"`
	TPR5     Estimate `json:"tpr_at_fpr_0.05"`
	ECE      Estimate `json:"ece"`
	Cllr     Estimate `json:"cllr"`            // bits
	Strong   Estimate `json:"strong_or_above"` // share of the scored
}

// Genuine is about the genuine files. Strong is the share of the scored ones that would be accused.
type Genuine struct {
	Files    Counts   `json:"files"`
	Coverage Estimate `json:"coverage"`
	Strong   Estimate `json:"strong_or_above"`
}

// Band counts the scored files in one.
type Band struct {
	Name    score.Band `json:"band"`
	Low     Number     `json:"low"`
	Genuine int        `json:"genuine"`
	Fake    int        `json:"fake"`
}

// Point is one of the ROC curve.
type Point struct {
	Threshold Number `json:"threshold"`
	FPR       Number `json:"fpr"`
	TPR       Number `json:"tpr"`
}

// Bin is one of the reliability diagram. FakeShare is what it would be at the prior of the statistics; it and MeanScore
// are null in an empty bin.
type Bin struct {
	Low       Number `json:"low"`
	High      Number `json:"high"`
	Genuine   int    `json:"genuine"`
	Fake      int    `json:"fake"`
	MeanScore Number `json:"mean_score"`
	FakeShare Number `json:"fake_share"`
}

// Worst are mistakes, the worst first: genuine files scored high, fakes scored low.
type Worst struct {
	Genuine []Row `json:"genuine"`
	Fake    []Row `json:"fake"`
}

// Fit is a suggested calibration p = 1 / (1 + exp(-(a*logit + b))). Before and After are the Cllr of the scores as they
// are and as they would be, the latter by fits that have not seen the groups they are applied to.
type Fit struct {
	Files  int    `json:"files"`
	Folds  int    `json:"folds"`
	A      Number `json:"a"`
	B      Number `json:"b"`
	Before Number `json:"cllr_before"`
	After  Number `json:"cllr_after"`
}

// Row is one file.
type Row struct {
	Path     string         `json:"path"` // bytes that are not UTF-8 are replaced
	Label    string         `json:"label"`
	Method   string         `json:"method,omitempty"`
	Group    string         `json:"group"`
	SHA256   string         `json:"sha256,omitempty"`
	Status   score.Status   `json:"status"`
	Score    *Number        `json:"score,omitempty"`
	Interval *[2]Number     `json:"score_interval,omitempty"`
	Logit    *Number        `json:"logit,omitempty"`
	Band     score.Band     `json:"band,omitempty"`
	Reasons  []score.Reason `json:"reasons"`
	Wording  string         `json:"wording"`
}

func row(c Case) Row {
	o := c.Result.Outcome
	r := Row{
		Path: c.Path, Label: "real", Method: c.Method, Group: c.Group, SHA256: c.Result.Input.SHA256,
		Status: o.Status, Band: o.Band, Reasons: append([]score.Reason{}, o.Reasons...), Wording: o.Wording,
		Score: number(o.Score), Logit: number(o.Logit),
	}
	if c.Fake {
		r.Label = "fake"
	}
	if o.Interval != nil {
		r.Interval = &[2]Number{Number(o.Interval[0]), Number(o.Interval[1])}
	}
	return r
}

func number(v *float64) *Number {
	if v == nil {
		return nil
	}
	n := Number(*v)
	return &n
}

// charts fills in what the page draws.
func (r *Report) charts(of []metrics.Example, o Options) {
	r.ROC, r.Reliability = []Point{}, []Bin{}
	curve := metrics.ROC(of)
	if !math.IsNaN(curve.AUC()) {
		for _, p := range curve {
			r.ROC = append(r.ROC, Point{Number(p.Threshold), Number(p.FPR), Number(p.TPR)})
		}
	}
	for i, b := range metrics.ReliabilityAt(of, o.Bins, o.Prior) {
		bin := Bin{Low: Number(b.Low), High: Number(b.High), MeanScore: Number(b.MeanScore), FakeShare: Number(b.FakeShare)}
		if b.Count == 0 {
			bin.MeanScore, bin.FakeShare = Number(math.NaN()), Number(math.NaN())
		}
		for _, e := range of {
			switch {
			case max(0, min(o.Bins-1, int(e.Score*float64(o.Bins)))) != i:
			case e.Fake:
				bin.Fake++
			default:
				bin.Genuine++
			}
		}
		r.Reliability = append(r.Reliability, bin)
	}
}

// JSON is the report as a document. What a terminal would act on is written as \u escapes, which mean the same.
func (r *Report) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(output.EscapeJSON(data), '\n'), nil
}
