package score

import "time"

// Aggregation names the rules by which frames become a verdict. It changes whenever they do.
const Aggregation = "tracks/5"

// DefaultThresholds are the lower ends of the bands.
func DefaultThresholds() Thresholds {
	return Thresholds{Moderate: 0.50, Strong: 0.70, VeryStrong: 0.90}
}

// The score never claims certainty.
const (
	LowestScore  = 0.01
	HighestScore = 0.99
)

// Bounded is a calibrated probability as far as a score goes: between LowestScore and HighestScore. A NaN stays one.
func Bounded(p float64) float64 { return max(LowestScore, min(HighestScore, p)) }

// Rules are the numbers behind "I cannot tell". An outcome is inconclusive, and says why, when one of these holds:
//
//   - too_few_faces: there are fewer than MinFaces usable faces. Where fewer frames than that were examined (a photo
//     is one), there must be as many faces as frames.
//   - faces_too_small: the median of the faces' longer sides is below MinFacePx.
//   - low_quality: no face is usable though they are large enough, or fewer than MinUsableShare of all faces are.
//   - wide_interval: the 95 % interval of the score is wider than MaxInterval, so the frames say hardly anything.
//   - single_picture: one frame was examined, and shows some signs but no strong ones (the moderate band). On photos that
//     is no evidence: 30 to 92 in a hundred genuine ones show them, and 47 to 87 manipulated ones (README.md).
//
// A face is usable when its quality reaches quality.Usable and the classifier gave a finite number.
type Rules struct {
	MinFaces       int
	MinFacePx      float64
	MinUsableShare float64
	MaxInterval    float64
}

// DefaultRules are the rules the pipeline follows.
func DefaultRules() Rules {
	return Rules{MinFaces: 3, MinFacePx: 48, MinUsableShare: 0.10, MaxInterval: 0.60}
}

// How a track is read. Times are of presentation.
const (
	// kernel is half the width of the smoothing window of the timeline. The weight falls off as 1 - (d / kernel)^2, so
	// half of it lies within a quarter of a second and nearly all within the second around a frame.
	kernel = 750 * time.Millisecond
	// kernelReach bounds the neighbours visited on each side: at 60 frames a second it is never reached.
	kernelReach = 64
	// beat is the least length of the steps in which evidence is weighed. Frames within a beat are nearly copies of each
	// other and count as one observation. Sparser sampling makes longer beats: at least one frame each.
	beat = 500 * time.Millisecond
	// stretchBeats is the shortest stretch that can lead a track: two seconds.
	stretchBeats = 4
	// priorSpread is how much stretches of one genuine face are expected to differ, in logits, before the clip itself has
	// shown it; priorWeight is how many stretches that expectation is worth.
	priorSpread = 0.5
	priorWeight = 4
	// gain is how fast a stretch that stands out by more than chance comes to be taken at its face value. Higher
	// finds more bursts and lifts more genuine clips; 3 was best on simulated clips (power_test.go).
	gain = 3
	// share is how much of the distance between the rest and the neutral logit is taken out of what stands out of it. Of
	// the variance of genuine logits some two thirds are common to the faces of a clip.
	share = 0.5
	// enoughBeats is the amount of evidence, two seconds of a face of fair quality, from which on a track is believed as
	// much as any other.
	enoughBeats = 3
	// temperature is that of the soft maximum over tracks, in logits. Were all known, it would be the variance of genuine
	// tracks about what the clip's others lead to expect, divided by how far a manipulation lifts them: 0.8 for
	// unrelated shots and a weak classifier, 0.2 for faces of one room and a good one. From 0.3 to 0.7 no simulated AUC
	// changes by more than 0.04 (README.md).
	temperature = 0.5
	// tracksDiffer is how much the tracks of a genuine clip are taken to differ, in logits, when it is reckoned what the
	// soft maximum reaches by chance: unrelated shots differ by 1.2, those of one camera by some 0.6. It is not taken from
	// the clip: of so few tracks the estimate is worse than this guess, and grows with the one that is looked for.
	tracksDiffer = 1.0
	// hardlyChance is from how many times tracksDiffer on the soft maximum stands so high above the mean of all that
	// nothing need be taken off for chance: one clear fake among five must not be read lower for its company.
	hardlyChance = 2.5
	// mostRises bounds the stretches that are looked for in one track.
	mostRises = 32
	// noise is the expected deviation of one independent observation from a track's mean, in logits: the floor under
	// the interval when a clip is too short to show its own.
	noise = 0.8
)

// What makes a segment.
const (
	// hysteresis is how far, in calibrated log odds, a running segment may sink below the moderate threshold.
	hysteresis = 0.4
	// minSegment and minSegmentFaces: shorter or thinner stretches are not sustained.
	minSegment      = time.Second
	minSegmentFaces = 3
	// segmentGap is the longest hole inside a segment.
	segmentGap = time.Second
)

// What is shown.
const (
	maxTracks      = 1000 // the best-seen ones; all of them take part in the verdict
	maxSegments    = 10000
	maxEvidence    = 5
	evidenceApart  = time.Second // so that the evidence is not five neighbouring frames
	bootstrapTimes = 400
)
