#!/usr/bin/env bash
# Measures the CUDA path on a machine with an NVIDIA GPU that need not have Go, OpenCV, this repository or a network.
#
#   scripts/measure-gpu.sh pack [FOLDER]             here: FOLDER (default: gpu) gets classifier, tests and benchmark, 25 MB
#   scripts/measure-gpu.sh runtime [FOLDER]          here: adds ONNX Runtime with CUDA, 200 MB, unless that machine has it
#   scripts/measure-gpu.sh program FOLDER CLIP...    here: adds the program with all its libraries (120 MB), and clips
#   FOLDER/measure-gpu.sh run [PART...]              there: all parts, or some: conformance cpu cuda variants program
#
# runtime and program make pieces of PIECE (default 45M) in FOLDER/pieces, which may arrive one after the other; run puts
# them together. There it needs a driver, CUDA 13 and cuDNN 9, of the system or of Python's packages (PyTorch brings them),
# and ONNX Runtime: the library that BLENDSCOPE_ONNXRUNTIME names, else the pieces, else that of Python's onnxruntime-gpu.
# DEVICE=cpu BENCHTIME=1x tries everything without a GPU; DEVICE=cuda:0,1 measures several.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

pack() {
	cd "$here/.."
	mkdir -p "$1"
	# model/ort opens the runtime while it runs and links to nothing else; the models are in the binary.
	GOFLAGS='' go test -c -trimpath -ldflags '-s -w' -o "$1/ort.test" ./model/ort
	rm -rf "$1/testdata" "$1/half"
	mkdir -p "$1/testdata"
	cp -r testdata/onnx "$1/testdata/"
	cp scripts/measure-gpu.sh "$1/"
	local python=${PYTHON:-python3}
	[ -n "${PYTHON:-}" ] || [ ! -x lib/venv/bin/python ] || python=lib/venv/bin/python
	"$python" models/training/half.py --model models/standard --to "$1/half" 2>/dev/null ||
		echo "no classifier in half precision: $python lacks onnx or onnxruntime (make setup-training)"
	du -sh "$1"
}

pieces() { # FOLDER NAME SOURCE: the content of SOURCE, in pieces that say when they are complete
	mkdir -p "$1/pieces"
	rm -f "$1/pieces/$2".*
	tar -C "$3" -cz . | split -b "${PIECE:-45M}" - "$1/pieces/$2.tar.gz."
	(cd "$1/pieces" && sha256sum "$2".tar.gz.* >"$2.sha256")
	ls -l "$1/pieces"
}

runtime() {
	local scratch
	scratch=$(mktemp -d)
	mkdir -p "$scratch/scripts"
	cp "$here"/{onnxruntime,say}.sh "$scratch/scripts/" # beside which it makes lib/: the one here stays as it is
	"$scratch/scripts/onnxruntime.sh" cuda
	rm -f "$scratch"/lib/*tensorrt*
	pieces "$1" runtime "$scratch/lib"
	rm -rf "$scratch"
}

program() { # FOLDER CLIP...
	local folder=$1 scratch file
	shift
	[ $# -gt 0 ] || { echo "error: name clips to carry along" >&2; exit 2; }
	scratch=$(mktemp -d)
	mkdir -p "$scratch"/{lib,clips}
	cp "$here/../bin/blendscope" "$scratch/"
	cp "$@" "$scratch/clips/"
	# All but the C library, which must be that machine's.
	ldd "$scratch/blendscope" | awk '/=> \// { print $3 }' | while read -r file; do
		case $(basename "$file") in
		libc.so* | libm.so* | libmvec.so* | libdl.so* | libpthread.so* | librt.so* | libresolv.so* | libutil.so* | libanl.so*) ;;
		*) cp -L "$file" "$scratch/lib/" ;;
		esac
	done
	pieces "$folder" program "$scratch"
	rm -rf "$scratch"
}

unpack() { # NAME: from its pieces
	[ ! -e "$here/$1/.whole" ] || return 0
	(cd "$here/pieces" && sha256sum --check --quiet "$1.sha256") || { echo "error: pieces of $1 are missing or damaged" >&2; return 1; }
	mkdir -p "$here/$1"
	cat "$here/pieces/$1".tar.gz.* | tar -C "$here/$1" -xz
	touch "$here/$1/.whole"
}

library() { # the runtime with CUDA
	if [ -n "${BLENDSCOPE_ONNXRUNTIME:-}" ]; then
		echo "$BLENDSCOPE_ONNXRUNTIME"
	elif [ -e "$here/pieces/runtime.sha256" ]; then
		unpack runtime && echo "$here/runtime/libonnxruntime.so"
	else
		python3 -c 'import glob, onnxruntime, os
print(glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "libonnxruntime.so*"))[0])' ||
			{ echo "error: no ONNX Runtime: bring it (runtime), or set BLENDSCOPE_ONNXRUNTIME" >&2; return 1; }
	fi
}

cuda_libraries() { # folders of those in Python's packages
	python3 -c 'import nvidia, pathlib
print(":".join(sorted({str(f.parent) for root in nvidia.__path__ for f in pathlib.Path(root).rglob("lib*.so.*")})))' 2>/dev/null || true
}

tests() { "$here/ort.test" -test.v -test.run "$1" 2>&1; }

bench() { # PATTERN: rows of the benchmark
	"$here/ort.test" -test.run - -test.bench "$1" -test.benchtime "$time" >bench.txt 2>&1 || { tail -n 5 bench.txt >&2 && return 1; }
	grep ^Benchmark bench.txt
}

best() { # PATTERN FILE: faces a second
	awk -v row="$1" '$1 ~ row { for (i = 2; i < NF; i++) if ($(i + 1) == "crops/s" && $i > b) b = $i } END { print b + 0 }' "$2"
}

measure_conformance() {
	echo "== conformance: nothing of cuda may fail or be skipped"
	tests 'Conform|Reproduce|Agree|Parity' >conformance.txt || true
	grep -E '^ *--- FAIL|scores differ' conformance.txt || true
	grep -E '_test\.go:[0-9]+:' conformance.txt | grep -vE 'differ' | sort -u | head -5 || true # why, or why not
	echo "cuda: $(grep -c -- '--- PASS.*/cuda' conformance.txt) passed, $(grep -c -- '--- FAIL.*/cuda' conformance.txt) failed, $(grep -c -- '--- SKIP.*/cuda' conformance.txt) skipped"
}

measure_cpu() {
	echo "== CPU, one thread for each of $cores cores"
	BLENDSCOPE_BENCH_THREADS=$cores bench 'Classifier/(bare|classifier)/(8|16)$' | tee cpu.txt
	BLENDSCOPE_BENCH_THREADS=$cores bench 'Classifier/callers' | tee -a cpu.txt
}

measure_cuda() {
	echo "== $device"
	BLENDSCOPE_BENCH_DEVICE=$device bench Classifier | tee cuda.txt
	local slow=0 fast bare
	[ ! -s cpu.txt ] || slow=$(best . cpu.txt)
	fast=$(best '/callers/' cuda.txt) bare=$(best "/bare/$large-" cuda.txt) # the callers' batches, too, have 64 faces
	echo "== faces/s: CPU $slow, $device $fast, bare ONNX Runtime with batches of $large $bare"
	awk -v s="$slow" -v f="$fast" -v b="$bare" 'BEGIN { if (s && b) printf "%.1f times the CPU (asked: 20), %.2f of bare ONNX Runtime (asked: 0.9)\n", f / s, f / b }'
}

variant() { # MODELS OPTIONS: one row
	export BLENDSCOPE_BENCH_MODELS=$1 BLENDSCOPE_BENCH_CUDA=$2
	BLENDSCOPE_BENCH_DEVICE=$device bench "Classifier/bare/$large" >variant.txt || true
	BLENDSCOPE_BENCH_DEVICE=$device bench Classifier/callers >>variant.txt || true
	printf '| %s %s | %s | %s | %s | %s |\n' "${1:+half precision}" "$2" "$(best /bare/ variant.txt)" "$(best /callers/1 variant.txt)" \
		"$(best /callers/2 variant.txt)" "$(tests Agree/cuda | grep -oE 'no CUDA|scores differ by at most [0-9.]+' | grep -oE 'no CUDA|[0-9.]+$' | head -1)"
}

measure_variants() {
	echo "== faces/s with other settings of the provider, and with the classifier in half precision"
	printf '| variant | bare, batches of %s | 64 clips | the same, two copies on each GPU | scores differ by |\n|---|---|---|---|---|\n' "$large"
	local options half=''
	for options in '' use_tf32=1 prefer_nhwc=1 use_tf32=1,prefer_nhwc=1 cudnn_conv_algo_search=EXHAUSTIVE; do (variant '' "$options"); done
	[ ! -d half ] || half=half
	for options in ${half:+'' prefer_nhwc=1}; do (variant "$here/half" "$options"); done
}

scores() { awk -F, 'NR > 1 { n = split($2, path, "/"); print path[n], $4 }' "$1" | sort; } # FILE: name and score of each clip

measure_program() {
	[ -e pieces/program.sha256 ] || { echo "== the program was not brought along: not measured"; return 0; }
	unpack program || return 1
	echo "== the program"
	scan() { LD_LIBRARY_PATH=$here/program/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$here/program/blendscope" "$@"; }
	scan doctor || true
	echo "-- in a process of its own: $(scan scan -q --device "$device" --format jsonl "$(find program/clips -type f | sort | head -1)" 2>&1 |
		grep -oE '"(status|provider_used)":"[^"]*"|^error.*' | tr '\n' ' ')"
	scan scan -q --in-process --device cpu --jobs "$cores" --format csv program/clips >cpu.csv || [ $? -eq 3 ]
	scan scan -q --in-process --device "$device" --jobs "$cores" --format csv program/clips >cuda.csv || [ $? -eq 3 ]
	join <(scores cpu.csv) <(scores cuda.csv) | awk 'NF == 3 { d = $2 - $3; if (d < 0) d = -d; if (d > most) most = d; n++ }
		END { printf "-- %d clips: scores differ by at most %.4f from the CPU'"'"'s (asked: 0.01)\n", n, most }'
	crowd
}

crowd() { # 64 clips at once
	local clips n sampler
	rm -rf many && mkdir many
	mapfile -t clips < <(find program/clips -type f | sort)
	for n in $(seq 0 $((${CROWD:-64} - 1))); do ln "${clips[$((n % ${#clips[@]}))]}" "many/$n-$(basename "${clips[$((n % ${#clips[@]}))]}")"; done
	nvidia-smi --query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits -lms 250 >gpu.txt 2>/dev/null &
	sampler=$!
	{ TIMEFORMAT='%R %U %S' && time scan scan -q --in-process --all-frames --device "$device" --jobs "$cores" --format jsonl many >many.jsonl || [ $? -eq 3 ]; } 2>time.txt
	kill $sampler 2>/dev/null || true
	awk -v cores="$cores" -v frames="$(grep -oE '"frames_scored":[0-9]+' many.jsonl | awk -F: '{ n += $2 } END { print n + 0 }')" -v clips="$(wc -l <many.jsonl)" '
		END { printf "-- %d clips at once: %.0f frames/s, %.1f s, cores busy %.0f %%\n", clips, frames / $1, $1, 100 * ($2 + $3) / $1 / cores }' time.txt
	awk -F, '{ n++; busy += $1; if ($2 > most) most = $2 } END { if (n) printf "-- GPU busy %.0f %% on average, %d MiB at most (asked: GPU or cores 90 %%)\n", busy / n, most }' gpu.txt
}

run() {
	device=${DEVICE:-cuda} cores=$(nproc) time=${BENCHTIME:-4s} large=64
	[ "$device" != cpu ] || large=4
	BLENDSCOPE_ONNXRUNTIME=$(library)
	LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$(cuda_libraries)
	export BLENDSCOPE_ONNXRUNTIME LD_LIBRARY_PATH
	cd "$here" # the test binary looks for testdata here
	nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true
	[ $# -gt 0 ] || set -- conformance cpu cuda variants program
	local part
	for part; do
		case $part in
		conformance | cpu | cuda | variants | program) "measure_$part" || echo "== $part was not measured to its end" ;;
		*) echo "error: no part named $part" >&2; exit 2 ;;
		esac
	done
}

verb=${1:-help}
shift || true
case $verb in
pack | runtime) $verb "${1:-gpu}" ;;
program | run) $verb "$@" ;;
*) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
