package opencv

import "os"

// harden restricts FFmpeg and quietens it. OpenCV reads these variables with getenv at every open; there is no other way
// to hand them over, so they belong to the whole process. They are constants, which makes setting them again harmless;
// they are written only when they differ, because writing the environment is not safe while native threads read it.
func harden() {
	for name, value := range environment() {
		if os.Getenv(name) != value {
			_ = os.Setenv(name, value) // fails only for malformed names; cgo passes it on to the C library
		}
	}
}

// environment lists the variables. In the capture options, ";" parts a key from its value and "|" parts pairs.
func environment() map[string]string {
	return map[string]string{
		// No protocol but plain files, no demuxer but those of the families in package container: nothing that FFmpeg
		// reads can make it open a second file or the network. A packet that the end of the file cut short is dropped
		// instead of being shown as a grey smear.
		"OPENCV_FFMPEG_CAPTURE_OPTIONS": "protocol_whitelist;file" +
			"|format_whitelist;mov,matroska,avi,gif,mpegts,mpeg,flv,asf,ogg" +
			"|fflags;+discardcorrupt",
		"OPENCV_FFMPEG_LOGLEVEL": "-8", // AV_LOG_QUIET: a damaged file must not write over our own output
		"OPENCV_LOG_LEVEL":       "SILENT",
	}
}
