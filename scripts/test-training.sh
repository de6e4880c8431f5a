#!/usr/bin/env bash
# Runs the tests of models/training with whatever Python has PyTorch; says so and passes where none has.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

PYTHON=${PYTHON:-python3}
if ! "$PYTHON" -c 'import torch, pytest, numpy, cv2' 2>/dev/null; then
	say "skipped: the tests of models/training need torch, pytest, numpy and cv2 (Debian: python3-torch python3-pytest python3-opencv); set PYTHON to choose an interpreter"
	exit 0
fi
"$PYTHON" -m pytest -q models/training
