package score

// Band is a verbal scale for a score.
type Band string

// The bands, weakest first.
const (
	Weak       Band = "weak"        // below 0.50
	Moderate   Band = "moderate"    // 0.50 to below 0.70
	Strong     Band = "strong"      // 0.70 to below 0.90
	VeryStrong Band = "very strong" // 0.90 and above
)

// Reason is a machine-readable cause of a status. New reasons may be added within a version of the contract.
type Reason string

// Why an input is inconclusive, not applicable or an error.
const (
	// inconclusive
	TooFewFaces   Reason = "too_few_faces"   // fewer usable faces than the aggregator needs
	FacesTooSmall Reason = "faces_too_small" // the median face is below the size the model can judge
	LowQuality    Reason = "low_quality"     // blurred, dark or heavily compressed faces
	WideInterval  Reason = "wide_interval"   // the frames disagree too much
	SinglePicture Reason = "single_picture"  // some signs in one frame alone, as genuine photos show them, too
	Truncated     Reason = "truncated"       // only the readable part was examined; also given beside scored
	FacesLeftOut  Reason = "faces_left_out"  // more faces than the limit; also given beside scored
	DurationLimit Reason = "duration_limit"  // only the first part, up to Options.MaxDuration, was examined; beside scored
	BadTimestamps Reason = "bad_timestamps"  // timestamps ran backwards and were mended; beside scored

	// not_applicable
	NoFace  Reason = "no_face"
	NoVideo Reason = "no_video" // for example audio only

	// error
	NotFound     Reason = "not_found"
	NoPermission Reason = "no_permission"
	NotRegular   Reason = "not_a_regular_file"
	EmptyFile    Reason = "empty_file"
	NotMedia     Reason = "not_media"
	Unsupported  Reason = "unsupported_format" // a photo or video of a kind that is not read, such as HEIC
	BadGeometry  Reason = "bad_geometry"
	NoFrames     Reason = "no_frames" // it opened, but not one frame could be decoded
	ModelFailed  Reason = "model_failed"
	BadScores    Reason = "bad_scores" // the classifier gave no finite number
	TimedOut     Reason = "timeout"
	Interrupted  Reason = "interrupted"
	Changed      Reason = "file_changed" // while it was examined, as when it is still being written
	Hung         Reason = "hung"         // no progress for longer than is reasonable
	Crashed      Reason = "crashed"
	OutOfMemory  Reason = "out_of_memory" // more than the limit for one file
	Internal     Reason = "internal"
)

// Limit names something the result can not tell.
type Limit string

// The limits of what the shipped models see.
const (
	WholeImageSynthesis Limit = "whole_image_synthesis" // wholly generated pictures have no blending boundary
	AudioNotExamined    Limit = "audio_not_examined"
	OnlyFaces           Limit = "only_faces_examined"
	StillPhoto          Limit = "single_picture" // one picture carries far less evidence than a clip; on photos the shipped model has shown no skill
)
