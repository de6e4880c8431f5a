#!/usr/bin/env bash
# Runs the tests of models/training with lib/venv (make setup-training) or PYTHON; says so and passes where PyTorch is
# missing, because nobody needs it to use Blendscope.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/say.sh

if [ -z "${PYTHON:-}" ]; then
	PYTHON=python3
	[ ! -x lib/venv/bin/python ] || PYTHON=lib/venv/bin/python
fi
if ! "$PYTHON" -c 'import torch, pytest' 2>/dev/null; then
	say "skipped: the tests of models/training need PyTorch and pytest; to have them: make setup-training"
	exit 0
fi
cd models/training
"$(command -v "$OLDPWD/$PYTHON" || command -v "$PYTHON")" -m pytest -q -p no:cacheprovider .
