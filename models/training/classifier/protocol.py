"""Step 4: the published figures, by one command: lay the held-out clips out, score them with the program, clean and at 360p CRF 32, put the
public detectors and a baseline without skill beside it, fit the calibration, and write figures.json and table.md. See PROTOCOL.md.

    python -m classifier.protocol --blendscope ../../bin/blendscope --models DIR --classifier candidate --run standard \\
        --videos videos.tsv --evaluation labels.tsv --to measured/
"""

import argparse
from collections import defaultdict
import json
from pathlib import Path
import subprocess

import cv2
import numpy as np

from classifier import metrics, photos
from classifier.clips import file_name, lay_out_side
from classifier.evaluate import clip_views
from classifier.peers import SIZE, scores as peer_scores
from classifier.shards import Crops
from classifier.splits import FAMILIES, family, generator, group_of, split
from classifier.trivial import features, fitted, out_of_fold
from common.mirror import MissingSource, work_root
from sources import DataError, read_clips, read_evaluation

FALSE_ALARMS = (0.05, 0.01)
STRONG = 0.70  # the probability at which the program's band "strong" begins
OURS, TRIVIAL = "standard", "trivial baseline"
RECODED = ", 360p CRF 32"


def program_scores(args, labels: Path, statuses=("scored",)) -> tuple[dict[str, float], dict]:
    """({path relative to the list: pooled logit}, the program's report) of every file with one of these statuses: by default a firm score."""
    out = args.to / f"eval-{labels.parent.name}.json"
    command = [str(args.blendscope), "eval", str(labels), "--format", "json", "-o", str(out), "--results", str(out.with_suffix(".jsonl")), "-q"]
    command += ["--models", str(args.models)] if args.models else []
    command += ["--classifier", args.classifier] if args.classifier else []
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):  # 3: some clips have no firm score
        raise DataError(f"blendscope eval: {done.stderr.strip()[-400:]}\n(its results here: {out.with_suffix('.jsonl')}; remove them to start anew)")
    report = json.loads(out.read_text())
    root = str(labels.parent) + "/"
    return {r["path"].removeprefix(root): r["logit"] for r in report["rows"] if r["status"] in statuses and r.get("logit") is not None}, report


def clip_sets(args, clips, sides) -> dict[str, dict]:
    """{set: {"rows": [...], "report": ...}}: each row with the program's score as rows[i]["scores"][OURS]."""
    sets = {}
    for side in ("calibration", "test"):
        for again in (False, True):
            folder = args.to / (side + ("-360p" if again else ""))
            folder.mkdir(parents=True, exist_ok=True)
            lay_out_side(clips, sides, side, folder, again)
            scored, report = program_scores(args, folder / "labels.tsv")
            rows = []
            for clip in (c for c in clips if sides[c.key] == side):
                name = str(Path(file_name(clip)).with_suffix(".mp4")) if again else file_name(clip)
                if name in scored:
                    rows.append({"clip": clip.key, "file": str(folder / name), "label": clip.label == "fake", "method": generator(clip.method),
                                 "family": family(clip.method), "group": group_of(clip), "scores": {OURS: scored[name]}})
            sets[side + (RECODED if again else "")] = {"rows": rows, "report": report}
    return sets


def add_others(sets) -> None:
    """Scores of the public detectors and of the baseline without skill, on the crops of the same clips."""
    taught = None
    for name in ("calibration", "calibration" + RECODED, "test", "test" + RECODED):
        crops = Crops(work_root() / ("crops-360p" if name.endswith(RECODED) else "crops"), lambda row: row["side"] == name.split(",")[0])
        rows = [r for r in sets[name]["rows"] if r["clip"] in {row["source"] for row in crops.rows}]
        if len(rows) < len(sets[name]["rows"]):
            print(f"{name}: {len(sets[name]['rows']) - len(rows)} clips without crops are left out", flush=True)
        sets[name]["rows"] = rows
        views = clip_views(crops, every=3, size=SIZE)
        for peer, of_clip in peer_scores({r["clip"]: views[r["clip"]] for r in rows}, {r["clip"]: Path(r["file"]) for r in rows}).items():
            for r in rows:
                r["scores"][peer] = of_clip[r["clip"]]
        x, y = np.array([features(r["file"], crops, r["clip"], views[r["clip"]][1]) for r in rows]), np.array([r["label"] for r in rows], float)
        taught = taught or fitted(x, y)
        values = out_of_fold(x, y, [r["group"] for r in rows]) if name == "calibration" else taught(x)
        for r, value in zip(rows, values):
            r["scores"][TRIVIAL] = float(value)


def columns(rows, detector=OURS):
    return [r["scores"][detector] for r in rows], [r["label"] for r in rows], [r["group"] for r in rows]


def auc_of(rows, detector=OURS) -> dict:
    scores, labels, groups = columns(rows, detector)
    return {"genuine": int(len(labels) - sum(labels)), "fake": int(sum(labels)), "auc": metrics.auc(scores, labels),
            "interval": metrics.interval(metrics.auc, scores, labels, groups)}


def by(rows, key: str) -> dict[str, dict]:
    """AUC of the fakes of each method or family against all genuine clips of the set."""
    real, kinds = [r for r in rows if not r["label"]], defaultdict(list)
    for r in rows:
        if r["label"]:
            kinds[r[key]].append(r)
    return {kind: auc_of(some + real) for kind, some in sorted(kinds.items())}


def figures(rows, probability, points) -> dict:
    """Every figure of one set of clips; `probability` holds the calibrated value of each row."""
    scores, labels, groups = columns(rows)
    p = np.asarray(probability)
    genuine, fake = p[~np.array(labels, bool)], p[np.array(labels, bool)]
    return {**auc_of(rows), "eer": metrics.equal_error_rate(scores, labels), "tpr_at_own_fpr_0.05": metrics.threshold_at(scores, labels, 0.05)[2],
            "ece": metrics.calibration_error(p, labels), "ece_interval": metrics.interval(metrics.calibration_error, p, labels, groups),
            "cllr": metrics.cllr(p, labels), "cllr_interval": metrics.interval(metrics.cllr, p, labels, groups),
            "genuine_strong": float((genuine >= STRONG).mean()), "fake_strong": float((fake >= STRONG).mean()),
            "points": {name: at(p, labels, t) for name, t in points.items()},
            "methods": by(rows, "method"), "families": by(rows, "family")}


def leave_groups_out(rows) -> np.ndarray:
    """Calibrated probabilities of the calibration clips, each by a fit that has not seen its group."""
    scores, labels, groups = (np.array(c) for c in columns(rows))
    out = np.zeros(len(rows))
    for group in set(groups):
        rest = groups != group
        a, b = metrics.platt(scores[rest], labels[rest], least=1e-3)
        out[~rest] = metrics.sigmoid(a * scores[~rest] + b)
    return out


def ahead(rows) -> dict:
    """How far the score is ahead of the best of the others, with an interval over the same draws of groups for both."""
    others = [d for d in rows[0]["scores"] if d != OURS]
    best = max(others, key=lambda d: metrics.auc(*columns(rows, d)[:2]))
    scores, labels, groups = columns(rows)
    by, interval = metrics.lead(scores, columns(rows, best)[0], labels, groups)
    return {"of": best, "by": by, "interval": interval}


def at(p, labels, threshold: float) -> dict:
    """What a threshold gives."""
    p, fake = np.asarray(p), np.asarray(labels, bool)
    return {"threshold": threshold, "fpr": float((p[~fake] >= threshold).mean()), "tpr": float((p[fake] >= threshold).mean())}


def measure(sets, trained: set[str], shipped: dict | None = None) -> dict:
    """Calibration, operating points and the figures of every set. `shipped` is a manifest whose calibration and thresholds are
    measured instead of fitted."""
    base = sets["calibration"]["rows"]
    scores, labels, _ = columns(base)
    a, b = (shipped["calibration"][k] for k in "ab") if shipped else metrics.platt(scores, labels, least=1e-3)
    p = metrics.sigmoid(a * np.array(scores) + b)
    points = {f"fpr_{rate:.2f}": dict(zip(("threshold", "fpr", "tpr"), metrics.threshold_at(p, labels, rate))) for rate in FALSE_ALARMS}
    if shipped:
        points = {o["name"]: at(p, labels, o["threshold"]) for o in shipped["operating_points"]}
    thresholds = {name: point["threshold"] for name, point in points.items()}
    out = {"calibration": {"a": a, "b": b}, "operating_points": points, "sets": {}, "others": {}, "ahead": {}}
    for name in list(sets):
        rows = sets[name]["rows"]
        parts = {name: rows}
        if name.startswith("test"):
            parts[name.replace("test", "test, generators never trained on")] = [r for r in rows if not r["label"] or r["method"] not in trained]
        for title, some in parts.items():
            probability = leave_groups_out(some) if title == "calibration" else metrics.sigmoid(a * np.array(columns(some)[0]) + b)
            out["sets"][title] = figures(some, probability, thresholds)
            out["others"][title] = {d: auc_of(some, d) for d in some[0]["scores"] if d != OURS}
            out["ahead"][title] = ahead(some)
    out["clips"] = {name: s["rows"] for name, s in sets.items()}
    out["test_generators_in_training"] = sorted({r["method"] for r in sets["test"]["rows"] if r["label"] and r["method"] in trained})
    return out


def with_interval(f, least: int = 5) -> str:
    """The AUC, and its interval unless it rests on too few fakes to have one: drawing from two groups says nothing."""
    if f["fake"] < least:
        return f"{f['auc']:.2f}"
    return f"{f['auc']:.2f} ({f['interval'][0]:.2f}-{f['interval'][1]:.2f})"


def set_table(result) -> str:
    """One line per set of clips."""
    lines = ["| clips | genuine / fake | AUC (95 %) | TPR at 5 % FPR | EER | ECE (95 %) | Cllr (95 %) | genuine `strong` | ahead of the best other by (95 %) |",
             "|---|---|---|---|---|---|---|---|---|"]
    for name, f in result["sets"].items():
        ece, cllr, lead = f["ece_interval"], f["cllr_interval"], result["ahead"][name]
        lines.append(f"| {name} | {f['genuine']} / {f['fake']} | {with_interval(f)} | {f['tpr_at_own_fpr_0.05']:.2f} | {f['eer']:.2f} "
                     f"| {f['ece']:.2f} ({ece[0]:.2f}-{ece[1]:.2f}) | {f['cllr']:.2f} ({cllr[0]:.2f}-{cllr[1]:.2f}) | {100 * f['genuine_strong']:.0f} % "
                     f"| {lead['by']:+.2f} ({lead['interval'][0]:+.2f} to {lead['interval'][1]:+.2f}; {lead['of']}) |")
    return "\n".join(lines)


def kind_table(result, key: str) -> str:
    """One line per family or method, the sets side by side."""
    names = list(result["sets"])
    kinds = sorted({k for n in names for k in result["sets"][n][key]}, key=lambda k: (FAMILIES.index(k) if k in FAMILIES else 0, k))
    lines = [f"| {'family' if key == 'families' else 'method'} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for kind in kinds:
        cells = [result["sets"][n][key].get(kind) for n in names]
        lines.append(f"| {kind} | " + " | ".join(f"{with_interval(c)}, {c['fake']}" if c else "" for c in cells) + " |")
    return "\n".join(lines)


def other_table(result) -> str:
    """The public detectors and the baseline on the same clips."""
    names = list(result["sets"])
    lines = ["| detector | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|",
             "| **ours** | " + " | ".join(f"**{with_interval(result['sets'][n])}**" for n in names) + " |"]
    for other in result["others"]["test"]:
        lines.append(f"| {other} | " + " | ".join(with_interval(result["others"][n][other]) for n in names) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blendscope", type=Path, required=True, help="the program")
    parser.add_argument("--models", type=Path, help="folder of models for the program, such as the one that export made; default: the built-in ones")
    parser.add_argument("--classifier", default="", help="which of them; default: the built-in one")
    parser.add_argument("--manifest", type=Path, help="measure this manifest's calibration and thresholds instead of fitting them")
    parser.add_argument("--run", default="", help="the run whose twins figures go along")
    parser.add_argument("--videos", type=Path, required=True, help="the tab-separated list of clips")
    parser.add_argument("--evaluation", type=Path, required=True, help="the tab-separated labels of the test clips")
    parser.add_argument("--to", type=Path, required=True, help="folder for clips, results, figures.json and table.md; what is there is kept")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    clips = read_clips(args.videos)
    sides = split(clips, read_evaluation(args.evaluation))
    sets = clip_sets(args, clips, sides)
    add_others(sets)
    shipped = json.loads(args.manifest.read_text()) if args.manifest else None
    result = measure(sets, {generator(c.method) for c in clips if sides[c.key] == "train" and c.label == "fake"}, shipped)
    result["models"] = sets["test"]["report"]["models"]
    found = photos.photo_sets(args.to, Crops(work_root() / "crops", lambda row: row["kind"] == "still"),
                              lambda labels: program_scores(args, labels, photos.STATUSES)[0])
    result["photos"] = {name: photos.figures(rows, result["calibration"]) for name, rows in found.items()}
    twins = work_root() / "runs" / args.run / "report.json"
    result["twins"] = json.loads(twins.read_text())["twins"] if args.run and twins.exists() else {}
    (args.to / "figures.json").write_text(json.dumps(result, indent=1))
    text = "\n\n".join((set_table(result), photos.table(result["photos"]), kind_table(result, "families"), other_table(result), kind_table(result, "methods")))
    (args.to / "table.md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource, ImportError) as problem:
        raise SystemExit(f"protocol: {problem}")
