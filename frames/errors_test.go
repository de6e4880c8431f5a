package frames

import "testing"

func TestTruncatedError(t *testing.T) {
	for want, err := range map[string]*TruncatedError{
		"stream ends early: 53 of 100 frames decoded": {Decoded: 53, Expected: 100},
		"stream is damaged: 1 frames decoded":         {Decoded: 1, Expected: 1},
		"stream is damaged: 7 frames decoded":         {Decoded: 7},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
