"""Step 3: export the weights to ONNX and measure that file against the teacher.

The score threshold is chosen on the held-out clips (fewest misses and extras together), then everything is
reported on every frame of the evaluation clips. Writes evaluation.json and evaluation.md into the run's folder.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from common.mirror import work_root
from common.teachers import YuNet
from common.video import spread_frames
from detector.data import DataError, read_evaluation
from detector.measure import LEAST_SIDE, LONG_SIDE, SIZES, TEACHER_SCORE, choose_threshold, see, teacher_faces, total
from detector.onnxfile import load, open_session, raw_of, write

BENCH = ((320, 320), (384, 640), (640, 384))


def look(clip: Path, model: Path, wanted: int, long_side: int):
    """(ours, theirs) for `wanted` frames spread over a clip; 0 means every frame."""
    cv2.setNumThreads(1)
    teacher, raw = YuNet(), raw_of(open_session(model))
    frames = spread_frames(str(clip), wanted or 10**9, 10**9 if not wanted else 600)
    return [(see(raw, frame, long_side), teacher_faces(teacher, frame)) for _, frame in frames]


def look_at_all(look_at, clips, workers: int) -> dict:
    """What `look_at` gives for every clip, a list per file name."""
    if not clips:
        raise DataError("no clips to measure on")
    with ProcessPoolExecutor(workers) as pool:
        jobs = {c: pool.submit(look_at, c) for c in clips}
        found = {c.name: job.result() for c, job in jobs.items()}
    empty = [name for name, frames in found.items() if not frames]
    if empty:
        raise DataError(f"no frames in {', '.join(empty)}")
    return found


def figures(tally) -> dict:
    """The figures of one row; None where nothing was there to measure."""
    errors = np.array(tally.landmarks)
    return {"frames": tally.frames, "faces": tally.faces, "recall": _rounded(tally.recall()), "extras": tally.extras,
            "extra_share": _rounded(tally.extra_share()),
            "landmark_error": _rounded(errors.mean()) if len(errors) else None,
            "landmark_error_p95": _rounded(np.percentile(errors, 95)) if len(errors) else None}


def _rounded(value):
    return round(float(value), 4) if np.isfinite(value) else None


def report(found: dict, threshold: float) -> dict:
    """Totals, per clip, by face size and by what counts as the teacher finding a face."""
    every = [pair for frames in found.values() for pair in frames]
    sizes = {f"{low}-{high}" if high < SIZES[-1] else f"{low}+": figures(total(every, threshold, low=low, high=high))
             for low, high in zip(SIZES, SIZES[1:])}
    return {
        "total": figures(total(every, threshold)),
        "by_clip": {name: figures(total(frames, threshold)) for name, frames in found.items()},
        "by_side_px": sizes,
        "by_teacher_score": {str(s): figures(total(every, threshold, teacher_score=s)) for s in (0.5, 0.6, 0.7, 0.8)},
        "by_threshold": {str(t): figures(total(every, t)) for t in (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)},
    }


def bench(model: Path, threads: int, rounds: int = 100) -> dict:
    """Median milliseconds per picture, ONNX Runtime, batch 1."""
    session, rng, out = open_session(model, threads), np.random.default_rng(0), {}
    for height, width in BENCH:
        picture, times = rng.integers(0, 256, (1, height, width, 3), dtype=np.uint8), []
        for _ in range(rounds):
            start = time.perf_counter()
            session.run(None, {"image": picture})
            times.append((time.perf_counter() - start) * 1e3)
        out[f"{width}x{height}, {threads} thread{'s' * (threads > 1)}"] = {"median_ms": round(float(np.median(times)), 2), "best_ms": round(min(times), 2)}
    return out


def table(rows: dict, head: str) -> str:
    """Rows of figures as a Markdown table."""
    names = ("frames", "faces", "recall", "extras", "extra_share", "landmark_error", "landmark_error_p95")
    lines = [f"| {head} | " + " | ".join(n.replace("_", " ") for n in names) + " |", "|---" * (len(names) + 1) + "|"]
    for key, row in rows.items():
        lines.append(f"| {key} | " + " | ".join("-" if row[n] is None else str(row[n]) for n in names) + " |")
    return "\n".join(lines)


def markdown(result: dict) -> str:
    clips, held = result["evaluation_clips"], result["held_out_clips"]
    parts = [f"Threshold {result['threshold']}, chosen on held-out clips; teacher score {TEACHER_SCORE}, long side {LONG_SIDE}; "
             f"faces of {LEAST_SIDE} px or more unless the row says otherwise.",
             table({"evaluation clips": clips["total"], "held-out clips": held["total"]}, "set")]
    for key, head in (("by_side_px", "side px"), ("by_teacher_score", "teacher score"), ("by_threshold", "our threshold"),
                      ("by_clip", "clip")):
        parts.append(table(clips[key], head))
    parts.append("Held-out clips:\n\n" + table(held["by_clip"], "clip"))
    return "\n\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="face")
    parser.add_argument("--evaluation", type=Path, required=True, help="labels.tsv of the evaluation clips")
    parser.add_argument("--long-side", type=int, default=LONG_SIDE, help="working long side in px")
    parser.add_argument("--frames", type=int, default=0, help="frames per evaluation clip; 0 = all")
    parser.add_argument("--held-out", type=int, default=60, help="frames per held-out clip")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    root = work_root() / "detector"
    folder, model = root / "runs" / args.run, root / "runs" / args.run / "face.onnx"
    if not (folder / "weights.pt").exists():
        raise DataError(f"{folder}: no weights; run train first")
    write(load(folder / "weights.pt"), model)
    clips = [args.evaluation.parent / name for name in read_evaluation(args.evaluation)]
    look_at = partial(look, model=model, long_side=args.long_side)
    held = look_at_all(partial(look_at, wanted=args.held_out), sorted((root / "held-out").iterdir()), args.workers)
    threshold = choose_threshold([pair for frames in held.values() for pair in frames])
    seen = look_at_all(partial(look_at, wanted=args.frames), clips, args.workers)
    result = {"run": args.run, "long_side": args.long_side, "threshold": threshold, "teacher_score": TEACHER_SCORE,
              "evaluation_clips": report(seen, threshold), "held_out_clips": report(held, threshold), "speed": {**bench(model, 1), **bench(model, 2)}}
    name = "evaluation" if args.long_side == LONG_SIDE else f"evaluation-{args.long_side}"
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(markdown(result), encoding="utf-8")
    print(markdown(result), json.dumps(result["speed"]), sep="\n")


if __name__ == "__main__":
    try:
        main()
    except DataError as e:
        raise SystemExit(f"evaluate: {e}")
