#!/usr/bin/env bash
# Measures what docs/performance.md says of speed and memory and prints it as Markdown; ten minutes, on an idle machine.
# Needs `make build`; with `make setup-training` it also sets the program against a Python pipeline. RUNS=1 SECONDS_LONG=10
# CURVES=0 try it quickly; KEEP=FOLDER keeps the clips for another time; CURVES=0 leaves docs/performance.svg as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

RUNS=${RUNS:-3}
SECONDS_SHORT=${SECONDS_SHORT:-20}
SECONDS_LONG=${SECONDS_LONG:-60}
BIN=bin/blendscope
PHOTO=testdata/photos/portrait.jpg
THREADS=$(nproc)
export LC_ALL=C BLENDSCOPE_ONNXRUNTIME=${BLENDSCOPE_ONNXRUNTIME:-$PWD/lib/libonnxruntime.so}

need() { # PROGRAM PACKAGE
	command -v "$1" >/dev/null || fail "$1 is not installed" "apt-get install $2"
}
need ffmpeg ffmpeg
need python3 python3
[ -x /usr/bin/time ] || fail "/usr/bin/time is not installed" "apt-get install time"
[ -x $BIN ] || fail "$BIN is not there" "make build"
[ -e "$BLENDSCOPE_ONNXRUNTIME" ] || fail "ONNX Runtime is not there" "make setup"

work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT

# clip SECONDS FILE: 1080p, 30 frames/s, H.264 at 6 Mbit/s; the face of the photo, 400 pixels high, under a slow zoom, a
# slow pan and light noise. The same on every run with the same FFmpeg.
clip() {
	[ ! -s "$2" ] || return 0
	local frames=$(($1 * 30))
	say "making a clip of $1 s"
	ffmpeg -v error -nostdin -y -loop 1 -i $PHOTO -filter_complex "
		[0]split[a][b]; [a]scale=2880:1620,boxblur=40[back]; [b]scale=-2:1620[front];
		[back][front]overlay=(W-w)/2:0,trim=end_frame=1,
		zoompan=z='1.2+0.15*sin(on/150)':x='(iw-iw/zoom)*(0.5+0.3*sin(on/110))':y='(ih-ih/zoom)*0.3':d=$frames:s=1920x1080:fps=30,
		noise=alls=6:allf=t:all_seed=1,format=yuv420p" \
		-frames:v $frames -c:v libx264 -preset veryfast -b:v 6M -maxrate 9M -bufsize 12M -threads 2 -f mp4 "$2.part"
	mv "$2.part" "$2"
}

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.6f\n", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# field FILE STAGE EXPRESSION: a figure of a row of a report; s is the row.
field() {
	python3 -c 'import json, sys
rows = {r["stage"]: r for r in json.load(open(sys.argv[1]))["rows"]}
s = rows[sys.argv[2]]
print(eval(sys.argv[3]))' "$@"
}

row() { printf '| %s | %s |\n' "$1" "$2"; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }

# decoding: FFmpeg and our decoder in turn, so that both see the same machine
decoding() {
	local i
	for ((i = 0; i <= RUNS; i++)); do # the first warms up
		say "decoding, run $i of $RUNS"
		/usr/bin/time -f '%e %U %S' -o "$work/time" \
			ffmpeg -v error -nostdin -threads "$THREADS" -i "$1" -an -f null - 2>/dev/null
		"$BIN" bench -q --stages decode --runs 1 --warm-up 0 --max-duration 0 -o "$work/decode.json" "$1"
		[ "$i" -gt 0 ] || continue
		awk '{ print $1 }' "$work/time" >>"$work/theirs.wall"
		awk '{ print $2 + $3 }' "$work/time" >>"$work/theirs.cpu"
		field "$work/decode.json" decode 's["seconds"]["median"]' >>"$work/ours.wall"
		field "$work/decode.json" decode 's["cpu_seconds"]' >>"$work/ours.cpu"
	done
	local frames theirs ours
	frames=$(field "$work/decode.json" decode 's["items"]')
	theirs=$(median <"$work/theirs.wall") ours=$(median <"$work/ours.wall")
	row "\`ffmpeg -threads $THREADS -i clip -f null -\`" \
		"$(calc '%.0f frames/s, %.1f CPU s' "$frames/$theirs, $(median <"$work/theirs.cpu")")"
	row "decoding alone, every frame to BGR" \
		"$(calc '%.0f frames/s, %.1f CPU s' "$frames/$ours, $(median <"$work/ours.cpu")")"
	row "decoding: our speed over FFmpeg's" "$(calc '%.2f' "$theirs/$ours")"
}

# peak FILE SECONDS: memory of a whole scan
peak() {
	say "scanning every frame of $2 s"
	/usr/bin/time -f '%e %M' -o "$work/time" "$BIN" scan -q --all-frames --format json -o "$work/scan.json" "$1" || [ $? -eq 3 ] # 3: no firm score
	row "peak memory, \`scan --all-frames\`, $2 s" "$(awk '{ printf "%.0f MB (%.1f s)", $2 * 1024 / 1e6, $1 }' "$work/time")"
}

photo() {
	local i start
	say "scoring a photo"
	for i in {0..10}; do
		start=$EPOCHREALTIME
		"$BIN" scan -q $PHOTO >/dev/null || [ $? -eq 3 ]
		[ "$i" -eq 0 ] || calc '%.6f\n' "$EPOCHREALTIME-$start" >>"$work/photo"
	done
	row "\`scan\` of a photo, from process start" "$(calc '%.2f s' "$(median <"$work/photo")")"
}

stages() {
	say "measuring each stage"
	"$BIN" bench -q --runs "$RUNS" -o "$work/bench.json" "$1"
	python3 - "$work/bench.json" <<'PY'
import json, sys
r = json.load(open(sys.argv[1]))
fps = r["settings"]["sample_fps"]
for s in r["rows"]:
    name = s["stage"].replace("-sampled", f", {fps:g} frames/s").replace("-", " ")
    p = s["per_second"]
    text = f'{p["median"]:.1f} {s["unit"]}/s (±{50 * (p["high"] - p["low"]) / p["median"]:.0f}%)'
    if s["stage"].startswith(("decode", "end-to-end")):
        text += f', {s["real_time"]:.1f}x real time'
    print(f"| {name} | {text} |")
for o in r["overlaps"]:
    name = o["stage"].replace("-sampled", f", {fps:g} frames/s").replace("-", " ")
    print(f'| {name}: speed over that of its slower half alone | {o["of_slower"]:.2f} |')
    print(f'| {name}: speed over what the cores allow | {o["of_cores"]:.2f} |')
PY
}

# beside: the same clip, sampling and networks in Python, frame by frame; the ratios are of one run
beside() {
	local python=lib/venv/bin/python
	if ! $python -c 'import cv2, onnxruntime' 2>/dev/null; then
		say "no lib/venv (make setup-training): not set against Python"
		return
	fi
	local torch=
	$python -c 'import onnx, torch' 2>/dev/null && torch=--torch
	say "setting against a Python pipeline"
	printf '\n```\n'
	$python testdata/compare/pipeline.py $torch --program "$BIN" --runs "$RUNS" --max-duration 10 "$1" || true # it says what differs
	$python testdata/compare/pipeline.py --program "$BIN" --runs "$RUNS" --max-duration 4 --all-frames "$1" || true
	printf '```\n'
}

short=$work/$SECONDS_SHORT.mp4 long=$work/$SECONDS_LONG.mp4
clip "$SECONDS_SHORT" "$short"
clip "$SECONDS_LONG" "$long"
rm -f "$work"/*.wall "$work"/*.cpu "$work/photo"
say "load before: $(cut -d' ' -f1-3 /proc/loadavg) on $THREADS cores"
row "one face, 1080p30, H.264; $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $THREADS cores" "median of $RUNS runs"
echo "|---|---|"
stages "$short"
decoding "$short"
peak "$short" "$SECONDS_SHORT"
peak "$long" "$SECONDS_LONG"
photo
beside "$short"
if [ "${CURVES:-1}" != 0 ]; then
	say "measuring how cost grows"
	RUNS=1 scripts/measure-curves.py "$work/curves"
fi
