package input

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Filter chooses among the files found in folders. The zero Filter takes the known photo and video extensions.
type Filter struct {
	Include []string // only files that match one of these, whatever their extension
	Exclude []string // never these; a folder that matches is not entered
}

// known are the extensions, in lower case, of files that are worth opening: what FFmpeg and OpenCV usually read, and the
// photo formats of telephones, so that one that cannot be read gets its row rather than being passed over.
var known = map[string]bool{
	// photos
	".jpg": true, ".jpeg": true, ".jpe": true, ".jfif": true, ".png": true, ".webp": true, ".bmp": true, ".tif": true,
	".tiff": true, ".heic": true, ".heif": true, ".avif": true, ".jp2": true,
	// videos
	".mp4": true, ".m4v": true, ".mov": true, ".qt": true, ".webm": true, ".mkv": true, ".avi": true, ".gif": true,
	".mpg": true, ".mpeg": true, ".mpe": true, ".m2v": true, ".ts": true, ".mts": true, ".m2ts": true, ".vob": true,
	".wmv": true, ".asf": true, ".flv": true, ".f4v": true, ".3gp": true, ".3g2": true, ".ogv": true, ".mxf": true,
	".mjpeg": true, ".mjpg": true, ".dv": true, ".divx": true, ".y4m": true, ".ivf": true, ".h264": true, ".264": true,
	".hevc": true, ".h265": true, ".265": true,
}

// Check is the first pattern that cannot be understood.
func (f Filter) Check() error {
	for _, pattern := range slices.Concat(f.Include, f.Exclude) {
		if _, err := path.Match(pattern, ""); err != nil {
			return fmt.Errorf("pattern %q: %w", pattern, err)
		}
	}
	return nil
}

// File reports whether a file is taken. rel is its path from the folder that was named.
func (f Filter) File(rel string) bool {
	base := filepath.Base(rel)
	if strings.HasPrefix(base, "._") {
		return false // macOS keeps attributes in files of this name beside the real one
	}
	if matches(f.Exclude, rel) {
		return false
	}
	if len(f.Include) > 0 {
		return matches(f.Include, rel)
	}
	return known[strings.ToLower(filepath.Ext(base))]
}

func (f Filter) prunes(rel string) bool { return matches(f.Exclude, rel) }

// matches compares a pattern that holds a slash with the whole relative path, any other with the last element.
func matches(patterns []string, rel string) bool {
	rel = filepath.ToSlash(rel)
	for _, pattern := range patterns {
		subject := path.Base(rel)
		if strings.Contains(pattern, "/") {
			subject = rel
		}
		if ok, _ := path.Match(strings.TrimSuffix(pattern, "/"), subject); ok {
			return true
		}
	}
	return false
}
