#!/usr/bin/env bash
# Installs what is missing to build, run and test Blendscope on Debian 12 or 13 or Ubuntu 24.04. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

# package: what it is for
PACKAGES=(
	libopencv-dev    # gocv
	pkg-config       # gocv finds OpenCV with it
	g++ libc6-dev    # cgo
	ca-certificates  # fetching modules and the runtime
	git              # fetching modules, the version in the binary
	python3 python3-pip # pip fetches the ONNX Runtime library, and checks its digest
	ffmpeg           # tests make their clips with it
	tmux             # a test reviews a clip in a real terminal
)

missing_packages() {
	local p
	for p in "${PACKAGES[@]}"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"
	done
}

install_packages() {
	local missing
	mapfile -t missing < <(missing_packages)
	[ "${#missing[@]}" -gt 0 ] || return 0
	command -v apt-get >/dev/null ||
		fail "no apt-get here; these are missing: ${missing[*]}" "install OpenCV 4.6 or later with its headers, pkg-config, a C++ compiler and Go, then: make build"
	say "installing: ${missing[*]}"
	as_root apt-get update -qq || say "warning: apt-get update failed; trying with the old lists"
	apt_install "${missing[@]}" ||
		fail "could not install: ${missing[*]}" "apt-get update && apt-get install ${missing[*]}"
}

install_packages
scripts/go-toolchain.sh
scripts/onnxruntime.sh cpu
