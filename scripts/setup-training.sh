#!/usr/bin/env bash
# Installs what the tests of models/training need: Debian's PyTorch (small, CPU only), and ONNX Runtime for Python in
# lib/venv, which sees the system's packages. To train in earnest use models/training/requirements.txt instead.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

PACKAGES=(python3-torch python3-opencv python3-scipy python3-onnx python3-pytest python3-venv)

if [ -x lib/venv/bin/python ] && lib/venv/bin/python -c 'import torch, cv2, scipy, onnx, pytest, onnxruntime' 2>/dev/null; then exit 0; fi
say "installing: ${PACKAGES[*]}"
apt_install "${PACKAGES[@]}" || fail "could not install: ${PACKAGES[*]}" "apt-get update && apt-get install ${PACKAGES[*]}"
rm -rf lib/venv
/usr/bin/python3 -m venv --system-site-packages lib/venv
lib/venv/bin/pip install -q --disable-pip-version-check 'onnxruntime>=1.20,<2' ||
	fail "could not install onnxruntime for Python" "check the network, then: make setup-training"
