"""Step 4: write the model folder: ONNX file, manifest, card.

    python -m classifier.export --run standard --to ../standard --videos videos.tsv
"""

import argparse
import json
from pathlib import Path
import time

import numpy as np
import onnxruntime
import torch

from classifier import card, onnxfile
from classifier.batches import CROP_SCALE, SIZE
from classifier.network import IMAGENET, Classifier
from classifier.train import load_average
from common.mirror import work_root
from sources import STILLS, DataError, read_clips

LARGEST, SLOWEST, PARITY = 20_000_000, 15.0, 1e-4  # bytes, ms per face at batch 8 on 2 threads, absolute
FITTED = "clips of generators never trained on, balanced prior"


def open_session(path: Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """ONNX Runtime on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def parity(network: Classifier, session) -> float:
    """Largest difference between PyTorch and ONNX Runtime over both outputs, on noise and on smooth pictures."""
    rng = np.random.default_rng(1)
    smooth = np.clip(rng.normal(128, 40, (4, 1, 1, 3)) + np.linspace(-60, 60, SIZE)[None, None, :, None] + np.zeros((4, SIZE, 1, 1)), 0, 255)
    pictures = np.concatenate([rng.integers(0, 256, (3, SIZE, SIZE, 3)), smooth, onnxfile.golden_input()]).astype(np.uint8)
    with torch.no_grad():
        logits, cells = network(torch.from_numpy(pictures).permute(0, 3, 1, 2).float())
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


def manifest(name, version, digest, session, report, clips) -> dict:
    """The manifest, field for field as the program reads it."""
    methods = {r["method"] for r in report["clips"] if r["side"] == "calibration" and r["label"]}
    measured = f"calibration clips: {report['sets']['calibration']['genuine']} genuine, {report['sets']['calibration']['fake']} fake"
    return {
        "schema": "blendscope.model/1", "name": name, "version": version, "task": "forgery-classification",
        "file": f"{name}.onnx", "sha256": digest, "licence": "Apache-2.0",
        "input": {"name": "image", "layout": "NHWC", "color": "BGR", "dtype": "uint8", "width": SIZE, "height": SIZE,
                  "multiple_of": 0, "long_side": 0, "alignment": "square", "crop_scale": CROP_SCALE,
                  "mean": [0, 0, 0], "std": [1, 1, 1]},
        "outputs": [{"name": "logit", "meaning": "logit", "fake": "high"}, {"name": "map", "meaning": "boundary_map"}],
        "calibration": {"method": "platt", **{k: round(v, 6) for k, v in report["calibration"].items()},
                        "fitted_on": f"{FITTED} ({len(methods)} generators)"},
        "operating_points": [{"name": point, **{k: round(v, 4) for k, v in values.items()}, "measured_on": measured}
                             for point, values in report["operating_points"].items()],
        "trained_on": [{"name": f"ImageNet weights of MobileNetV2, {IMAGENET[0]}", "licence": "Apache-2.0"}]
        + [{"name": s.repo + " " + "+".join(s.folders), "licence": s.licence} for s in STILLS]
        + [{"name": repo, "licence": licence} for repo, licence in sorted(clips.items())],
        "card": "card.md", "golden": onnxfile.golden(session),
    }


def export(args) -> None:
    """Write the folder; ValueError when the file breaks a limit."""
    network = Classifier()
    network.load_state_dict(load_average(args.run))
    network.eval()
    report = json.loads((work_root() / "runs" / args.run / "report.json").read_text())
    args.to.mkdir(parents=True, exist_ok=True)
    path = args.to / f"{args.name}.onnx"
    digest = onnxfile.write(network, path)
    session = open_session(path)
    measured = {"bytes": path.stat().st_size, "parity": parity(network, session), "ms": speed(session)}
    print(measured)
    if measured["bytes"] > LARGEST or measured["parity"] > PARITY:
        raise ValueError(f"too large or too different: {measured}")
    if measured["ms"] > SLOWEST:
        print(f"warning: slower than {SLOWEST} ms per face; is the machine busy?")
    trained = {r for r in json.loads((work_root() / "trained-clips.json").read_text())}
    clips = {c.repo: c.licence for c in read_clips(args.videos) if c.key in trained}
    entry = manifest(args.name, args.version, digest, session, report, clips)
    (args.to / "manifest.json").write_text(json.dumps(entry, indent=2) + "\n")
    (args.to / "card.md").write_text(card.render(entry, report, measured))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard")
    parser.add_argument("--name", default="standard")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--to", type=Path, required=True, help="the model folder, models/standard")
    parser.add_argument("--videos", type=Path, required=True, help="the list of clips, for the licences")
    export(parser.parse_args())


if __name__ == "__main__":
    try:
        main()
    except (DataError, ValueError, FileNotFoundError) as problem:
        raise SystemExit(f"export: {problem}")
