#!/usr/bin/env bash
# Score what compose.py made, and print what became of it: per kind of clip the AUC of the clip score and of a plain mean over
# faces, how many of the fake stretches were found and how well they lie, segments on genuine minutes; and identity switches.
#
#     testdata/compose/measure.sh OUT [OPTIONS]    options of `blendscope scan`, such as --models FOLDER --classifier NAME
#
# MANIFEST is the manifest.json of the weights, for their calibration: by default that of the shipped ones.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(realpath "${1:?usage: measure.sh OUT [OPTIONS]}")
shift
manifest=$(realpath "${MANIFEST:-models/standard/manifest.json}")
"${BLENDSCOPE:-bin/blendscope}" scan --quiet --timeline --format json --output "$out/results.json" "$@" "$out" --include '*.mp4' --exclude '*.part.mp4'
go test ./score -count=1 -run Recorded -v -results "$out/results.json" -labels "$out/labels.tsv" -manifest "$manifest" | sed -n 's/^ *replay_test.go:[0-9]*: //p'
python3 testdata/compose/switches.py "$out/results.json" "$out/paths.tsv"
