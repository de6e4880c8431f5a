"""Batches for the training. Batch n is a function of (seed, n) alone, so a resumed run sees what it would have seen.

A batch holds, in equal numbers of genuine and fake faces:
  pairs     a genuine face and its self-blended, decoded or rebuilt twin, cut and degraded alike;
  clips     frames of genuine clips and of generators, clip drawn before frame, generator before clip;
  stills    genuine and swapped photos of one collection, and generated portraits.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from classifier.blend import rebuild, self_blend, sharpness
from classifier.decoders import decoded
from classifier.degrade import Degradation
from classifier.shards import Crops
from common.geometry import crop_square, cut, resize_square
from sources import DataError

SIZE, CELLS = 224, 14
CROP_SCALE, SCALES = 1.4, (1.28, 1.55)
EQUAL_FACE = (70.0, 180.0)  # px: clips and stills of both classes are mostly brought to a face size drawn from this range, or to the smaller of the two
STRENGTHS, STRENGTH_SHARE = (0.0, 0.4, 1.0), (0.35, 0.4, 0.25)  # of degradation
LARGEST_FACE, SHRUNK_SHARE, LEAST_FACE = 300.0, 0.5, 90.0  # px: frames come at many sizes; pairs are composed at the size drawn
TIGHT_SHARE, TIGHT = 0.35, (0.8, 1.3)  # in face boxes: pictures so tightly framed that the crop reaches beyond them; a repeated border must be no clue
UNKNOWN = -1.0  # map cells without a target


@dataclass(frozen=True)
class Mix:
    """How many of each kind a batch holds: `pairs` pairs, and so many of each class from clips and stills."""

    pairs: int = 12
    clips: int = 3
    stills: int = 1
    rebuilt: float = 0.15  # share of pairs whose fake is rebuilt as a whole instead of blended
    decoded: float = 0.35  # share of pairs whose fake is an autoencoder's reconstruction, whole or by region
    frames: float = 0.5  # share of pairs made from frames of genuine clips
    matched: float = 0.9  # share of these couples that are matched in size and sharpness
    kin: float = 0.8  # share of clip couples whose two clips show the same content, where there are such
    borrowed: float = 0.5  # share of genuine photos among the genuine faces set against generators: few people have clips

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
        self.shared = self._shared_groups()
        missing = {(label, kind) for label in ("real", "fake") for kind in ("clip", "still")} - set(self.trees)
        if missing:
            raise DataError(f"no training faces: {sorted(missing)}; run classifier.prepare")

    def _shared_groups(self) -> list[dict[str, dict[str, list[int]]]]:
        """Groups of clips that hold genuine and fake clips of the same content: per label, the samples by source."""
        groups = {}
        for i, row in enumerate(self.crops.rows):
            if row["kind"] == "clip":
                groups.setdefault(row["group"], {"real": {}, "fake": {}})[row["label"]].setdefault(row["source"], []).append(i)
        return [groups[name] for name in sorted(groups) if groups[name]["real"] and groups[name]["fake"]]

    def draw_couple(self, rng) -> tuple[int, int]:
        """A genuine and a fake frame of the same content."""
        group = self.shared[rng.integers(len(self.shared))]
        clips = [group[label][sorted(group[label])[rng.integers(len(group[label]))]] for label in ("real", "fake")]
        return tuple(clip[rng.integers(len(clip))] for clip in clips)

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


def framing(rng) -> tuple[float, np.ndarray] | None:
    """How tightly a couple is framed: (side in face boxes, shift in sides), or None where the pictures stay as they are."""
    return (float(rng.uniform(*TIGHT)), rng.normal(0, 0.06, 2)) if rng.random() < TIGHT_SHARE else None


def framed(pictures, box, how):
    """([pictures of one size], box) cut to a frame."""
    if how is None:
        return pictures, box
    (x, y, w, h), shift, side = box, how[1], how[0] * max(box[2:])
    spans = [(int(np.clip(middle + (move - 0.5) * side, 0, most - 16)), most) for middle, move, most in
             ((x + w / 2, shift[0], pictures[0].shape[1]), (y + h / 2, shift[1], pictures[0].shape[0]))]
    (left, right), (top, bottom) = ((first, int(np.clip(first + side, first + 16, most))) for first, most in spans)
    return [p[top:bottom, left:right] for p in pictures], np.array([x - left, y - top, w, h])


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
    """Item n is batch n: images [B, SIZE, SIZE, 3] uint8 BGR, rows genuine and fake in turn, and maps [B, CELLS, CELLS] with UNKNOWN cells."""

    def __init__(self, crops: Crops, mix: Mix, steps: int, seed: int, decoders=(), hard=(0.0, 0.8, 1)):
        """`decoders` rebuild the decoded pairs; `hard` says how hard the first pairs are, how hard the last ones, in [0, 1], and after
        how many steps."""
        if mix.decoded and not decoders:
            raise DataError("decoded pairs need autoencoders; run classifier.decoders")
        self.faces, self.mix, self.steps, self.seed, self.decoders, self.hard = Faces(crops), mix, steps, seed, decoders, hard

    def __len__(self):
        return self.steps

    def __getitem__(self, step: int):
        cv2.setNumThreads(1)
        rng = np.random.default_rng((self.seed, step))
        first, last, ramp = self.hard
        hard = first + (last - first) * min(1.0, step / max(ramp, 1))
        rows = [row for _ in range(self.mix.pairs) for row in self.pair(hard, rng)]
        for kind, count in (("clip", self.mix.clips), ("still", self.mix.stills)):
            for _ in range(count):
                rows += self.natural(kind, rng)
        images, maps = zip(*rows)
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(maps).astype(np.float32))

    def pair(self, hard: float, rng):
        """A genuine face and its composed twin, the less different and the more degraded the harder."""
        i = self.faces.draw("real", "clip" if rng.random() < self.mix.frames else "still", rng)
        crops = self.faces.crops
        image, box, points = at_some_size(crops.image(i), crops.boxes[i], crops.points[i], rng)
        kind = rng.random()
        if kind < self.mix.rebuilt:
            real, fake, mask = image, rebuild(image, rng, hard), None
        elif kind < self.mix.rebuilt + self.mix.decoded:
            network = self.decoders[rng.integers(len(self.decoders))]
            real, fake, mask = decoded(network, image, box, points, rng, hard)
        else:
            real, fake, mask = self_blend(image, box, points, rng, hard)
        (real, fake, *masks), box = framed([p for p in (real, fake, mask) if p is not None], box, framing(rng))
        place, flip = square(box, rng), rng.random() < 0.5
        strength = rng.choice(STRENGTHS, p=STRENGTH_SHARE) if rng.random() < 2 * hard else 0.0
        degrade = Degradation(rng, float(max(box[2:])), strength)
        target = cells(masks[0], place, flip) if masks else np.ones((CELLS, CELLS))
        return (fitted(real, place, degrade, flip), np.zeros((CELLS, CELLS))), (fitted(fake, place, degrade, flip), target)

    def natural(self, kind, rng):
        """A genuine and a fake face from clips or photos, brought to one size and sharpness and degraded alike."""
        state, strength = rng.integers(1 << 31), rng.choice(STRENGTHS, p=STRENGTH_SHARE)
        if kind == "clip" and self.faces.shared and rng.random() < self.mix.kin:
            chosen = self.faces.draw_couple(rng)
        else:
            chosen = [self.faces.draw(label, "still" if label == "real" and rng.random() < self.mix.borrowed else kind, rng) for label in ("real", "fake")]
        drawn = [(self.faces.crops.image(i), self.faces.crops.boxes[i]) for i in chosen]
        if rng.random() < self.mix.matched:
            drawn = match(drawn, float(np.exp(rng.uniform(*np.log(EQUAL_FACE)))))
        how = framing(rng)
        for target, (image, box) in zip((0.0, UNKNOWN), drawn):
            (image,), box = framed([image], box, how)
            degrade = Degradation(np.random.default_rng(state), float(max(box[2:])), strength)
            yield (fitted(image, square(box, rng), degrade, rng.random() < 0.5), np.full((CELLS, CELLS), target))


def match(drawn, largest: float):
    """Two (picture, box) brought to one face size and, by blurring the sharper, to one sharpness: or these become the clue."""
    face = min(largest, *(float(max(box[2:])) for _, box in drawn))
    drawn = [shrunk(image, box, face) for image, box in drawn]
    sharp = [sharpness(image, box) for image, box in drawn]
    for side in (0, 1):
        blur = 0.3
        while sharp[side] > 1.25 * sharp[1 - side] and blur < 2.5:
            image = cv2.GaussianBlur(drawn[side][0], (0, 0), blur)
            sharp[side] = sharpness(image, drawn[side][1])
            blur *= 1.35
            if sharp[side] <= 1.25 * sharp[1 - side]:
                drawn[side] = (image, drawn[side][1])
    return drawn


def at_some_size(image, box, points, rng):
    """(picture, box, landmarks) as a smaller frame would hold them: at most LARGEST_FACE, often smaller."""
    face = float(max(box[2:]))
    target = min(face, LARGEST_FACE)
    if target > LEAST_FACE and rng.random() < SHRUNK_SHARE:
        target = float(np.exp(rng.uniform(np.log(LEAST_FACE), np.log(target))))
    image, smaller = shrunk(image, box, target)
    return image, smaller, points * (float(max(smaller[2:])) / face)


def shrunk(image, box, face: float):
    """The picture shrunk so that its face measures `face` px, and the box in it."""
    ratio = face / float(max(box[2:]))
    if ratio >= 1:
        return image, box
    size = tuple(max(16, round(v * ratio)) for v in image.shape[1::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), box * ratio
