"""Changes to a frame that make one of its faces hard: parts of it covered, the light taken away, shrunk.

Real footage has too few of these to measure with. Every change takes a BGR frame, the face's box (x1 y1 x2 y2) and its
five points [5, 2], and gives the changed picture and where the face's box lies in it. The frame itself stays as it is.
"""

import cv2
import numpy as np

from detector.compose import resize

GREY = 128
CANVAS = (480, 640)  # px, all the picture that a shrunk frame lies in; none of the detectors shrinks it further


def lower_half(frame, box, points):
    """A mask: all below the nose's tip."""
    return _cover(frame, (box[0], points[2, 1], box[2], box[3])), box


def eyes(frame, box, points):
    """A bar over both eyes, as wide as the face and a quarter of its height."""
    middle, reach = points[:2, 1].mean(), (box[3] - box[1]) / 8
    return _cover(frame, (box[0], middle - reach, box[2], middle + reach)), box


def one_side(frame, box, points):
    """The left half of the box, as by somebody in front."""
    return _cover(frame, (box[0], box[1], (box[0] + box[2]) / 2, box[3])), box


def _cover(frame, area):
    x1, y1, x2, y2 = np.maximum(np.round(area), 0).astype(int)
    out = frame.copy()
    out[y1:y2, x1:x2] = GREY
    return out


def dark(mean: float):
    """The change that divides the light of the whole frame until the face's mean grey level is `mean`: what is rounded away is lost."""
    def change(frame, box, points):
        return cv2.convertScaleAbs(frame, alpha=min(1.0, mean / max(brightness(frame, box), 1))), box
    return change


def shrunk(side: float):
    """The change that shrinks the frame until the face's longer side is `side` px, on grey."""
    def change(frame, box, points):
        scale = side / (box[2:] - box[:2]).max()
        small, box = resize(frame, scale), box * np.float32(scale)
        x, y = (_start(low, high, length, room) for low, high, length, room in zip(box[:2], box[2:], small.shape[1::-1], CANVAS[::-1]))
        small = small[y:y + CANVAS[0], x:x + CANVAS[1]]
        out = np.full((*CANVAS, 3), GREY, np.uint8)
        out[:small.shape[0], :small.shape[1]] = small
        return out, box - np.float32([x, y, x, y])
    return change


def _start(low, high, length, room) -> int:
    """Where to begin a cut of `room` out of `length`, with the face in its middle as far as there is picture."""
    return int(np.clip((low + high - room) / 2, 0, max(length - room, 0)))


def brightness(frame: np.ndarray, box) -> float:
    """Mean grey level, 0 to 255, of what lies in a box; NaN when it lies outside the frame."""
    x1, y1, x2, y2 = np.maximum(np.round(box), 0).astype(int)
    part = frame[y1:y2, x1:x2]
    return float(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY).mean()) if part.size else float("nan")
