"""Shards: what `prepare` stores and `train` reads. One .npz per thousand stills or per clip, written atomically.

A sample is a context crop (JPEG, quality 98, full chroma: the least of marks), the face box and the 98 landmarks in
pixels of that crop, and a row of text: source, label, method, group, side.
"""

import json
import os
from pathlib import Path
import zipfile

import cv2
import numpy as np

from common.geometry import crop_square, cut
from sources import DataError

LONGEST = 720  # px: side of a stored crop at most. Below it the crop is native, so that the only resampling is the last one, as in the program
DUPLICATES = "duplicates.json"  # beside the shards: stills to leave out, and groups they share (classifier.duplicates)
QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 98]
if hasattr(cv2, "IMWRITE_JPEG_SAMPLING_FACTOR"):  # OpenCV 4.7 and later; before that chroma is always halved
    QUALITY += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


def context_crop(image, box, landmarks, context: float):
    """(crop, box, landmarks) of the square `context` times the face box, at most LONGEST px a side."""
    x0, y0, side = crop_square(box, context)
    crop, ratio = cut(image, x0, y0, side), 1.0
    if side > LONGEST:
        ratio = LONGEST / side
        crop = cv2.resize(crop, (LONGEST, LONGEST), interpolation=cv2.INTER_AREA)
    box = np.array([box[0] - x0, box[1] - y0, box[2], box[3]], np.float32) * ratio
    return crop, box, (np.asarray(landmarks, np.float32) - (x0, y0)) * ratio


class ShardWriter:
    """Collects samples and writes them as one file, or not at all."""

    def __init__(self, path: Path):
        self.path, self.jpegs, self.boxes, self.points, self.rows = path, [], [], [], []

    def add(self, image, box, landmarks, context: float, row: dict) -> None:
        crop, box, landmarks = context_crop(image, box, landmarks, context)
        self.jpegs.append(cv2.imencode(".jpg", crop, QUALITY)[1])
        self.boxes.append(box)
        self.points.append(landmarks)
        self.rows.append(row)

    def write(self) -> int:
        """Number of samples written; an empty shard is written too, so that a rerun does not look again."""
        write_shard(self.path, self.jpegs, self.boxes, self.points, self.rows)
        return len(self.rows)


def write_shard(path: Path, jpegs, boxes, points, rows) -> None:
    """One file of samples, whole or not at all."""
    ends = np.cumsum([len(j) for j in jpegs], dtype=np.int64)
    part = path.with_suffix(".part")
    with open(part, "wb") as handle:
        np.savez(handle, jpegs=np.concatenate(jpegs) if len(jpegs) else np.zeros(0, np.uint8), ends=ends,
                 boxes=np.array(boxes, np.float32).reshape(-1, 4), points=np.array(points, np.float32).reshape(-1, 98, 2), rows=json.dumps(rows))
    os.replace(part, path)


def read_shard(path: Path):
    """(jpegs, ends, boxes, points, rows) of a file. DataError when it is cut short, or its rows have no label or a wrong one."""
    try:
        with np.load(path) as shard:
            jpegs, ends, boxes, points, rows = (shard[name] for name in ("jpegs", "ends", "boxes", "points", "rows"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
        raise DataError(f"{path} is not a whole shard ({type(problem).__name__}); delete it and run classifier.prepare again") from problem
    rows = json.loads(str(rows))
    for row in rows:
        if row["label"] not in ("real", "fake") or (row["label"] == "fake") != bool(row["method"]):
            raise DataError(f"{path}: mixed-up label: {row}")
    return jpegs, ends, boxes, points, rows


def read_duplicates(folder: Path) -> tuple[dict, dict]:
    """({group of a still to leave out: why}, {group of a still: the group it shares}); both empty without a list."""
    path = Path(folder) / DUPLICATES
    if not path.exists():
        return {}, {}
    found = json.loads(path.read_text())
    return found["dropped"], found["groups"]


class Crops:
    """All samples of the shards whose rows pass `wanted`, without near-copies; pictures stay encoded in memory (about 30 kB each)."""

    def __init__(self, folder: Path, wanted=lambda row: True):
        self.jpegs, self.rows, boxes, points = [], [], [np.zeros((0, 4), np.float32)], [np.zeros((0, 98, 2), np.float32)]
        dropped, shared = read_duplicates(folder)
        for path in sorted(Path(folder).glob("*.npz")):
            data, ends, shard_boxes, shard_points, rows = read_shard(path)
            keep = [i for i, row in enumerate(rows) if row["group"] not in dropped and wanted(row)]
            if not keep:
                continue
            self.jpegs += [data[(ends[i - 1] if i else 0):ends[i]].copy() for i in keep]
            self.rows += [rows[i] | {"group": shared.get(rows[i]["group"], rows[i]["group"])} for i in keep]
            boxes.append(shard_boxes[keep])
            points.append(shard_points[keep])
        self.boxes, self.points = np.concatenate(boxes), np.concatenate(points)

    def __len__(self):
        return len(self.rows)

    def image(self, i: int) -> np.ndarray:
        """The context crop [side, side, 3] uint8 BGR. DataError when it is empty."""
        image = cv2.imdecode(self.jpegs[i], cv2.IMREAD_COLOR)
        if image is None or min(image.shape[:2]) < 8:
            raise DataError(f"empty crop: {self.rows[i]}")
        return image
