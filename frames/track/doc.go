// Package track follows faces through time: it finds the cuts between shots and links the faces of one shot into tracks.
//
// Everything is measured in presentation time, never in frame counts, so a clip sampled twice a second and the same clip
// with every frame are followed by the same rules. It is pure Go and keeps no pixels but a
// coarse mean of each face it follows.
package track
