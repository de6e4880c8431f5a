# Sourced by the other scripts: talk to people, act as root.

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE HINT: what went wrong and the command that mends it.
fail() {
	say "error: $1"
	say "hint: $2"
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "$1 needs root" "run as root, or install sudo, then again: make setup"
	fi
}
