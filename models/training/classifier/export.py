"""Step 3b and 5: write the model folder: ONNX file, manifest, card. Without --figures it is a candidate that the program can measure
(`protocol`), with a calibration that does nothing; with them it is what ships.

    python -m classifier.export --run standard --videos videos.tsv --name candidate --to measured/models/candidate
    python -m classifier.export --run standard --videos videos.tsv --figures measured/figures.json --to ../standard
"""

import argparse
import json
import math
from pathlib import Path
import time

import numpy as np
import onnxruntime
import torch

from classifier import card, onnxfile
from classifier.batches import CROP_SCALE, SIZE
from classifier.evaluate import loaded
from classifier.network import IMAGENET, READINGS, WHOLE, Judge
from common.mirror import work_root
from sources import STILLS, DataError, read_clips

LARGEST, SLOWEST, PARITY = 20_000_000, 15.0, 1e-4  # bytes, ms per face at batch 8 on 2 threads, absolute
FITTED = "clips of generators never trained on, balanced prior"


def open_session(path: Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """ONNX Runtime on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def parity(judge: Judge, session) -> float:
    """Largest difference between PyTorch and ONNX Runtime over both outputs, on noise and on smooth pictures."""
    rng = np.random.default_rng(1)
    smooth = np.clip(rng.normal(128, 40, (4, 1, 1, 3)) + np.linspace(-60, 60, SIZE)[None, None, :, None] + np.zeros((4, SIZE, 1, 1)), 0, 255)
    pictures = np.concatenate([rng.integers(0, 256, (3, SIZE, SIZE, 3)), smooth, onnxfile.golden_input()]).astype(np.uint8)
    with torch.no_grad():
        logits, cells = judge(torch.from_numpy(pictures).permute(0, 3, 1, 2).float())
    theirs = session.run(["logit", "map"], {"image": pictures})
    return float(max(np.abs(logits.numpy() - theirs[0]).max(), np.abs(torch.sigmoid(cells).numpy() - theirs[1]).max()))


def speed(session, batch: int = 8, times: int = 20) -> float:
    """Milliseconds per face, the median over runs."""
    pictures, taken = np.zeros((batch, SIZE, SIZE, 3), np.uint8), []
    for _ in range(times):
        begin = time.perf_counter()
        session.run(None, {"image": pictures})
        taken.append(time.perf_counter() - begin)
    return 1000 * float(np.median(taken)) / batch


def unmeasured() -> dict:
    """Figures of a candidate: its logit passes for the log odds."""
    return {"calibration": {"a": 1.0, "b": 0.0}, "measured_points": {}, "fitted_on": "nothing: a candidate", "measured_on": ""}


def read_figures(path: Path, digest: str) -> dict:
    """The figures of `protocol`, and its operating points as all held-out clips meet them: a threshold is kind to the clips it was found on. It
    lies just above a genuine clip and so is rounded up. DataError when the figures belong to another file."""
    figures = json.loads(path.read_text())
    measured = {m["sha256"] for m in figures["models"]}
    if digest not in measured:
        raise DataError(f"{path} was measured with another model than {digest[:12]}; run classifier.protocol with the candidate of this run")
    calibration, test = (figures["sets"][name] for name in ("calibration", "test"))
    genuine, fake = (calibration[kind] + test[kind] for kind in ("genuine", "fake"))
    points = {}
    for name, point in figures["operating_points"].items():
        other = test["points"][name]
        points[name] = {"threshold": math.ceil(1e4 * point["threshold"]) / 1e4, "fpr": (point["fpr"] * calibration["genuine"] + other["fpr"] * test["genuine"]) / genuine,
                        "tpr": (point["tpr"] * calibration["fake"] + other["tpr"] * test["fake"]) / fake}
    return figures | {"fitted_on": f"{FITTED} ({len(calibration['methods'])} generators)", "measured_points": points,
                      "measured_on": f"calibration and test clips: {genuine} genuine, {fake} fake; the threshold comes from the calibration clips"}


def manifest(name, version, digest, session, figures, clips) -> dict:
    """The manifest, field for field as the program reads it."""
    return {
        "schema": "blendscope.model/1", "name": name, "version": version, "task": "forgery-classification",
        "file": f"{name}.onnx", "sha256": digest, "licence": "Apache-2.0",
        "input": {"name": "image", "layout": "NHWC", "color": "BGR", "dtype": "uint8", "width": SIZE, "height": SIZE,
                  "multiple_of": 0, "long_side": 0, "alignment": "square", "crop_scale": CROP_SCALE,
                  "mean": [0, 0, 0], "std": [1, 1, 1]},
        "outputs": [{"name": "logit", "meaning": "logit", "fake": "high"}, {"name": "map", "meaning": "boundary_map"}],
        "calibration": {"method": "platt", **{k: round(v, 6) for k, v in figures["calibration"].items()}, "fitted_on": figures["fitted_on"]},
        "operating_points": [{"name": point, **{k: round(v, 4) for k, v in values.items()}, "measured_on": figures["measured_on"]}
                             for point, values in figures["measured_points"].items()],
        "trained_on": [{"name": f"ImageNet weights of MobileNetV2, {IMAGENET[0]}", "licence": "Apache-2.0"}]
        + [{"name": s.repo + " " + "+".join(s.folders), "licence": s.licence} for s in STILLS]
        + [{"name": repo, "licence": licence} for repo, licence in sorted(clips.items())],
        "card": "card.md", "golden": onnxfile.golden(session),
    }


def export(args) -> None:
    """Write the folder; ValueError when the file breaks a limit."""
    judge = loaded(args.run, args.reading)
    args.to.mkdir(parents=True, exist_ok=True)
    path = args.to / f"{args.name}.onnx"
    digest = onnxfile.write(judge, path)
    session = open_session(path)
    measured = {"bytes": path.stat().st_size, "parity": parity(judge, session), "ms": speed(session)}
    print(measured)
    if measured["bytes"] > LARGEST or measured["parity"] > PARITY:
        raise ValueError(f"too large or too different: {measured}")
    if measured["ms"] > SLOWEST:
        print(f"warning: slower than {SLOWEST} ms per face; is the machine busy?")
    trained = {r for r in json.loads((work_root() / "trained-clips.json").read_text())}
    clips = {c.repo: c.licence for c in read_clips(args.videos) if c.key in trained}
    figures = read_figures(args.figures, digest) if args.figures else unmeasured()
    entry = manifest(args.name, args.version, digest, session, figures, clips)
    (args.to / "manifest.json").write_text(json.dumps(entry, indent=2) + "\n")
    (args.to / "card.md").write_text(card.render(entry, figures, measured, args.reading, args.recipe.read_text()) if args.figures else f"# Candidate `{args.name}`, not measured yet\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard")
    parser.add_argument("--reading", choices=READINGS, default=WHOLE, help="how a face's logit is read; detail takes two passes")
    parser.add_argument("--recipe", type=Path, default=card.RECIPE, help="Markdown for the card: how the weights were made")
    parser.add_argument("--name", default="standard")
    parser.add_argument("--version", default="0.1.1")
    parser.add_argument("--figures", type=Path, help="figures.json of classifier.protocol, for the calibration and the card")
    parser.add_argument("--to", type=Path, required=True, help="the model folder, models/standard")
    parser.add_argument("--videos", type=Path, required=True, help="the list of clips, for the licences")
    export(parser.parse_args())


if __name__ == "__main__":
    try:
        main()
    except (DataError, ValueError, FileNotFoundError) as problem:
        raise SystemExit(f"export: {problem}")
