package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
)

// keyMap is every key, in the order of the help.
type keyMap struct {
	// anywhere
	help, quit, stop, suspend, back, language key.Binding
	up, down, pageUp, pageDown                key.Binding
	top, bottom                               key.Binding
	// a clip
	play, left, right, farLeft, farRight key.Binding
	stepBack, step                       key.Binding
	nextStretch, previousStretch         key.Binding
	nextFace, previousFace, worst        key.Binding
	faster, slower                       key.Binding
	zoom, heat, compare, mark, nextMark  key.Binding
	export, facesView, again, copy       key.Binding
	// the queue
	open, sort, reverse, search, filter, add, retry key.Binding
}

func newKeys() keyMap {
	bind := func(keys, shown, does string) key.Binding {
		return key.NewBinding(key.WithKeys(strings.Fields(keys)...), key.WithHelp(shown, does))
	}
	return keyMap{
		help:     bind("? f1", "?", "this help"),
		quit:     bind("Q", "Q", "quit"),
		stop:     bind("ctrl+c", "ctrl+c", "quit at once"),
		suspend:  bind("ctrl+z", "ctrl+z", "to the shell; fg comes back"),
		back:     bind("q esc backspace", "q esc", "back, or quit"),
		language: bind("L", "L", "verdict in English or French"),
		up:       bind("up k", "↑ k", "up"),
		down:     bind("down j", "↓ j", "down"),
		pageUp:   bind("pgup ctrl+u ctrl+b", "pgup", "a page up"),
		pageDown: bind("pgdown ctrl+d ctrl+f", "pgdn", "a page down"),
		top:      bind("home g 0", "g home", "to the start"),
		bottom:   bind("end G $", "G end", "to the end"),

		play:            bind("space p", "space", "play or pause"),
		left:            bind("left h", "← h", "a second back"),
		right:           bind("right l", "→ l", "a second on"),
		farLeft:         bind("shift+left H", "H", "ten seconds back"),
		farRight:        bind("shift+right", "⇧→", "ten seconds on"),
		stepBack:        bind(",", ",", "a frame back"),
		step:            bind(".", ".", "a frame on"),
		nextStretch:     bind("n ]", "n", "next stretch to look at"),
		previousStretch: bind("N [", "N", "previous stretch"),
		nextFace:        bind("tab down j", "tab ↓ j", "next face"),
		previousFace:    bind("shift+tab up k", "⇧tab ↑ k", "previous face"),
		worst:           bind("w", "w", "worst frame (of the face)"),
		faster:          bind("> +", "> +", "faster"),
		slower:          bind("< -", "< -", "slower"),
		zoom:            bind("z", "z", "zoom to the face"),
		heat:            bind("m", "m", "map of the traces"),
		compare:         bind("c", "c", "compare with this moment"),
		mark:            bind("a", "a", "mark, with a comment"),
		nextMark:        bind("'", "'", "next mark"),
		export:          bind("e", "e", "export"),
		facesView:       bind("f", "f", "all faces"),
		again:           bind("R", "R", "score again"),
		copy:            bind("y", "y", "summary to the clipboard"),

		open:    bind("enter l right", "enter", "open"),
		sort:    bind("s", "s", "sort by the next column"),
		reverse: bind("S", "S", "turn the order round"),
		search:  bind("/", "/", "search names"),
		filter:  bind("f", "f", "show only …"),
		add:     bind("a", "a", "add a file or folder"),
		retry:   bind("r R", "r", "score again"),
	}
}

// help are the keys of a view, in groups that belong together.
func (k keyMap) forView(v view, canGoBack bool) []key.Binding {
	back := k.back
	if !canGoBack {
		back.SetHelp("q esc", "quit")
	}
	switch v {
	case clipView:
		return []key.Binding{
			k.play, k.left, k.right, k.farLeft, k.farRight, k.stepBack, k.step, k.top, k.bottom, k.faster, k.slower,
			k.nextStretch, k.previousStretch, k.worst, k.nextFace, k.previousFace, k.zoom, k.heat, k.compare,
			k.mark, k.nextMark, k.export, k.copy, k.language, k.facesView, k.again, back, k.suspend, k.quit, k.help,
		}
	case facesView:
		return []key.Binding{k.up, k.down, k.left, k.right, k.open, back, k.quit, k.help}
	}
	return []key.Binding{
		k.up, k.down, k.pageUp, k.pageDown, k.top, k.bottom, k.open, k.sort, k.reverse, k.search, k.filter, k.add, k.retry,
		k.copy, k.language, back, k.suspend, k.quit, k.help,
	}
}
