"""Step 3: a quick look at a run, to choose between runs: calibration clips, twins of held-out faces, test clips. Writes report.json.

    python -m classifier.evaluate --run standard

The score of a clip is the mean of the frame logits of its largest face's track. The published figures come from the program
itself (`protocol`); choose by the calibration clips and the twins, never by the test clips.
"""

import argparse
import json
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from classifier import decoders, metrics
from classifier.batches import CROP_SCALE, SIZE, at_some_size
from classifier.blend import self_blend
from classifier.checkpoint import load_average
from classifier.decoders import decoded
from classifier.network import READINGS, WHOLE, Classifier, Judge
from classifier.shards import Crops
from common.geometry import face_crop
from common.mirror import work_root
from sources import DataError


def clip_views(crops: Crops, every: int = 1, size: int = SIZE):
    """{clip: (row, [n, size, size, 3] uint8)} of all clips among the crops, of `every` n-th frame."""
    frames = defaultdict(list)
    for i, row in enumerate(crops.rows):
        frames[row["source"]].append(i)
    return {name: (crops.rows[numbers[0]], np.stack([face_crop(crops.image(i), crops.boxes[i], CROP_SCALE, size) for i in numbers[::every]]))
            for name, numbers in frames.items()}


@torch.no_grad()
def frame_logits(judge: Judge, views: np.ndarray, batch: int = 24) -> np.ndarray:
    """Logit of each view [n, SIZE, SIZE, 3] uint8 BGR."""
    out = []
    for i in range(0, len(views), batch):
        x = torch.from_numpy(views[i:i + batch]).permute(0, 3, 1, 2).float()
        out.append(judge(x.contiguous(memory_format=torch.channels_last))[0].numpy())
    return np.concatenate(out)


def loaded(run: str, reading: str = WHOLE) -> Judge:
    """A run's averaged weights, ready to judge."""
    network = Classifier()
    network.load_state_dict(load_average(run))
    return Judge(network.eval().to(memory_format=torch.channels_last), reading)


def clip_table(judge: Judge, views) -> list[dict]:
    """One row per clip: label, method, group, side, score."""
    return [dict(clip=name, label=row["label"] == "fake", method=row["method"], group=row["group"], side=row["side"],
                 frames=len(v), score=float(frame_logits(judge, v).mean())) for name, (row, v) in views.items()]


def columns(table):
    return ([r["score"] for r in table], [r["label"] for r in table], [r["group"] for r in table])


def by_method(table) -> dict[str, list[float]]:
    out = defaultdict(list)
    for r in table:
        if r["label"]:
            out[r["method"]].append(r["score"])
    return out


def twins(judge: Judge, crops: Crops, make, most: int = 120, seed: int = 1) -> dict:
    """Undegraded twins of held-out genuine faces, as make(image, box, points, rng) composes them: AUC, and how often the twin
    scores above its original. Tells whether a trace was learnt at all, apart from whether that helps on real forgeries."""
    rng = np.random.default_rng(seed)
    chosen = [i for i, row in enumerate(crops.rows) if row["label"] == "real"]
    chosen = rng.permutation(chosen)[:most]
    views = []
    for i in chosen:
        image, box, points = at_some_size(crops.image(i), crops.boxes[i], crops.points[i], rng)
        views += [face_crop(v, box, CROP_SCALE, SIZE) for v in make(image, box, points, rng)[:2]]
    scores = frame_logits(judge, np.stack(views))
    return {"auc": metrics.auc(scores, [0, 1] * len(chosen)), "above": float((scores[1::2] > scores[0::2]).mean())}


def all_twins(judge: Judge, crops: Crops) -> dict[str, dict]:
    """Twins of every kind: blends of three grades, and reconstructions by autoencoders that were never trained on."""
    kinds = {f"blend, hard {hard}": lambda *face, hard=hard: self_blend(*face, hard) for hard in (0.0, 0.5, 1.0)}
    for name, held in decoders.load(held=True).items():
        kinds[f"decoder {name}"] = lambda *face, held=held: decoded(held, *face, 0.5)
    return {name: twins(judge, crops, make) for name, make in kinds.items()}


def report(run: str, reading: str, crops_folder: Path, every: int = 1) -> dict:
    """Scores of the held-out clips, their AUC, and the twins. DataError when a side is empty."""
    judge = loaded(run, reading)
    crops = Crops(crops_folder, lambda row: row["side"] in ("test", "calibration"))
    table = clip_table(judge, clip_views(crops, every))
    sides = {s: [r for r in table if r["side"] == s] for s in ("calibration", "test")}
    if not all(sides.values()):
        raise DataError("no test or no calibration clips; run classifier.prepare")
    sets = {}
    for side, rows in sides.items():
        real = [r["score"] for r in rows if not r["label"]]
        sets[side] = {"auc": metrics.auc(*columns(rows)[:2]), "auc_interval": metrics.interval(metrics.auc, *columns(rows)),
                      "methods": {m: metrics.auc(s + real, [1] * len(s) + [0] * len(real)) for m, s in sorted(by_method(rows).items())}}
    return {"run": run, "reading": reading, "sets": sets, "twins": all_twins(judge, crops), "clips": table}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard", help="the run whose averaged weights are measured")
    parser.add_argument("--reading", choices=READINGS, default=WHOLE, help="how a face's logit is read")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--every", type=int, default=1, help="look at every n-th stored frame only: a quick look during a run")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    result = report(args.run, args.reading, work_root() / "crops", args.every)
    (work_root() / "runs" / args.run / "report.json").write_text(json.dumps(result, indent=1))
    for side, f in result["sets"].items():
        print(f"{side}: AUC {f['auc']:.3f} ({f['auc_interval'][0]:.2f}-{f['auc_interval'][1]:.2f})  ", "  ".join(f"{m} {v:.2f}" for m, v in f["methods"].items()))
    for name, f in result["twins"].items():
        print(f"twins, {name}: AUC {f['auc']:.2f}, above its original {f['above']:.2f}")


if __name__ == "__main__":
    try:
        main()
    except DataError as problem:
        raise SystemExit(f"evaluate: {problem}")
