"""Detections and how two sets of them are compared (numpy only).

Boxes are float32 [n, 4] x1, y1, x2, y2, landmarks float32 [n, 10] (right eye, left eye, nose, right and
left corner of the mouth), in pixels of the picture that was given. Cells are ordered stride 8, 16, 32 and
row by row within a stride: the order of the teacher, of the student and of the exported model's outputs.
"""

from dataclasses import dataclass

import numpy as np

from common.teachers import STRIDES, suppress


@dataclass
class Faces:
    """Detections of one picture, best first."""

    boxes: np.ndarray
    scores: np.ndarray
    landmarks: np.ndarray

    def __len__(self):
        return len(self.scores)

    def keep(self, index):
        return Faces(self.boxes[index], self.scores[index], self.landmarks[index])

    def over(self, threshold):
        """Those with at least this score. Greedy suppression makes this the same as suppressing with it."""
        return self.keep(self.scores >= threshold)

    def scaled(self, factor):
        return Faces(self.boxes * factor, self.scores, self.landmarks * factor)

    def sides(self):
        """The longer side of every box in pixels: what "a face of 48 px" means here."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).max(1)

    def eye_distances(self):
        return np.linalg.norm(self.landmarks[:, 0:2] - self.landmarks[:, 2:4], axis=1)


def cells(height: int, width: int) -> np.ndarray:
    """Column, row and stride of every cell, float32 [K, 3]."""
    parts = []
    for stride in STRIDES:
        row, column = np.mgrid[0:height // stride, 0:width // stride]
        parts.append(np.stack([column.ravel(), row.ravel(), np.full(row.size, stride)], 1))
    return np.concatenate(parts).astype(np.float32)


def select(boxes, scores, landmarks, threshold: float, overlap: float) -> Faces:
    """Faces of one picture from dense outputs: threshold, then greedy suppression."""
    index = np.flatnonzero(scores >= threshold)
    found = Faces(boxes[index], scores[index], landmarks[index])
    return found.keep(suppress(found.boxes, found.scores, threshold, overlap))


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of a with every box of b, [len(a), len(b)]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.clip(high - low, 0, None).prod(2)
    area_a, area_b = ((v[:, 2:] - v[:, :2]).prod(1) for v in (a, b))
    return inner / np.maximum(area_a[:, None] + area_b[None] - inner, 1e-9)


def match(ours: Faces, theirs: Faces, least: float = 0.5) -> list[tuple[int, int]]:
    """One-to-one pairs (i, j) with an IoU of at least `least`, the best overlaps first."""
    if not len(ours) or not len(theirs):
        return []
    overlaps = iou_matrix(ours.boxes, theirs.boxes)
    pairs = []
    for flat in np.argsort(-overlaps, axis=None, kind="stable"):
        i, j = np.unravel_index(flat, overlaps.shape)
        if overlaps[i, j] < least:
            break
        if all(i != p and j != q for p, q in pairs):
            pairs.append((int(i), int(j)))
    return pairs
