#!/usr/bin/env bash
# Runs for hours what the tests run for seconds: thousands of damaged files, hundreds of clips in one run. Needs ffmpeg.
#   MUTANTS=2000 STEADY=500 SEED=1  how much, and which damage
#   SOURCES=FOLDER                  files to damage and to repeat, instead of short ones made from testdata/
#   KEEP=FOLDER                     where to put files that no scoring process survives
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/say.sh

MUTANTS=${MUTANTS:-2000}
STEADY=${STEADY:-500}
SEED=${SEED:-1}
SOURCES=${SOURCES:-}
KEEP=${KEEP:-}

# Short clips in every container that is read: what is tested is how they are read, not how long they are.
make_sources() { # FOLDER
	local clip name
	cp testdata/photos/portrait.jpg testdata/clips/audio-only.m4a "$1"
	for name in portrait vfr rotated noface; do
		clip=testdata/clips/$name.mp4
		ffmpeg -nostdin -v error -y -noautorotate -t 0.6 -i "$clip" -vf scale=240:-2 -an -c:v libx264 -crf 28 "$1/$name.mp4"
	done
	clip=testdata/clips/portrait.mp4
	for name in mpeg4.mp4 h264.mov h264.mkv mpeg4.avi h264.ts flv1.flv vp8.webm vp9.webm mjpeg.avi gif.gif mpeg1.mpg hevc.mp4; do
		ffmpeg -nostdin -v error -y -t 0.6 -i "$clip" -vf scale=240:-2 -an $(encoder "${name%.*}") "$1/$name" ||
			say "no $name: this ffmpeg cannot make it"
	done
	ffmpeg -nostdin -v error -y -t 0.1 -i "$clip" -frames:v 1 "$1/frame.png"
}

encoder() { # NAME
	case $1 in
	h264) echo -c:v libx264 -crf 28 ;;
	hevc) echo -c:v libx265 -x265-params log-level=error ;;
	vp8) echo -c:v libvpx -b:v 300k ;;
	vp9) echo -c:v libvpx-vp9 -b:v 300k ;;
	mpeg1) echo -c:v mpeg1video ;;
	*) echo -c:v "$1" ;;
	esac
}

if [ -z "$SOURCES" ]; then
	command -v ffmpeg >/dev/null || fail "ffmpeg is not installed" "apt-get install ffmpeg, or SOURCES=FOLDER"
	SOURCES=$(mktemp -d)
	trap 'rm -rf "$SOURCES"' EXIT
	make_sources "$SOURCES"
fi
export BLENDSCOPE_ONNXRUNTIME=${BLENDSCOPE_ONNXRUNTIME:-$PWD/lib/libonnxruntime.so}
go test ./cmd/blendscope -count=1 -timeout 12h -v -run 'Mutants|ManyClips|Disguised|Canary|NoNetwork' \
	-mutants "$MUTANTS" -steady "$STEADY" -seed "$SEED" -sources "$(realpath "$SOURCES")" -keep "${KEEP:+$(realpath "$KEEP")}"
