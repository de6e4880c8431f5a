"""Step 3: measure a run on the test and the calibration clips, fit the calibration, write report.json and table.md.

    python -m classifier.evaluate --run standard

The score of a clip is the mean of the frame logits of its largest face's track.
"""

import argparse
import json
import os
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import torch

from classifier import metrics
from classifier.batches import CROP_SCALE, SIZE
from classifier.blend import self_blend
from classifier.network import Classifier
from classifier.shards import Crops
from classifier.splits import generator
from classifier.train import load_average
from common.geometry import face_crop
from common.mirror import work_root
from sources import DataError

FALSE_ALARMS = (0.05, 0.01)


def clip_views(crops: Crops, every: int = 1, size: int = SIZE):
    """{clip: (row, [n, size, size, 3] uint8)} of all clips among the crops, of `every` n-th frame."""
    frames = defaultdict(list)
    for i, row in enumerate(crops.rows):
        frames[row["source"]].append(i)
    return {name: (crops.rows[numbers[0]], np.stack([face_crop(crops.image(i), crops.boxes[i], CROP_SCALE, size) for i in numbers[::every]]))
            for name, numbers in frames.items()}


@torch.no_grad()
def frame_logits(network, views: np.ndarray, batch: int = 24) -> np.ndarray:
    """Logit of each view [n, SIZE, SIZE, 3] uint8 BGR."""
    out = []
    for i in range(0, len(views), batch):
        x = torch.from_numpy(views[i:i + batch]).permute(0, 3, 1, 2).float()
        out.append(network(x.contiguous(memory_format=torch.channels_last))[0].numpy())
    return np.concatenate(out)


def trivial_features(row, views) -> list[float]:
    """What needs no look at the face: resolution, size, sharpness of the crop, how full its spectrum is, blockiness."""
    grey = np.stack([cv2.cvtColor(v, cv2.COLOR_BGR2GRAY) for v in views]).astype(np.float32)
    sharp = np.mean([cv2.Laplacian(g, cv2.CV_32F).var() for g in grey])
    columns = np.abs(np.diff(grey, axis=2)).mean((0, 1))
    width, height = row["size"]
    return [np.log(width * height), np.log(row["bytes"]), np.log(sharp + 1), columns[7::8].mean() / (columns.mean() + 1e-6), grey.mean()]


def clip_table(network, views) -> list[dict]:
    """One row per clip: label, method, group, side, score."""
    return [dict(clip=name, label=row["label"] == "fake", method=row["method"], group=row["group"], side=row["side"],
                 frames=len(v), score=float(frame_logits(network, v).mean())) for name, (row, v) in views.items()]


def columns(table):
    return ([r["score"] for r in table], [r["label"] for r in table], [r["group"] for r in table])


def figures(table, calibration, thresholds) -> dict:
    """Every figure of one set of clips, with 95 % intervals of the AUC by group."""
    scores, labels, groups = columns(table)
    p = metrics.sigmoid(calibration[0] * np.array(scores) + calibration[1])
    out = {"genuine": int(len(labels) - sum(labels)), "fake": int(sum(labels)), "auc": metrics.auc(scores, labels),
           "auc_interval": metrics.interval(metrics.auc, scores, labels, groups),
           "eer": metrics.equal_error_rate(scores, labels), "ece": metrics.calibration_error(p, labels),
           "cllr": metrics.cllr(p, labels), "tpr_at_own_fpr_0.05": metrics.threshold_at(scores, labels, 0.05)[2]}
    for name, cut in thresholds.items():
        out[name] = {"fpr": float(np.mean([v >= cut for v, l in zip(p, labels) if not l])),
                     "tpr": float(np.mean([v >= cut for v, l in zip(p, labels) if l]))}
    real = [r["score"] for r in table if not r["label"]]
    out["methods"] = {m: {"clips": len(s), "auc": metrics.auc(s + real, [1] * len(s) + [0] * len(real))}
                      for m, s in sorted(by_method(table).items())}
    return out


def by_method(table) -> dict[str, list[float]]:
    out = defaultdict(list)
    for r in table:
        if r["label"]:
            out[r["method"]].append(r["score"])
    return out


def operating_points(table, calibration) -> dict[str, dict]:
    """Thresholds on the calibrated probability, with what they give on the calibration clips."""
    scores, labels, _ = columns(table)
    p = metrics.sigmoid(calibration[0] * np.array(scores) + calibration[1])
    return {f"fpr_{rate:.2f}": dict(zip(("threshold", "fpr", "tpr"), metrics.threshold_at(p, labels, rate))) for rate in FALSE_ALARMS}


def trivial(views, fit_side="calibration", to_side="test") -> dict:
    """AUC of logistic regression on trivial features: fitted on one side, measured on the other, and within the first."""
    import scipy.optimize
    data = {s: [(trivial_features(r, v), r["label"] == "fake") for r, v in views.values() if r["side"] == s] for s in (fit_side, to_side)}
    x = {s: np.array([f for f, _ in rows]) for s, rows in data.items()}
    y = {s: np.array([l for _, l in rows], float) for s, rows in data.items()}
    mean, spread = x[fit_side].mean(0), x[fit_side].std(0) + 1e-6
    x = {s: np.c_[(v - mean) / spread, np.ones(len(v))] for s, v in x.items()}
    weights = metrics.balance(y[fit_side])

    def cost(w):
        z = x[fit_side] @ w
        return (weights * (np.logaddexp(0, z) - y[fit_side] * z)).sum() + 0.01 * (w[:-1] ** 2).sum()
    w = scipy.optimize.minimize(cost, np.zeros(x[fit_side].shape[1])).x
    return {f"fitted_on_{fit_side}_auc_{s}": metrics.auc(x[s] @ w, y[s]) for s in (fit_side, to_side)}


def twins(network, crops: Crops, hard: float, most: int = 120, seed: int = 1) -> dict:
    """Undegraded self-blended twins of held-out genuine faces: AUC, and how often the twin scores above its original. Tells
    whether blending was learnt at all, apart from whether that helps on real forgeries."""
    rng = np.random.default_rng(seed)
    chosen = [i for i, row in enumerate(crops.rows) if row["label"] == "real"]
    chosen = rng.permutation(chosen)[:most]
    views = [face_crop(v, crops.boxes[i], CROP_SCALE, SIZE) for i in chosen
             for v in self_blend(crops.image(i), crops.boxes[i], crops.points[i], rng, hard)[:2]]
    scores = frame_logits(network, np.stack(views))
    return {"auc": metrics.auc(scores, [0, 1] * len(chosen)), "above": float((scores[1::2] > scores[0::2]).mean())}


def trained_methods() -> set[str]:
    """Generators of the training clips."""
    rows = Crops(work_root() / "crops", lambda row: row["side"] == "train" and row["kind"] == "clip").rows
    return {generator(r["method"]) for r in rows if r["label"] == "fake"}


def report(run: str, crops_folder: Path, again_folder: Path, every: int = 1) -> dict:
    """The whole report; raises DataError when a side is empty or a test generator is unaccounted for."""
    network = Classifier()
    network.load_state_dict(load_average(run))
    network.eval().to(memory_format=torch.channels_last)
    crops = Crops(crops_folder, lambda row: row["side"] in ("test", "calibration"))
    views = clip_views(crops, every)
    table = clip_table(network, views)
    sides = {s: [r for r in table if r["side"] == s] for s in ("test", "calibration")}
    if not all(sides.values()):
        raise DataError("no test or no calibration clips; run classifier.prepare")
    calibration = metrics.platt(*columns(sides["calibration"])[:2])
    points = operating_points(sides["calibration"], calibration)
    thresholds = {name: p["threshold"] for name, p in points.items()}
    seen = trained_methods()
    unseen = [r for r in sides["test"] if not r["label"] or generator(r["method"]) not in seen]
    sets = {"test": sides["test"], "test, generators never trained on": unseen, "calibration": sides["calibration"]}
    if again_folder.is_dir():
        coded = clip_table(network, clip_views(Crops(again_folder), every))
        sets |= {f"{s}, 360p CRF 32": [r for r in coded if r["side"] == s] for s in ("test", "calibration")}
    return {"run": run, "calibration": {"a": calibration[0], "b": calibration[1]}, "operating_points": points,
            "sets": {name: figures(rows, calibration, thresholds) for name, rows in sets.items() if rows},
            "test_generators_in_training": sorted({r["method"] for r in sides["test"] if r["label"] and generator(r["method"]) in seen}),
            "trivial": trivial(views), "twins": {f"hard {h}": twins(network, crops, h) for h in (0.0, 0.5, 1.0)}, "clips": table}


def print_table(result) -> str:
    """The figures as a Markdown table."""
    lines = ["| clips | genuine / fake | AUC (95 % interval) | TPR at 5 % FPR | EER | ECE | Cllr |", "|---|---|---|---|---|---|---|"]
    for name, f in result["sets"].items():
        low, high = f["auc_interval"]
        lines.append(f"| {name} | {f['genuine']} / {f['fake']} | {f['auc']:.3f} ({low:.2f}-{high:.2f}) | {f['tpr_at_own_fpr_0.05']:.2f} "
                     f"| {f['eer']:.2f} | {f['ece']:.3f} | {f['cllr']:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard", help="the run whose averaged weights are measured")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--every", type=int, default=1, help="look at every n-th stored frame only: a quick look during a run")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    result = report(args.run, work_root() / "crops", work_root() / "crops-360p", args.every)
    target = work_root() / "runs" / args.run / "report.json"
    target.write_text(json.dumps(result, indent=1))
    print(print_table(result))
    for name in ("test", "calibration"):
        print(name, "  ".join(f"{m}: {v['auc']:.2f} ({v['clips']})" for m, v in result["sets"][name]["methods"].items()))
    print("self-blended twins of held-out genuine faces", result["twins"])
    print("trivial baseline", result["trivial"], "calibration", result["calibration"], "points", result["operating_points"])


if __name__ == "__main__":
    try:
        main()
    except DataError as problem:
        raise SystemExit(f"evaluate: {problem}")
