"""Step 5: measure the shipped detector where footage is hard, against two teachers that know nothing of each other.

Frames of the evaluation clips and of the held-out clips, none of them trained on. The references are YuNet (the teacher),
Ultra-Light (of other data and other making), the faces that both have, and for false positives those that either has.
Then one face of the frames is changed (covered, darkened, shrunk) and all three detectors look for it again. Intervals
are drawn over clips. Writes conditions.json and conditions.md into the work folder; export puts them into the card.
"""

import argparse
import hashlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from classifier.metrics import interval
from common.mirror import MissingSource, work_root
from common.teachers import UltraLight, YuNet
from common.video import spread_frames
from detector import changes
from detector.boxes import Faces, iou_matrix, match, select
from detector.data import DataError, read_evaluation
from detector.evaluate import look_at_all
from detector.measure import LONG_SIDE, LOWEST, NMS_IOU, TEACHER_SCORE, landmark_error, see, teacher_faces
from detector.onnxfile import open_session, raw_of

ULTRA_SCORE = 0.7  # what Ultra-Light's own programs take
LEAST = 24  # px, the smallest face that counts
LEAST_CHANGED = 48  # px, the smallest face that is changed
FIRST_FRAMES = 300  # of a clip, which the measured ones are spread over
FEWEST_CLIPS = 5  # with fewer an interval over clips says nothing
EVERYTHING = np.inf
# Head of the group, the column it looks at, and its ranges [low, high).
GROUPS = (
    ("side", "side", {"24-48 px": (24, 48), "48-96 px": (48, 96), "96 px and more": (96, EVERYTHING)}),
    ("pose", "yaw", {"frontal, yaw below 25°": (0, 25), "turned, 25° to 50°": (25, 50), "profile, from 50°": (50, 91)}),
    ("light", "light", {"dark, mean grey below 60": (0, 60), "the rest": (60, 256)}),
    ("frame", "crowd", {"1 face": (1, 2), "2 or 3": (2, 4), "4 and more": (4, EVERYTHING)}),
)
CHANGES = {"lower half covered": changes.lower_half, "eyes covered": changes.eyes, "left half covered": changes.one_side,
           "darkened to a mean of 25": changes.dark(25), "darkened to a mean of 8": changes.dark(8),
           "shrunk to 36 px": changes.shrunk(36), "shrunk to 24 px": changes.shrunk(24)}
NOSE_DEPTH = 0.55  # of the eyes' distance: how far the nose's tip lies before the eyes, in a mean face


@dataclass(frozen=True)
class Row:
    """One face of a reference (`wanted`) and whether the detector has it, or one detection and whether the reference has it.
    `side` in px, `yaw` in degrees (NaN without landmarks), `light` 0 to 255, `crowd` the faces of the frame, `error` of the landmarks."""

    clip: str
    wanted: bool
    hit: bool
    side: float
    yaw: float
    light: float
    crowd: int
    error: float = float("nan")


def yaw(landmarks: np.ndarray) -> np.ndarray:
    """Turn of heads to the side in degrees, 0 to 90, from landmarks [n, 10]: how far the nose's tip has left the middle of
    the eyes, over how far these are still apart, both across the line from mouth to eyes."""
    p = landmarks.reshape(-1, 5, 2)
    middle = p[:, :2].mean(1)
    up = middle - p[:, 3:].mean(1)
    across = np.stack([-up[:, 1], up[:, 0]], 1) / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    nose, apart = (np.abs((v * across).sum(1)) for v in (p[:, 2] - middle, p[:, 1] - p[:, 0]))
    return np.degrees(np.arctan2(nose, NOSE_DEPTH * np.maximum(apart, 1e-6)))


def detectors(model: Path, threshold: float) -> dict:
    """The three detectors by name, as functions of a frame. YuNet's also gives the faces it is unsure of."""
    raw, yunet, ultra = raw_of(open_session(model)), YuNet(), UltraLight()

    def boxes_only(frame):
        boxes, scores = ultra.raw(frame)
        return select(boxes, scores, np.full((len(boxes), 10), np.nan, np.float32), ULTRA_SCORE, NMS_IOU)
    return {"ours": lambda frame: see(raw, frame, LONG_SIDE).over(threshold), "yunet": lambda frame: teacher_faces(yunet, frame),
            "ultra": boxes_only}


def references(yunet: Faces, ultra: Faces) -> dict[str, tuple[Faces, Faces]]:
    """By name: the faces to find, and those that a detection may be. `yunet` holds unsure faces too, which lend
    Ultra-Light's their landmarks."""
    landmarks = ultra.landmarks.copy()
    for i, j in match(ultra, yunet):
        landmarks[i] = yunet.landmarks[j]
    ultra, sure = Faces(ultra.boxes, ultra.scores, landmarks), yunet.over(TEACHER_SCORE)
    pairs = match(ultra, sure)
    alone = np.setdiff1d(np.arange(len(ultra)), [i for i, _ in pairs]).astype(int)
    either = Faces(*(np.concatenate([getattr(sure, n), getattr(ultra, n)[alone]]) for n in ("boxes", "scores", "landmarks")))
    return {"yunet": (sure, sure), "ultra": (ultra, ultra), "both": (sure.keep(sorted(j for _, j in pairs)), either)}


def rows(frame: np.ndarray, clip: str, found: Faces, wanted: Faces, known: Faces, crowd: int) -> list[Row]:
    """What one frame says about a detector: its hits and misses of `wanted`, and its detections that are `known` or not."""
    pairs = {j: i for i, j in match(found, wanted)}
    of_known = {i for i, _ in match(found, known)}
    hits = [(True, j in pairs, landmark_error(found, pairs[j], wanted, j) if j in pairs else float("nan")) for j in range(len(wanted))]
    hits += [(False, i in of_known, float("nan")) for i in range(len(found))]
    out = []
    for faces, answers in ((wanted, hits[:len(wanted)]), (found, hits[len(wanted):])):
        for side, turn, box, (is_wanted, hit, error) in zip(faces.sides(), yaw(faces.landmarks), faces.boxes, answers):
            if side >= LEAST:
                out.append(Row(clip, is_wanted, hit, float(side), float(turn), changes.brightness(frame, box), crowd, error))
    return out


def look(clip: Path, model: Path, threshold: float, wanted: int, changed: int) -> list[dict]:
    """One entry per frame of a clip: rows by (detector, reference), and what was found after which change."""
    cv2.setNumThreads(1)
    see_with, out = detectors(model, threshold), []
    frames = list(spread_frames(str(clip), wanted, FIRST_FRAMES))
    picks = set(np.linspace(0, len(frames) - 1, min(changed, len(frames))).astype(int))
    for number, (_, frame) in enumerate(frames):
        seen = {name: detect(frame) for name, detect in see_with.items()}
        truth = references(seen["yunet"], seen["ultra"])
        seen["yunet"] = truth["yunet"][0]
        crowd = max(int((truth[name][0].sides() >= LEAST).sum()) for name in ("yunet", "ultra"))
        entry = {"rows": {f"{d} {r}": rows(frame, clip.name, faces, *truth[r], crowd) for d, faces in seen.items() for r in truth if d != r}}
        entry["changed"] = look_again(frame, truth["both"][0], see_with) if number in picks else {}
        out.append(entry)
    return out


def look_again(frame, both: Faces, see_with) -> dict:
    """By change: which detector still finds the largest face that both teachers had. Empty without such a face."""
    if not len(both) or both.sides().max() < LEAST_CHANGED:
        return {}
    best, out = int(both.sides().argmax()), {}
    for name, change in CHANGES.items():
        picture, box = change(frame, both.boxes[best], both.landmarks[best].reshape(5, 2))
        seen = {d: detect(picture) for d, detect in see_with.items()}
        seen["yunet"] = seen["yunet"].over(TEACHER_SCORE)
        out[name] = {d: bool(len(faces) and iou_matrix(faces.boxes, box[None]).max() >= 0.5) for d, faces in seen.items()}
    return out


def figures(chosen: list[Row]) -> dict:
    """Recall with its interval over clips, extras, landmark error; None where nothing was there to measure."""
    hit, wanted, clips = (np.array([getattr(r, n) for r in chosen]) for n in ("hit", "wanted", "clip"))
    faces = int(wanted.sum()) if len(chosen) else 0
    out = {"clips": len({r.clip for r in chosen if r.wanted}), "faces": faces, "recall": None, "interval": None,
           "extras": sum(not r.wanted and not r.hit for r in chosen), "landmark_error": None, "landmark_error_p95": None}
    if not faces:
        return out
    errors = [r.error for r in chosen if np.isfinite(r.error)]
    if errors:
        out.update(landmark_error=float(np.mean(errors)), landmark_error_p95=float(np.percentile(errors, 95)))
    if out["clips"] >= FEWEST_CLIPS:
        out["interval"] = interval(lambda hits, labels: hits[labels].mean(), hit, wanted, clips)
    return out | {"recall": float(hit[wanted].mean())}


def changed_figures(found: dict, name: str) -> dict:
    """How many of the changed faces each detector found, and how far we are from YuNet, with intervals over clips."""
    answers = [(clip, entry["changed"][name]) for clip, frames in found.items() for entry in frames if name in entry["changed"]]
    clips, values = [c for c, _ in answers], {d: np.array([a[d] for _, a in answers]) for d in ("ours", "yunet", "ultra")}
    hits, ours = np.concatenate([values["ours"], values["yunet"]]), np.repeat([True, False], len(answers))
    recall, lead = (lambda s, l: s[l].mean()), (lambda s, l: s[l].mean() - s[~l].mean())
    return {"faces": len(answers), "clips": len(set(clips)), **{d: float(v.mean()) for d, v in values.items()},
            "interval": interval(recall, hits, ours, clips * 2), "lead": lead(hits, ours), "lead_interval": interval(lead, hits, ours, clips * 2)}


def report(found: dict, held: set[str]) -> dict:
    """All figures. `found` maps clips to what `look` gave, `held` names the held-out ones."""
    every = {}
    for entry in (entry for frames in found.values() for entry in frames):
        for pair, some in entry["rows"].items():
            every.setdefault(pair, []).extend(some)
    sets = {"all clips": set(found), "evaluation clips": set(found) - held, "held-out clips": held}
    ours = {pair.split()[1]: some for pair, some in every.items() if pair.startswith("ours ")}
    return {
        "frames": {name: sum(len(found[c]) for c in clips) for name, clips in sets.items()},
        "sets": {name: {pair: figures([r for r in some if r.clip in clips]) for pair, some in every.items()} for name, clips in sets.items()},
        "groups": {head: {name: {ref: figures([r for r in some if low <= getattr(r, column) < high]) for ref, some in ours.items()}
                          for name, (low, high) in ranges.items()} for head, column, ranges in GROUPS},
        "changes": {name: changed_figures(found, name) for name in CHANGES},
        "false_positives": [{"clip": r.clip, "side": r.side, "yaw": r.yaw, "light": r.light} for r in ours["both"] if not r.wanted and not r.hit],
    }


def _share(value, bounds=None) -> str:
    text = "-" if value is None else f"{100 * value:.1f} %"
    return text + (f" ({100 * bounds[0]:.1f}-{100 * bounds[1]:.1f})" if bounds else "")


def _found(f: dict) -> str:
    return f"{_share(f['recall'], f['interval'])} of {f['faces']}, {f['clips']} clips"


def markdown(result: dict) -> str:
    """The figures as tables, as the card shows them."""
    lines = ["| found by | of YuNet's faces | of Ultra-Light's faces | of those of both | found besides | landmark error, p95 |", "|---" * 6 + "|"]
    for name, pairs in result["sets"].items():
        ours = pairs["ours yunet"]
        lines.append(f"| **ours**, {name}, {result['frames'][name]} frames | {_found(ours)} | {_found(pairs['ours ultra'])} | {_found(pairs['ours both'])} "
                     f"| {pairs['ours both']['extras']} | {ours['landmark_error']:.3f}, {ours['landmark_error_p95']:.3f} |")
    pairs = result["sets"]["all clips"]
    lines += [f"| YuNet, all clips | | {_found(pairs['yunet ultra'])} | | {pairs['yunet ultra']['extras']} that Ultra-Light lacks | |",
              f"| Ultra-Light, all clips | {_found(pairs['ultra yunet'])} | | | {pairs['ultra yunet']['extras']} that YuNet lacks | |", ""]
    lines += ["| condition | of YuNet's faces | of Ultra-Light's faces | of those of both | besides YuNet's / Ultra-Light's / either's | landmark error, p95 |", "|---" * 6 + "|"]
    for head, names in result["groups"].items():
        for name, refs in names.items():
            ours, error = refs["yunet"], "-"
            if ours["landmark_error"] is not None:
                error = f"{ours['landmark_error']:.3f}, {ours['landmark_error_p95']:.3f}"
            extras = " / ".join(str(refs[r]["extras"]) for r in ("yunet", "ultra", "both"))
            lines.append(f"| {head}: {name} | " + " | ".join(_found(refs[r]) for r in ("yunet", "ultra", "both")) + f" | {extras} | {error} |")
    lines += ["", "| face | faces, clips | ours | YuNet | Ultra-Light | ours before YuNet, points |", "|---" * 6 + "|"]
    for name, f in result["changes"].items():
        low, high = (100 * v for v in f["lead_interval"])
        lines.append(f"| {name} | {f['faces']}, {f['clips']} | {_share(f['ours'], f['interval'])} | {_share(f['yunet'])} | {_share(f['ultra'])} "
                     f"| {100 * f['lead']:+.1f} ({low:+.1f} to {high:+.1f}) |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluation", type=Path, required=True, help="labels.tsv of the evaluation clips")
    parser.add_argument("--model", type=Path, default=Path(__file__).parents[2] / "face", help="model folder (default: the shipped one)")
    parser.add_argument("--threshold", type=float, help="a score to try (default: the model's own; only that is for the card)")
    parser.add_argument("--frames", type=int, default=24, help="frames per clip")
    parser.add_argument("--changed", type=int, default=8, help="frames per clip that are changed, too (at least 1)")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    manifest, folder = json.loads((args.model / "manifest.json").read_text(encoding="utf-8")), work_root() / "detector"
    model, threshold = args.model / manifest["file"], args.threshold or manifest["thresholds"]["score"]
    held = sorted((folder / "held-out").glob("*"))
    clips = [args.evaluation.parent / name for name in read_evaluation(args.evaluation)]
    if not held:
        raise DataError(f"{folder}: no held-out clips; run prepare first")
    found = look_at_all(partial(look, model=model, threshold=threshold, wanted=args.frames, changed=args.changed), held + clips, args.workers)
    result = {"sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "threshold": threshold, **report(found, {c.name for c in held})}
    name = f"conditions-{args.threshold}" if args.threshold else "conditions"
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / f"{name}.md").write_text(markdown(result) + "\n", encoding="utf-8")
    print(markdown(result))


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as e:
        raise SystemExit(f"conditions: {e}")
