"""Step 4: write models/face: face.onnx, manifest.json and card.md from a measured run.

Refuses weights whose ONNX file disagrees with PyTorch, and a run that was not measured with these very weights. The card
has what `conditions` measured of this very file, or says that nothing was: run conditions, then export again.
"""

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from string import Template

import numpy as np

from common.mirror import work_root
from detector.conditions import markdown
from detector.data import DataError
from detector.evaluate import table
from detector.measure import LONG_SIDE, NMS_IOU, TEACHER_SCORE
from detector.onnxfile import OUTPUTS, golden_input, load, open_session, parity

VERSION = "0.1.0"
PARITY = 1e-4  # largest difference to PyTorch: scores, and coordinates over the picture's long side
GOLDEN_SHAPE = (1, 320, 320, 3)
GOLDEN_TOLERANCE = 0.02  # px: kernels of other CPUs sum in another order
TRAINED_ON = (
    ("OpenForensics-style real photos (TaherPanbiharwala/Deepfake-Detection, Dataset/*/Real)",
     "repository MIT; OpenForensics CC BY 4.0 as remembered, unchecked"),
    ("SCUT-FBP5500 faces (dduygaucho/SCUT-FBP5000)", "none stated in the repository; research use as remembered"),
    ("Labeled Faces in the Wild, deep-funneled (braun-steven/dfi-tensorflow), at most 3 pictures a person",
     "research use as remembered"),
    ("frames of public demonstration clips, real and manipulated, see models/training/detector/data.py",
     "as each repository states; footage belongs to third parties"),
    ("backbone and neck initialised from YuNet-n, which is the teacher too (ShiqiYu/libfacedetection.train)", "Apache-2.0"),
)


def manifest(sha256: str, threshold: float, golden: dict) -> dict:
    return {
        "schema": "blendscope.model/1", "name": "face", "version": VERSION, "task": "face-detection", "file": "face.onnx",
        "sha256": sha256, "licence": "Apache-2.0",
        "input": {"name": "image", "layout": "NHWC", "color": "BGR", "dtype": "uint8", "width": 0, "height": 0,
                  "multiple_of": 32, "long_side": LONG_SIDE, "alignment": "letterbox", "crop_scale": 0,
                  "mean": [0, 0, 0], "std": [1, 1, 1]},
        "outputs": [{"name": name, "meaning": name} for name in OUTPUTS],
        "thresholds": {"score": threshold, "nms_iou": NMS_IOU},
        "trained_on": [{"name": name, "licence": licence} for name, licence in TRAINED_ON],
        "card": "card.md", "golden": golden,
    }


def golden(session) -> dict:
    """What the file answers to the golden input."""
    answers = session.run(list(OUTPUTS), {"image": golden_input(GOLDEN_SHAPE)})
    rows = {name: {"mean": float(a.mean(dtype=np.float64)), "first": [float(v) for v in a.ravel()[:8]]}
            for name, a in zip(OUTPUTS, answers)}
    return {"shape": list(GOLDEN_SHAPE), "tolerance": GOLDEN_TOLERANCE, "outputs": rows}


def card(result: dict, sha256: str, size: int, worst: float) -> str:
    """The model card with the figures of the evaluation filled in."""
    clips, held = result["evaluation_clips"], result["held_out_clips"]
    weakest = sorted((row["recall"], name) for name, row in held["by_clip"].items() if row["faces"])[:5]
    return Template((Path(__file__).parent / "card.template.md").read_text(encoding="utf-8")).substitute(
        version=VERSION, sha256=sha256, size=size, conditions=conditions(sha256), worst=f"{worst:.1e}", threshold=result["threshold"], nms=NMS_IOU,
        teacher_score=TEACHER_SCORE, long_side=LONG_SIDE,
        parameters=sum(p.numel() for p in load(work_root() / "detector" / "runs" / result["run"] / "weights.pt").parameters()),
        totals=table({"evaluation clips": clips["total"], "held-out clips": held["total"]}, "set"),
        clips=table(clips["by_clip"], "clip"), sizes=table(clips["by_side_px"], "side px"),
        thresholds=table(clips["by_threshold"], "our threshold"), teacher_scores=table(clips["by_teacher_score"], "teacher score"),
        weakest=", ".join(f"{name} {recall:.2f}" for recall, name in weakest),
        speed="\n".join(f"| {k} | {v['median_ms']} | {v['best_ms']} |" for k, v in result["speed"].items()),
        sources="\n".join(f"- {name}: {licence}" for name, licence in TRAINED_ON))


def conditions(sha256: str) -> str:
    """The tables of what was measured where footage is hard, if it was this file."""
    measured = work_root() / "detector" / "conditions.json"
    result = json.loads(measured.read_text(encoding="utf-8")) if measured.exists() else {}
    return markdown(result) if result.get("sha256") == sha256 else "Not measured with these weights."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="face")
    parser.add_argument("--target", type=Path, default=Path(__file__).parents[2] / "face")
    args = parser.parse_args()
    folder = work_root() / "detector" / "runs" / args.run
    model, measured = folder / "face.onnx", folder / "evaluation.json"
    if not measured.exists() or measured.stat().st_mtime < (folder / "weights.pt").stat().st_mtime:
        raise DataError(f"{folder}: weights newer than their evaluation; run evaluate first")
    result, rng = json.loads(measured.read_text(encoding="utf-8")), np.random.default_rng(0)
    sizes = ((1, 320, 320, 3), (2, 384, 640, 3), (1, 640, 480, 3), (3, 64, 96, 3))
    session = open_session(model)
    worst = parity(load(folder / "weights.pt"), session, [rng.integers(0, 256, s, dtype=np.uint8) for s in sizes])
    if not worst <= PARITY:
        raise DataError(f"ONNX Runtime and PyTorch differ by {worst:.2e}, more than {PARITY}")
    data = model.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    args.target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(model, args.target / "face.onnx")
    text = json.dumps(manifest(sha256, result["threshold"], golden(session)), indent=2)
    (args.target / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (args.target / "card.md").write_text(card(result, sha256, len(data), worst), encoding="utf-8")
    print(f"{args.target}: {len(data)} bytes, sha256 {sha256}, parity {worst:.1e}, threshold {result['threshold']}")


if __name__ == "__main__":
    try:
        main()
    except DataError as e:
        raise SystemExit(f"export: {e}")
