#!/usr/bin/env bash
# The whole way from the sources to the weights, their card and the table of figures: what `make models` runs. Every step carries on where it was
# interrupted; days on a CPU with the default steps are hours on a GPU (classifier/GPU.md). Set:
#   BLENDSCOPE_SOURCES  folder of git snapshots      VIDEOS      the list of clips
#   BLENDSCOPE_WORK     folder for what is made      EVALUATION  the list of test clips
#   PYTHON              with requirements.txt        RUN         name of the run (default: standard)
#   READING             how a face's logit is read: whole (default, as shipped) or detail (network.Judge)
# MEASURE_ONLY=1 trains nothing and measures the shipped weights: the table from the clips, by one command.
set -euo pipefail
cd "$(dirname "$0")"
: "${BLENDSCOPE_SOURCES:?set it to the folder of git snapshots (README.md)}" "${BLENDSCOPE_WORK:?set it to a folder for crops and checkpoints}"
: "${VIDEOS:?set it to the list of clips}" "${EVALUATION:?set it to the list of test clips}"
PYTHON=${PYTHON:-python3} RUN=${RUN:-standard} READING=${READING:-whole} PROGRAM=${PROGRAM:-../../bin/blendscope}
LISTS=(--videos "$VIDEOS" --evaluation "$EVALUATION")
MEASURED=$BLENDSCOPE_WORK/measured

"$PYTHON" -m classifier.prepare "${LISTS[@]}"
"$PYTHON" -m classifier.prepare "${LISTS[@]}" --recode
if [ -n "${MEASURE_ONLY:-}" ]; then
	"$PYTHON" -m classifier.protocol "${LISTS[@]}" --blendscope "$PROGRAM" --manifest ../standard/manifest.json --to "$BLENDSCOPE_WORK/measured-shipped"
	exit
fi
"$PYTHON" -m classifier.decoders
"$PYTHON" -m classifier.train --run "$RUN" --bf16
"$PYTHON" -m classifier.evaluate --run "$RUN" --reading "$READING"
EXPORT=("$PYTHON" -m classifier.export --run "$RUN" --reading "$READING" --videos "$VIDEOS")
MEASURE=("$PYTHON" -m classifier.protocol "${LISTS[@]}" --blendscope "$PROGRAM" --models "$MEASURED/models" --classifier candidate --run "$RUN")
"${EXPORT[@]}" --name candidate --to "$MEASURED/models/candidate"
"${MEASURE[@]}" --to "$MEASURED"
# Once more with the calibration that was fitted: the neutral logit of the rules hangs on it, and the card prints what ships.
"${EXPORT[@]}" --name candidate --figures "$MEASURED/figures.json" --to "$MEASURED/models/candidate"
"${MEASURE[@]}" --manifest "$MEASURED/models/candidate/manifest.json" --to "$MEASURED/calibrated"
"${EXPORT[@]}" --figures "$MEASURED/calibrated/figures.json" --to ../standard
