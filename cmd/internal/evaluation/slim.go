package evaluation

import "github.com/blendscope/blendscope/score"

// Slim is a result without what only its reader needs: thousands are kept at once.
func Slim(r *score.Result) *score.Result {
	slim := *r
	slim.Tracks, slim.Timeline = nil, nil
	return &slim
}
