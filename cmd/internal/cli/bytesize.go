package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// bytesize is a flag for an amount of memory, written as 512MiB, 2G or 1000000. The zero value means not set.
type bytesize int64

var _ pflag.Value = (*bytesize)(nil)

// leastMemory is less than any engine needs.
const leastMemory = 16 << 20

// Set reads a number of bytes, KiB, MiB or GiB.
func (b *bytesize) Set(s string) error {
	text := strings.ToLower(strings.TrimSpace(s))
	shift := 0
	for i, unit := range []string{"k", "m", "g", "t"} {
		for _, suffix := range []string{unit, unit + "b", unit + "ib"} {
			if number, ok := strings.CutSuffix(text, suffix); ok && shift == 0 {
				text, shift = strings.TrimSpace(number), 10*(i+1)
			}
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	size := v * float64(int64(1)<<shift)
	if err != nil || !(size >= leastMemory) || size > 1<<60 {
		return fmt.Errorf("want an amount of memory, at least 16MiB, such as 512MiB or 4GiB")
	}
	*b = bytesize(size)
	return nil
}

// String is empty when not set.
func (b *bytesize) String() string {
	switch v := int64(*b); {
	case v == 0:
		return ""
	case v%(1<<30) == 0:
		return fmt.Sprintf("%dGiB", v>>30)
	case v%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", v>>20)
	default:
		return strconv.FormatInt(v, 10)
	}
}

// Type is the placeholder in the help.
func (b *bytesize) Type() string { return "memory" }
