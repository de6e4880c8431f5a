#!/usr/bin/env bash
# Measures the classifier on a machine with an NVIDIA GPU that need not have Go, OpenCV or this repository.
#
#   scripts/measure-gpu.sh pack [FOLDER]      here: FOLDER (default: gpu) gets all that has to be carried, some 15 MB
#   FOLDER/measure-gpu.sh run                 there: conformance of the CUDA provider, then the rates
#   scripts/measure-gpu.sh runtime [FOLDER]   here, only if that machine has no onnxruntime-gpu: adds its library in pieces
#                                             of PIECE (default 60M) that run puts together again
#
# There it needs a driver, CUDA 13 and cuDNN 9, and ONNX Runtime with CUDA: the library that BLENDSCOPE_ONNXRUNTIME names,
# else the carried pieces, else the one of Python's package (python3 -m pip install onnxruntime-gpu).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

pack() {
	cd "$here/.."
	mkdir -p "$1"
	# model/ort opens the runtime while it runs and links to nothing else; the models are in the binary.
	GOFLAGS='' go test -c -trimpath -o "$1/ort.test" ./model/ort
	rm -rf "$1/testdata"
	mkdir -p "$1/testdata"
	cp -r testdata/onnx "$1/testdata/"
	cp scripts/measure-gpu.sh "$1/"
	du -sh "$1"
}

runtime() {
	cd "$here/.."
	scripts/onnxruntime.sh cuda
	mkdir -p "$1/pieces"
	tar -C lib -cz libonnxruntime.so "$(readlink lib/libonnxruntime.so)" libonnxruntime_providers_shared.so libonnxruntime_providers_cuda.so |
		split -b "${PIECE:-60M}" - "$1/pieces/runtime.tar.gz."
	ls -l "$1/pieces"
}

library() { # the runtime with CUDA
	if [ -n "${BLENDSCOPE_ONNXRUNTIME:-}" ]; then
		echo "$BLENDSCOPE_ONNXRUNTIME"
	elif compgen -G "$here/pieces/runtime.tar.gz.*" >/dev/null; then
		mkdir -p "$here/lib"
		cat "$here"/pieces/runtime.tar.gz.* | tar -C "$here/lib" -xz
		echo "$here/lib/libonnxruntime.so"
	else
		python3 -c 'import glob, onnxruntime, os
print(glob.glob(os.path.join(os.path.dirname(onnxruntime.__file__), "capi", "libonnxruntime.so*"))[0])'
	fi
}

run() {
	BLENDSCOPE_ONNXRUNTIME=$(library)
	export BLENDSCOPE_ONNXRUNTIME
	cd "$here" # the test binary looks for testdata here
	local cuda=${DEVICE:-cuda} cores
	cores=$(nproc)
	nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true
	echo "== conformance; nothing of cuda may be skipped"
	"$here/ort.test" -test.v -test.run 'Conforms|Reproduce|Agree' | grep -E '^ *--- |no CUDA|^(ok|PASS|FAIL)' || true
	echo "== CPU, one thread for each of $cores cores"
	BLENDSCOPE_BENCH_THREADS=$cores "$here/ort.test" -test.run - -test.bench 'Classifier/(bare|classifier)/(8|16)$' -test.benchtime 5s | tee "$here/cpu.txt"
	echo "== $cuda"
	BLENDSCOPE_BENCH_DEVICE=$cuda "$here/ort.test" -test.run - -test.bench Classifier -test.benchtime 5s | tee "$here/cuda.txt"
	best() { awk -v row="$2" '$0 ~ row { for (i = 2; i < NF; i++) if ($(i + 1) == "crops/s" && $i > b) b = $i } END { print b + 0 }' "$here/$1.txt"; }
	local slow fast bare
	slow=$(best cpu /classifier/) fast=$(best cuda /classifier/) bare=$(best cuda /bare/)
	echo "== faces/s: CPU $slow, $cuda $fast, bare ONNX Runtime there $bare"
	awk -v s="$slow" -v f="$fast" -v b="$bare" 'BEGIN { if (s && b) printf "%.1f times the CPU (asked: 20), %.2f of bare ONNX Runtime (asked: 0.9)\n", f / s, f / b }'
}

case "${1:-}" in
pack | runtime) "$1" "${2:-gpu}" ;;
run) run ;;
*) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
