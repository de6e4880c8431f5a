#!/usr/bin/env bash
# Kills runs with SIGKILL at random moments, themselves or one of their scoring processes, goes on with --resume each time,
# and compares what was kept, byte for byte but for the time it took, with what a run keeps that nothing happens to.
#   KILLS=50 CLIPS=300 SEED=1  how often, in how many files, at which moments
#   JOBS=1                     files scored at once; with more the order of the rows is not compared
#   SOURCES=FOLDER             files to make the clips from (default: the photos of testdata/, which are quick)
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/say.sh

run() { # FLAGS...
	go test ./cmd/internal/cli -count=1 -timeout 5h -v -run 'TestKilled$' -args \
		-kills "${KILLS:-50}" -clips "${CLIPS:-300}" -seed "${SEED:-1}" -jobs "${JOBS:-1}" "$@"
}

say "with an engine that only pretends to score"
run
say "with the real one"
make -s build
run -program "$PWD/bin/blendscope" -from "$(realpath "${SOURCES:-testdata/photos}")"
