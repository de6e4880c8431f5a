#!/usr/bin/env bash
# Makes sure that a Go exists which can build this module. From Go 1.21 on, the go command fetches the toolchain that
# go.mod asks for by itself; an older one (Debian 12) fetches the same archive as a plain module, checked against Go's
# checksum database, and it is unpacked into lib/.go: the dot hides its sources from ./... .
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

WANTED=$(awk '$1 == "toolchain" {print $2}' go.mod)
WANTED=${WANTED:-go$(awk '$1 == "go" {print $2}' go.mod)}

can_switch() { # can_switch GO: is it at least 1.21?
	local version
	version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
	[ "$(printf 'go1.21\n%s\n' "$version" | sort -V | head -1)" = go1.21 ]
}

export PATH="$PWD/lib/.go/bin:$PATH"
if command -v go >/dev/null && can_switch go; then exit 0; fi

if ! command -v go >/dev/null; then
	say "installing: golang-go"
	apt_install golang-go ||
		fail "could not install Go" "apt-get install golang-go, or install Go 1.21 or later by hand"
	if can_switch go; then exit 0; fi
fi

say "fetching $WANTED (the system's $(go version | cut -d' ' -f3) is too old to do so by itself)"
arch=$(go env GOARCH)
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
dir=$(cd "$scratch" && GOFLAGS=-modcacherw GOMODCACHE="$scratch" go mod download -json "golang.org/toolchain@v0.0.1-$WANTED.linux-$arch" |
	awk -F'"' '$2 == "Dir" {print $4}') || true
[ -n "${dir:-}" ] || fail "could not fetch $WANTED" "install Go 1.21 or later by hand, then again: make setup"
mkdir -p lib
rm -rf lib/.go
cp -r "$dir" lib/.go
chmod -R u+w lib/.go
chmod +x lib/.go/bin/* lib/.go/pkg/tool/*/* # the module cache keeps no permissions
