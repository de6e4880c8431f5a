"""Shards: what `prepare` stores and `train` reads. One .npz per thousand stills or per clip, written atomically.

A sample is a context crop (JPEG, quality 98, full chroma: the least of marks), the face box and the 98 landmarks in
pixels of that crop, and a row of text: source, label, method, group, side.
"""

import json
import os
from pathlib import Path

import cv2
import numpy as np

from common.geometry import crop_square, cut
from sources import DataError

LONGEST = 352  # px: side of a stored crop at most
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
        ends = np.cumsum([len(j) for j in self.jpegs], dtype=np.int64)
        part = self.path.with_suffix(".part")
        with open(part, "wb") as handle:
            np.savez(handle, jpegs=np.concatenate(self.jpegs) if self.jpegs else np.zeros(0, np.uint8), ends=ends,
                     boxes=np.array(self.boxes, np.float32).reshape(-1, 4),
                     points=np.array(self.points, np.float32).reshape(-1, 98, 2), rows=json.dumps(self.rows))
        os.replace(part, self.path)
        return len(self.rows)


class Crops:
    """All samples of the shards whose rows pass `wanted`; pictures stay encoded in memory (about 30 kB each)."""

    def __init__(self, folder: Path, wanted=lambda row: True):
        self.jpegs, self.rows, boxes, points = [], [], [np.zeros((0, 4), np.float32)], [np.zeros((0, 98, 2), np.float32)]
        for path in sorted(Path(folder).glob("*.npz")):
            with np.load(path) as shard:
                rows = json.loads(str(shard["rows"]))
                keep = [i for i, row in enumerate(rows) if wanted(row)]
                if not keep:
                    continue
                data, ends = shard["jpegs"], shard["ends"]
                self.jpegs += [data[(ends[i - 1] if i else 0):ends[i]].copy() for i in keep]
                self.rows += [rows[i] for i in keep]
                boxes.append(shard["boxes"][keep])
                points.append(shard["points"][keep])
        self.boxes, self.points = np.concatenate(boxes), np.concatenate(points)

    def __len__(self):
        return len(self.rows)

    def image(self, i: int) -> np.ndarray:
        """The context crop [side, side, 3] uint8 BGR. DataError when it is empty."""
        image = cv2.imdecode(self.jpegs[i], cv2.IMREAD_COLOR)
        if image is None or min(image.shape[:2]) < 8:
            raise DataError(f"empty crop: {self.rows[i]}")
        return image
