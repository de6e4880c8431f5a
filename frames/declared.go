package frames

// Declared is what a file says of its own making. Anybody can write anything there, and most programs wipe it: it is
// told beside a score, never mixed into it. Texts are one line of printable UTF-8 of bounded length.
type Declared struct {
	C2PA       Presence
	SourceType string   // IPTC digital source types, of XMP and of the C2PA manifest, such as "trainedAlgorithmicMedia"; comma between several
	Software   []string // programs, encoders and muxers that left their names, in the order in which they were found
	Device     string   // maker and model of the camera
	Created    string   // when it was taken, as written there
}

// Presence says whether something is in a file.
type Presence string

// The presences. Present means that it is there, not that it is valid.
const (
	Present Presence = "present"
	Absent  Presence = "absent"
	Unread  Presence = "unread" // nobody looked: this kind of file is not understood that far
)
