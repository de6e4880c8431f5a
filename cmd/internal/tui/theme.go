package tui

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/blendscope/blendscope/cmd/internal/termimg"
	"github.com/blendscope/blendscope/score"
)

// theme is how the screen looks on this terminal. Whatever a colour says is also said by a sign or a word.
type theme struct {
	dark                                             bool
	depth                                            termimg.Depth
	title, faint, strong, chosen, bad, key, bar, gap lipgloss.Style
	bands                                            map[score.Band]lipgloss.Style
	tracks                                           []termimg.Color
}

func newTheme(dark bool, profile colorprofile.Profile) theme {
	pick := func(onLight, onDark string) color.Color {
		if dark {
			return lipgloss.Color(onDark)
		}
		return lipgloss.Color(onLight)
	}
	plain := lipgloss.NewStyle()
	t := theme{
		dark: dark, depth: depthOf(profile),
		title:  plain.Bold(true),
		faint:  plain.Foreground(pick("#666666", "#8a8a8a")),
		strong: plain.Bold(true).Foreground(pick("#000000", "#ffffff")),
		chosen: plain.Reverse(true),
		bad:    plain.Bold(true).Foreground(pick("#b00020", "#ff6b6b")),
		key:    plain.Foreground(pick("#005f87", "#5fd7ff")),
		bar:    plain.Foreground(pick("#444444", "#bcbcbc")),
		gap:    plain.Foreground(pick("#bbbbbb", "#4e4e4e")),
	}
	if t.depth == termimg.Sixteen {
		t.faint, t.gap = plain.Faint(true), plain.Faint(true)
		t.bad, t.key, t.bar = plain.Bold(true).Foreground(lipgloss.Red), plain.Foreground(lipgloss.Cyan), plain
		t.strong = plain.Bold(true)
	}
	// No band is green: a low score does not say that all is well.
	t.bands = map[score.Band]lipgloss.Style{
		score.Weak:       plain.Foreground(pick("#4f6d8f", "#87afd7")),
		score.Moderate:   plain.Foreground(pick("#8a6d00", "#ffd75f")),
		score.Strong:     plain.Foreground(pick("#b35000", "#ff9f43")),
		score.VeryStrong: plain.Bold(true).Foreground(pick("#b00020", "#ff5f5f")),
	}
	if t.depth == termimg.Sixteen { // the terminal's own, which its user has made readable
		t.bands = map[score.Band]lipgloss.Style{
			score.Weak:       plain.Foreground(lipgloss.Cyan),
			score.Moderate:   plain.Foreground(lipgloss.Yellow),
			score.Strong:     plain.Foreground(lipgloss.Magenta),
			score.VeryStrong: plain.Bold(true).Foreground(lipgloss.Red),
		}
	}
	t.tracks = []termimg.Color{
		{R: 0x4c, G: 0xc9, B: 0xf0},
		{R: 0xf9, G: 0xc7, B: 0x4f},
		{R: 0xc7, G: 0x92, B: 0xff},
		{R: 0x9b, G: 0xdd, B: 0x6d},
		{R: 0xff, G: 0x8f, B: 0xab},
		{R: 0x43, G: 0xd9, B: 0xb5},
		{R: 0xf7, G: 0x8c, B: 0x5b},
		{R: 0xd0, G: 0xd0, B: 0xd0},
	}
	return t
}

func depthOf(p colorprofile.Profile) termimg.Depth {
	switch p {
	case colorprofile.TrueColor:
		return termimg.TrueColor
	case colorprofile.ANSI256:
		return termimg.Palette
	case colorprofile.ANSI:
		return termimg.Sixteen
	}
	return termimg.Plain
}

// track is the colour of a track on pictures; grey for a face without one.
func (t theme) track(id int) termimg.Color {
	if id <= 0 {
		return termimg.Color{R: 0xa0, G: 0xa0, B: 0xa0}
	}
	return t.tracks[(id-1)%len(t.tracks)]
}

// trackText is the colour of a track in text: darker on a light background.
func (t theme) trackText(id int) lipgloss.Style {
	c := t.track(id)
	if !t.dark {
		c.R, c.G, c.B = c.R/2, c.G/2, c.B/2
	}
	return lipgloss.NewStyle().Bold(true).Foreground(color.RGBA{c.R, c.G, c.B, 255})
}

// bandOf is the band of a score by the result's thresholds, or the usual ones.
func bandOf(p float64, t score.Thresholds) score.Band {
	if t == (score.Thresholds{}) {
		t = score.DefaultThresholds()
	}
	switch {
	case p >= t.VeryStrong:
		return score.VeryStrong
	case p >= t.Strong:
		return score.Strong
	case p >= t.Moderate:
		return score.Moderate
	}
	return score.Weak
}

// sign is a band as the table of scan shows it.
func sign(b score.Band) string {
	switch b {
	case score.VeryStrong:
		return "!!!"
	case score.Strong:
		return "!!"
	case score.Moderate:
		return "!"
	case score.Weak:
		return "."
	}
	return ""
}

// fit makes a line just as wide as asked for: cut with an ellipsis, or filled up.
func fit(s string, width int) string {
	if width <= 0 {
		return ""
	}
	n := ansi.StringWidth(s)
	if n > width {
		s = ansi.Truncate(s, width, "…")
		n = ansi.StringWidth(s)
	}
	return s + strings.Repeat(" ", max(0, width-n))
}

// sides puts one text at the left and one at the right end of a line. The right one is kept whole if it fits.
func sides(left, right string, width int) string {
	n := ansi.StringWidth(right)
	if n >= width {
		return fit(right, width)
	}
	return fit(left, width-n) + right
}
