"""Forgeries of our own: genuine clips whose faces are blended with changed copies of themselves, as the classifier was taught.

They stand where fakes of real generators tell little: what a classifier hardly sees says nothing about how its scores are put
together. Region, colour, frequency and shift are drawn once for a clip and follow the landmarks from picture to picture; of
several draws the one that the shipped classifier sees best on the clip's first face is taken: these clips measure the
aggregation, never the classifier. Landmarks come from public networks (models/training/common/teachers.py, which needs
BLENDSCOPE_SOURCES).
"""

import functools
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from pictures import RATE, Clip, cut, faces, surest

MODELS = Path(__file__).resolve().parents[2] / "models"
sys.path.append(str(MODELS / "training"))

from classifier import blend  # noqa: E402
from common.geometry import face_crop  # noqa: E402
from common.teachers import Pfld, YuNet  # noqa: E402

CLASSIFIER = MODELS / "standard" / "standard.onnx"
SCALE, SIZE = 1.4, 224  # of its crops: face boxes, pixels
AROUND = 1.9  # of a face's box, as in training
DETAIL = 320  # pixels of the long side in which faces are looked for
LEAST = 32  # pixels; smaller faces stay genuine
DRAWS = 6


@dataclass(frozen=True)
class Forged(Clip):
    """A genuine clip with all its faces forged; hard is 0 for large, clear changes to 1 for the subtlest."""

    hard: float
    seed: str

    def pictures(self, seconds: float = 1e9, rate: int = RATE):
        for picture in super().pictures(seconds, rate):
            yield self.forge(picture)

    def forge(self, picture: np.ndarray) -> np.ndarray:
        picture = picture.copy()
        for face in detector().detect(picture, DETAIL):
            if max(face.box[2:]) >= LEAST:
                self.change(picture, face.box)
        return picture

    def change(self, picture: np.ndarray, box: np.ndarray) -> None:
        """Changes the face in the box. The region is one of the easy ones (whole, inner or lower face) however hard the change."""
        x, y, w, h = box
        size = float(max(w, h))
        side = round(AROUND * size)
        left, top = round(x + w / 2 - side / 2), round(y + h / 2 - side / 2)
        base = cut(picture, left, top, side)
        points = landmarks().landmarks(picture, box) - (left, top)
        mask = blend.draw_mask(base.shape, points, size, 0, self.dice("mask"))
        copy = blend.change_colour(base, self.hard, self.dice("colour"))
        copy = blend.change_frequency(copy, self.hard, self.dice("frequency"))
        copy, mask = blend.move(copy.astype(np.float32), mask, size, self.dice("move"))
        fake = copy * mask[..., None] + base * (1 - mask[..., None])
        paste(picture, np.clip(fake + 0.5, 0, 255).astype(np.uint8), left, top)

    def dice(self, part: str) -> np.random.Generator:
        """The same numbers for every picture of the clip: each part has its own, for some draw as many as there are pixels."""
        return np.random.default_rng(list(f"{self.seed}/{self.path.name}/{part}".encode()))


def pairs(clips: list[Clip], hard: float, most: int, seed: int) -> list[tuple[Clip, Clip]]:
    """Genuine clips that show a face, each of a group of its own, and their forged twins."""
    chosen: dict[str, Clip] = {}
    genuine = [c for c in clips if not c.fake]
    for clip in random.Random(f"{seed}/forge").sample(genuine, len(genuine)):
        if len(chosen) < most and clip.group not in chosen and faces(clip):
            chosen[clip.group] = clip
    return [(c, best_seen(c, hard, seed)) for c in chosen.values()]


def best_seen(clip: Clip, hard: float, seed: int) -> Forged:
    """The twin that the shipped classifier sees best, of a few, by the first face."""
    picture, box = first_face(clip)
    draws = [Forged(clip.path, True, "forged", clip.group, hard, f"{seed}/{draw}") for draw in range(DRAWS)]
    crops = np.stack([face_crop(one.forge(picture), box, SCALE, SIZE) for one in draws])
    return draws[int(shipped().run(["logit"], {"image": crops})[0].argmax())]


def first_face(clip: Clip) -> tuple[np.ndarray, tuple]:
    """The first picture with a face, and its box. The clip has one (pictures.faces)."""
    return next((picture, box) for picture in clip.pictures(4, rate=2) if (box := surest(picture)) is not None)


def paste(picture: np.ndarray, square: np.ndarray, left: int, top: int) -> None:
    """Puts a square back to where it was cut from."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + square.shape[1]), min(height, top + square.shape[0])
    picture[y0:y1, x0:x1] = square[y0 - top : y1 - top, x0 - left : x1 - left]


@functools.cache
def detector() -> YuNet:
    return YuNet()


@functools.cache
def landmarks() -> Pfld:
    return Pfld()


@functools.cache
def shipped() -> onnxruntime.InferenceSession:
    one = onnxruntime.SessionOptions()
    one.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(CLASSIFIER), one, providers=["CPUExecutionProvider"])
