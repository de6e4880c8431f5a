package exit

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	boom := errors.New("boom")
	tests := map[string]struct {
		err        error
		code       Code
		text, hint string
	}{
		"nil":             {nil, Done, "", ""},
		"plain":           {boom, CouldNotRun, "boom", ""},
		"coded":           {With(NotScored, boom), NotScored, "boom", ""},
		"silent":          {With(FailAbove, nil), FailAbove, "", ""},
		"hinted":          {Hint(boom, "try %d", 2), CouldNotRun, "boom", "try 2"},
		"hint over code":  {Hint(Usagef("bad %s", "flag"), "look"), Usage, "bad flag", "look"},
		"wrapped":         {fmt.Errorf("scan: %w", Hint(With(Usage, boom), "look")), Usage, "scan: boom", "look"},
		"hint of another": {fmt.Errorf("load: %w", helpful{}), CouldNotRun, "load: no library", "install it"},
		"outermost wins":  {With(Interrupted, With(Usage, boom)), Interrupted, "boom", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Of(test.err); got != test.code {
				t.Errorf("Of = %d, want %d", got, test.code)
			}
			if text, hint := Message(test.err); text != test.text || hint != test.hint {
				t.Errorf("Message = %q, %q, want %q, %q", text, hint, test.text, test.hint)
			}
		})
	}
}

func TestHintOfNil(t *testing.T) {
	if err := Hint(nil, "nothing"); err != nil {
		t.Errorf("Hint(nil) = %v", err)
	}
}

func TestTableNamesEveryCode(t *testing.T) {
	for _, code := range []Code{Done, CouldNotRun, Usage, NotScored, FailAbove, Interrupted} {
		if !strings.Contains(Table(), fmt.Sprintf("%3d  ", code)) {
			t.Errorf("code %d is not in the table", code)
		}
	}
}

// helpful is an error of another package that has a hint.
type helpful struct{}

func (helpful) Error() string { return "no library" }
func (helpful) Hint() string  { return "install it" }
