#!/usr/bin/env bash
# What supervision costs, and how busy two jobs keep two cores. On an idle machine; needs `make build`.
#   overhead.sh [FILE OR FOLDER]...   what to scan; by default the clips of testdata/, each eight times
#   RUNS=3                            runs of each kind, of which the median counts
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/say.sh

RUNS=${RUNS:-3}
BIN=bin/blendscope
export LC_ALL=C BLENDSCOPE_ONNXRUNTIME=${BLENDSCOPE_ONNXRUNTIME:-$PWD/lib/libonnxruntime.so}
[ -x "$BIN" ] || fail "$BIN is not there" "make build"
[ -x /usr/bin/time ] || fail "/usr/bin/time is not installed" "apt-get install time"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Equal files are scored once: each copy gets an empty box of its own.
if [ $# -eq 0 ]; then
	for i in 1 2 3 4 5 6 7 8; do
		for clip in testdata/clips/{portrait,selfblended,rotated,vfr}.mp4; do
			{ cat "$clip"; printf '\0\0\0\020free%08d' "$i"; } >"$scratch/$i-$(basename "$clip")"
		done
	done
	set -- "$scratch"
fi

measure() { # FLAGS...: seconds of wall clock and of processor time, one run a line
	for _ in $(seq "$RUNS"); do
		/usr/bin/time -o "$scratch/time" -f '%e %U %S' "$BIN" scan --quiet --all-frames --format csv "$@" >/dev/null || [ $? -eq 3 ]
		awk 'NF == 3 {print $1, $2 + $3}' "$scratch/time" # beside it may stand the exit code
	done
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

inside=$(measure --in-process "$@" | median)
apart=$(measure "$@" | median)
two=$(measure --jobs 2 "$@" | sort -n | sed -n "$(((RUNS + 1) / 2))p")
awk -v a="$inside" -v b="$apart" 'BEGIN {printf "in this process %.2f s, supervised %.2f s: %+.1f %%\n", a, b, 100 * (b / a - 1)}'
awk -v two="$two" 'BEGIN {split(two, t); printf "two jobs: %.2f s, two cores %.0f %% busy\n", t[1], 100 * t[2] / t[1] / 2}'
