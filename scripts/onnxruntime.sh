#!/usr/bin/env bash
# Puts the ONNX Runtime shared library into lib/, from the wheel on PyPI, pinned by version and SHA-256.
# usage: onnxruntime.sh cpu|cuda
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

VERSION=1.27.0
FLAVOUR=${1:-cpu}
ARCH=$(uname -m)
case "$FLAVOUR-$ARCH" in
cpu-x86_64)  PACKAGE=onnxruntime     SHA256=e4f7b0e90d2d212e2c2deaa6c8291616183ab815d3ec558ea12d3ac8b26d36f4 ;;
cpu-aarch64) PACKAGE=onnxruntime     SHA256=2eb083321af8a236a84c7c140a7f4cecbfa2a987a18c07c78db471c20cd390ef ;;
cuda-x86_64) PACKAGE=onnxruntime-gpu SHA256=404fb845dc06a04a28df5a2c6d5967bcf3f534e7df0b98507ff81686a1b49594 ;;
*) fail "no ONNX Runtime $VERSION for $FLAVOUR on $ARCH" "set BLENDSCOPE_ONNXRUNTIME to a libonnxruntime.so of version 1.24 or later" ;;
esac
STAMP="$VERSION $FLAVOUR $ARCH"

installed=$(cat lib/onnxruntime.stamp 2>/dev/null || true)
if [ "$installed" = "$STAMP" ]; then exit 0; fi
# A CUDA library serves the CPU too: do not take it away again.
if [ "$FLAVOUR" = cpu ] && [ "$installed" = "$VERSION cuda $ARCH" ]; then exit 0; fi

say "fetching ONNX Runtime $VERSION ($FLAVOUR)"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m pip download -q --no-deps --only-binary=:all: --disable-pip-version-check --implementation cp --python-version 3.11 --abi cp311 \
	--platform "manylinux_2_27_$ARCH" --platform "manylinux_2_28_$ARCH" -d "$scratch" "$PACKAGE==$VERSION" ||
	fail "could not download $PACKAGE $VERSION" "check the network, then: make setup"
wheel=("$scratch"/*.whl)
echo "$SHA256  ${wheel[0]}" | sha256sum -c --status ||
	fail "the digest of $PACKAGE $VERSION is not the pinned one" "somebody changed the file on its way: do not use it"

python3 -m zipfile -e "${wheel[0]}" "$scratch"
mkdir -p lib
rm -f lib/onnxruntime.stamp lib/libonnxruntime* # together: what is cut off here is fetched again by the next one
cp "$scratch"/onnxruntime/capi/libonnxruntime* lib/
ln -sf "libonnxruntime.so.$VERSION" lib/libonnxruntime.so
echo "$STAMP" >lib/onnxruntime.stamp
