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

# apt_install PACKAGE...: quiet when it works, everything apt said when it does not.
apt_install() {
	local log
	log=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@" 2>&1) ||
		{ say "$log"; return 1; }
}
