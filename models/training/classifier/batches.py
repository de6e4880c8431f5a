"""Batches for the training. Batch n is a function of (seed, n) alone, so a resumed run sees what it would have seen.

A batch holds, in equal numbers of genuine and fake faces:
  pairs     a genuine face and its self-blended or rebuilt twin, cut and degraded alike;
  clips     frames of genuine clips and of generators, clip drawn before frame, generator before clip;
  stills    genuine and swapped photos of one collection, and generated portraits.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from classifier.blend import rebuild, self_blend
from classifier.degrade import Degradation
from classifier.shards import Crops
from common.geometry import crop_square, cut, resize_square
from sources import DataError

SIZE, CELLS = 224, 14
CROP_SCALE, SCALES = 1.4, (1.28, 1.55)
EQUAL_FACE = (60.0, 120.0)  # px: clips and stills of both classes are mostly brought to one range of face sizes
UNKNOWN = -1.0  # map cells without a target


@dataclass(frozen=True)
class Mix:
    """How many of each kind a batch holds: `pairs` pairs, and so many of each class from clips and stills."""

    pairs: int = 14
    clips: int = 8
    stills: int = 2
    rebuilt: float = 0.25  # share of pairs whose fake is rebuilt as a whole instead of blended
    frames: float = 0.3  # share of pairs made from frames of genuine clips
    borrowed: float = 0.6  # share of genuine photos among the genuine faces set against generators: few people have clips

    @property
    def size(self) -> int:
        return 2 * (self.pairs + self.clips + self.stills)


def origin(row) -> str:
    """Where a genuine sample comes from: the collection, or the repository of the clip. Clips of one studio would weigh
    too much one by one, and the network would learn the studio instead of the trace."""
    return "__".join(row["source"].split("__")[:2])


class Faces:
    """Index of the samples by role, and the drawing of one of each."""

    def __init__(self, crops: Crops):
        self.crops = crops
        real, fake = {}, {}
        for i, row in enumerate(crops.rows):
            if row["side"] != "train":
                raise DataError(f"{row['source']}: not a training sample")
            tree = (real if row["label"] == "real" else fake).setdefault(row["kind"], {})
            tree.setdefault(row["method"] or origin(row), {}).setdefault(row["source"], []).append(i)
        self.trees = {("real", kind): tree for kind, tree in real.items()} | {("fake", kind): tree for kind, tree in fake.items()}
        missing = {(label, kind) for label in ("real", "fake") for kind in ("clip", "still")} - set(self.trees)
        if missing:
            raise DataError(f"no training faces: {sorted(missing)}; run classifier.prepare")

    def draw(self, label: str, kind: str, rng) -> int:
        """A sample: generator (or source) first, then clip, then frame. Large generators weigh more, by the square root."""
        tree = self.trees[label, kind]
        names = sorted(tree)
        weights = np.sqrt([sum(len(v) for v in tree[name].values()) for name in names])
        clips = tree[names[rng.choice(len(names), p=weights / weights.sum())]]
        frames = clips[sorted(clips)[rng.integers(len(clips))]]
        return frames[rng.integers(len(frames))]


def square(box, rng) -> tuple[int, int, int]:
    """The crop of a jittered box: a detector is never exact."""
    x, y, w, h = box
    shift = rng.normal(0, 0.03, 2) * max(w, h)
    return crop_square((x + shift[0], y + shift[1], w, h), float(rng.uniform(*SCALES)))


def fitted(image, place, degrade, flip: bool) -> np.ndarray:
    """The degraded crop at SIZE."""
    out = resize_square(degrade(cut(image, *place)), SIZE)
    return out[:, ::-1] if flip else out


def cells(mask, place, flip: bool) -> np.ndarray:
    """The mask's crop as the highest value met in each of CELLS x CELLS cells, softened by averaging a little first."""
    out = cv2.resize(cut(mask, *place), (CELLS * 4, CELLS * 4), interpolation=cv2.INTER_AREA)
    out = out.reshape(CELLS, 4, CELLS, 4).max((1, 3))
    return out[:, ::-1] if flip else out


class Batches(torch.utils.data.Dataset):
    """Item n is batch n: images [B, SIZE, SIZE, 3] uint8 BGR, labels [B], maps [B, CELLS, CELLS] with UNKNOWN cells."""

    def __init__(self, crops: Crops, mix: Mix, steps: int, seed: int):
        self.faces, self.mix, self.steps, self.seed = Faces(crops), mix, steps, seed

    def __len__(self):
        return self.steps

    def __getitem__(self, step: int):
        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, step))
        rows = [row for _ in range(self.mix.pairs) for row in self.pair(rng)]
        for kind, count in (("clip", self.mix.clips), ("still", self.mix.stills)):
            for _ in range(count):
                rows += self.natural(kind, rng)
        images, labels, maps = zip(*rows)
        return (torch.from_numpy(np.stack(images)), torch.tensor(labels, dtype=torch.float32),
                torch.from_numpy(np.stack(maps).astype(np.float32)))

    def pair(self, rng):
        """A genuine face and its composed twin."""
        i = self.faces.draw("real", "clip" if rng.random() < self.mix.frames else "still", rng)
        image, box = self.faces.crops.image(i), self.faces.crops.boxes[i]
        if rng.random() < self.mix.rebuilt:
            real, fake, mask = image, rebuild(image, rng), None
        else:
            real, fake, mask = self_blend(image, box, self.faces.crops.points[i], rng)
        place, flip = square(box, rng), rng.random() < 0.5
        degrade = Degradation(rng, float(max(box[2:])))
        target = np.ones((CELLS, CELLS)) if mask is None else cells(mask, place, flip)
        return ((fitted(real, place, degrade, flip), 0.0, np.zeros((CELLS, CELLS))),
                (fitted(fake, place, degrade, flip), 1.0, target))

    def natural(self, kind, rng):
        """A genuine and a fake face from clips or photos, brought to one size and degraded alike."""
        common = float(np.exp(rng.uniform(*np.log(EQUAL_FACE)))) if rng.random() < 0.7 else None
        state = rng.integers(1 << 31)
        for label, target in (("real", 0.0), ("fake", UNKNOWN)):
            other = label == "real" and rng.random() < self.mix.borrowed
            i = self.faces.draw(label, "still" if other else kind, rng)
            image, box = self.equal(self.faces.crops.image(i), self.faces.crops.boxes[i], common)
            degrade = Degradation(np.random.default_rng(state), float(max(box[2:])))
            yield (fitted(image, square(box, rng), degrade, rng.random() < 0.5), float(label == "fake"),
                   np.full((CELLS, CELLS), target))

    @staticmethod
    def equal(image, box, face: float | None):
        """The picture shrunk so that its face measures `face` px; left alone when it is smaller already."""
        ratio = face / float(max(box[2:])) if face else 1.0
        if ratio >= 1:
            return image, box
        size = tuple(max(16, round(v * ratio)) for v in image.shape[1::-1])
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA), box * ratio
