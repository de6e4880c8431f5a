"""Near-copies among the stills: `prepare` ends with looking for them and lists in duplicates.json what `Crops` then leaves out.

A still is left out when its face is that of an earlier still of its label, when it is a fake whose face is a genuine still's, pixel for
pixel (the swapped face is then another one of the picture), or when it shows what a test or calibration clip shows. Stills of one
photo with different faces, as a swap and its original, are kept and share a group.

Faces are first brought to one place by their landmarks. Correlation of small thumbnails, of the face and of what surrounds it, finds
candidates; these are registered to each other and then must agree in every part of the face, or in their surroundings. Portraits of one
generator correlate like copies (up to 0.98): without the look at every part they would pass for such.
"""

from collections import Counter
from concurrent.futures import Executor
import json
import os
from pathlib import Path

import cv2
import numpy as np

from classifier.shards import DUPLICATES, read_shard

SIDE, SMALL = 64, 32  # px of the pictures that are compared, and of those searched
ANCHORS = (96, 97, 54, 76, 82)  # WFLW: pupils, tip of the nose, corners of the mouth
PLACES = np.array([(-1, -0.9), (1, -0.9), (0, 0.15), (-0.8, 1.1), (0.8, 1.1)])  # theirs, in half distances of the eyes
CLOSE, WIDE = SIDE / 4, SIDE / 8  # px of half the distance of the eyes: in the face, and in the face with its surroundings
LEAST_FACE, LEAST_AROUND = 0.95, 0.93  # correlation of candidates
MOST_APART, LEAST_SAME_PHOTO = 0.25, 0.988  # of the worst part of a face, in standard deviations; registered correlation of surroundings
STEPS = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)


def placed(image, points, unit: float) -> np.ndarray:
    """The grey face [SIDE, SIDE] uint8 with its landmarks nearest to their PLACES: a shift, a turn and a scale."""
    at, to = points[list(ANCHORS)] @ (1, 1j), PLACES @ (1, 1j) * unit
    turn = np.vdot(at - at.mean(), to - to.mean()) / max((np.abs(at - at.mean()) ** 2).sum(), 1e-6)
    shift = SIDE / 2 * (1 + 1j) + to.mean() - turn * at.mean()
    if abs(turn) < 0.8:
        image = cv2.GaussianBlur(image, (0, 0), 0.5 / max(abs(turn), 0.02))
    return cv2.warpAffine(image, np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]), (SIDE, SIDE),
                          borderMode=cv2.BORDER_REPLICATE)


def thumbnails(path: Path) -> tuple[list[dict], np.ndarray]:
    """Rows of a shard's stills, or of its frames of held-out clips, and their pictures [n, 2, SIDE, SIDE]: close and wide."""
    cv2.setNumThreads(1)
    jpegs, ends, _, points, rows = read_shard(path)
    wanted = [i for i, row in enumerate(rows) if row["kind"] == "still" or row["side"] in ("test", "calibration")]
    greys = (cv2.imdecode(jpegs[(ends[i - 1] if i else 0):ends[i]], cv2.IMREAD_GRAYSCALE) for i in wanted)
    pictures = [[placed(grey, points[i], unit) for unit in (CLOSE, WIDE)] for i, grey in zip(wanted, greys)]
    return [rows[i] for i in wanted], np.array(pictures, np.uint8).reshape(-1, 2, SIDE, SIDE)


def around(side: int) -> np.ndarray:
    """Mask [side, side] of what surrounds the face in the wide picture: hair, clothes, background."""
    y, x = (np.mgrid[:side, :side] - side / 2) / side
    return (x / 0.3) ** 2 + (y / 0.36) ** 2 > 1


def candidates(pictures: np.ndarray, first: int, mask: np.ndarray, least: float) -> set[tuple[int, int]]:
    """Pairs i < j, j >= first, whose thumbnails correlate by `least` or more inside the mask [SMALL, SMALL]."""
    values = np.array([cv2.resize(p, (SMALL, SMALL), interpolation=cv2.INTER_AREA)[mask] for p in pictures], np.float32)
    values -= values.mean(1, keepdims=True)
    values /= np.linalg.norm(values, axis=1, keepdims=True) + 1e-6
    found = set()
    for start in range(first, len(values), 1024):
        later, earlier = np.nonzero(values[start:start + 1024] @ values[:start + 1024].T >= least)
        found |= {(int(i), int(j)) for i, j in zip(earlier, later + start) if i < j}
    return found


def registered(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> tuple[float, np.ndarray]:
    """(correlation inside the mask, map from a's pixels to b's) of b brought onto a: by an affine map near identity, or left as it is where
    none is found that correlates better."""
    still = np.eye(2, 3, dtype=np.float32)
    value = float(np.corrcoef(a[mask], b[mask])[0, 1]) if a[mask].std() and b[mask].std() else 0.0
    try:
        better, warp = cv2.findTransformECC(a, b, still.copy(), cv2.MOTION_AFFINE, STEPS, mask.astype(np.uint8), 3)
    except cv2.error:  # it did not converge
        return value, still
    near = np.abs(warp[:, :2] - np.eye(2)).max() <= 0.25 and np.abs(warp[:, 2]).max() <= SIDE / 4
    return (better, warp) if near and better > value else (value, still)


def same_face(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two close pictures agree in every part of 8 px, up to brightness and contrast."""
    _, warp = registered(a, b, np.ones_like(a, bool))
    inside = cv2.warpAffine(np.ones_like(b), warp, b.shape, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP) > 0
    inside &= np.pad(np.ones((SIDE - 16, SIDE - 16), bool), 8)
    if inside.sum() < SIDE * SIDE / 4:
        return False
    b = cv2.warpAffine(b, warp, b.shape, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    a, b = ((v - v[inside].mean()) / max(v[inside].std(), 4.0) for v in (a.astype(np.float32), b.astype(np.float32)))
    return float(cv2.blur(np.abs(a - b) * inside, (8, 8)).max()) <= MOST_APART


def same_photo(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two wide pictures have the same surroundings."""
    return registered(a, b, around(SIDE))[0] >= LEAST_SAME_PHOTO


def verdicts(rows: list[dict], pictures: np.ndarray, held: int) -> tuple[dict[str, list[str]], dict[str, str]]:
    """({left out: [reason, because of]}, {still: group it shares}) by group. The first `held` samples are frames of held-out clips."""
    pairs = candidates(pictures[:, 0], held, np.ones((SMALL, SMALL), bool), LEAST_FACE)
    pairs |= candidates(pictures[:, 1], held, around(SMALL), LEAST_AROUND)
    dropped, shared = {}, {}
    for i, j in sorted(pairs):
        face = same_face(pictures[i, 0], pictures[j, 0])
        if not face and not same_photo(pictures[i, 1], pictures[j, 1]):
            continue
        first, later = rows[i], rows[j]
        if i < held:
            dropped.setdefault(later["group"], ["shown by a held-out clip", first["source"]])
        elif face and first["label"] == later["label"]:
            dropped.setdefault(later["group"], ["copy", first["group"]])
        elif face:
            fake, real = (first, later) if first["label"] == "fake" else (later, first)
            dropped.setdefault(fake["group"], ["fake with a genuine face", real["group"]])
        else:
            shared[later["group"]] = shared.get(first["group"], first["group"])
    return dropped, shared


def refresh(folder: Path, pool: Executor) -> None:
    """Write the folder's list anew when a shard is newer than it; say what is in it."""
    shards, out = sorted(folder.glob("*.npz")), folder / DUPLICATES
    if not shards or (out.exists() and out.stat().st_mtime_ns >= max(s.stat().st_mtime_ns for s in shards)):
        return
    parts = list(pool.map(thumbnails, shards))
    rows = [row for part, _ in parts for row in part]
    pictures = np.concatenate([p for _, p in parts])
    order = sorted(range(len(rows)), key=lambda i: rows[i]["kind"] == "still")  # held-out frames first, else as they are
    rows, pictures = [rows[i] for i in order], pictures[order]
    dropped, shared = verdicts(rows, pictures, sum(row["kind"] != "still" for row in rows))
    part = out.with_suffix(".part")
    part.write_text(json.dumps({"dropped": dropped, "groups": shared}, indent=1))
    os.replace(part, out)
    reasons = Counter(reason for reason, _ in dropped.values())
    print(f"stills left out: {dict(sorted(reasons.items()))}; {len(shared)} share the photo of another", flush=True)
