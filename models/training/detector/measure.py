"""How well a detector agrees with the teacher: recall, extra detections, landmark error, by face size."""

from dataclasses import dataclass, field

import numpy as np

from common.geometry import letterbox
from common.teachers import YuNet
from detector.boxes import Faces, match, select

LONG_SIDE = 640  # px at which the teacher looks
TEACHER_SCORE = 0.6  # what counts as "the teacher finds a face"
LEAST_SIDE = 48  # px in the frame, longer side of the box
NMS_IOU = 0.3
LOWEST = 0.2  # detections are kept from here on, so that thresholds can be chosen afterwards
SIZES = (24, 48, 64, 96, 160, 320, 100000)


def see(raw, frame: np.ndarray, long_side: int) -> Faces:
    """Faces of a frame in its own pixels. `raw` maps a padded picture to boxes, scores, landmarks of all cells."""
    padded, scale = letterbox(frame, long_side)
    return select(*raw(padded), LOWEST, NMS_IOU).scaled(np.float32(1 / scale))


def teacher_faces(teacher: YuNet, frame: np.ndarray) -> Faces:
    return see(teacher.raw, frame, LONG_SIDE)


@dataclass
class Tally:
    """Counts over frames; `faces` and `hits` for teacher faces of the asked size, `extras` for ours."""

    frames: int = 0
    faces: int = 0
    hits: int = 0
    extras: int = 0
    landmarks: list = field(default_factory=list)

    def recall(self):
        return self.hits / self.faces if self.faces else float("nan")

    def extra_share(self):
        """Extra detections per teacher face."""
        return self.extras / self.faces if self.faces else float("nan")

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self


def tally(ours: Faces, theirs: Faces, threshold: float, teacher_score=TEACHER_SCORE, low=LEAST_SIDE, high=np.inf) -> Tally:
    """One frame: ours at `threshold` against the teacher's at `teacher_score`, sides in [low, high)."""
    ours, theirs = ours.over(threshold), theirs.over(teacher_score)
    pairs = match(ours, theirs)
    wanted = (theirs.sides() >= low) & (theirs.sides() < high)
    matched = {i for i, _ in pairs}
    extras = sum(1 for i, side in enumerate(ours.sides()) if low <= side < high and i not in matched)
    pairs = [(i, j) for i, j in pairs if wanted[j]]
    out = Tally(1, int(wanted.sum()), len(pairs), extras)
    for i, j in pairs:
        out.landmarks.append(landmark_error(ours, i, theirs, j))
    return out


def landmark_error(ours: Faces, i: int, theirs: Faces, j: int) -> float:
    """Mean distance of the five points of our face i from those of their face j, over the distance of its eyes."""
    gap = np.linalg.norm((ours.landmarks[i] - theirs.landmarks[j]).reshape(5, 2), axis=1).mean()
    # A profile's eyes nearly coincide: the box keeps the divisor sensible.
    return float(gap / max(theirs.eye_distances()[j], 0.2 * theirs.sides()[j]))


def total(frames, threshold: float, **options) -> Tally:
    """Sum over (ours, theirs) pairs of frames."""
    sum_ = Tally()
    for ours, theirs in frames:
        sum_.add(tally(ours, theirs, threshold, **options))
    return sum_


def choose_threshold(frames) -> float:
    """The score threshold (two decimals) at which misses and extras together are fewest."""
    grid = np.round(np.arange(0.30, 0.80, 0.01), 2)
    costs = []
    for threshold in grid:
        t = total(frames, threshold)
        costs.append(t.faces - t.hits + t.extras)
    best = np.flatnonzero(np.array(costs) == min(costs))
    return float(grid[best[len(best) // 2]])
