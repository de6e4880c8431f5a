"""LRNet, a public detector that looks at how 68 landmarks move and at no pixel (Sun et al., CVPR 2021); `peers` puts it beside the others.

Written anew from its description, with the weights of the authors' demonstration (trained on DeeperForensics) and its blocks of 30 frames.
Their landmarks come from FAN; here the teachers' 98 points stand in, of which 68 mean the same. The points then pass the authors'
calibration: Lucas-Kanade flow there and back again inside a face crop of 400 px, merged with the detected points by a Kalman filter per
point, all in whole pixels.
"""

from dataclasses import dataclass
import io
import os
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from common.mirror import Mirror, work_root
from common.teachers import Pfld, YuNet, followed
from common.video import spread_frames

LRNET = ("frederickszk/LRNet", "9a172a0")
BRANCHES = ("demo/model_weights/g1.pth", "demo/model_weights/g2.pth")  # positions; their differences from frame to frame
TENSORS = {"dense.1.fn.net.0": "widen", "dense.1.fn.net.3": "narrow", "dense.3": "judge"}
BLOCK, MOST_FRAMES = 30, 300
FACE, SCALE, STILL = 400, 1.2, 1.42  # px of the crop; its side in face sizes; px a face moves before its crop follows
FLOW = dict(winSize=(15, 15), maxLevel=3, criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03), flags=cv2.OPTFLOW_USE_INITIAL_FLOW)
PROCESS_VARIANCE, MOST_ASTRAY = 0.3, 2  # of the Kalman filter; px between a point and its return

# The WFLW points that are 300-W's 68: jaw, brows, nose, eyes, mouth.
WFLW_TO_300W = [*range(0, 33, 2), *range(33, 38), *range(42, 47), *range(51, 60), 60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75, *range(76, 96)]


class Branch(nn.Module):
    """A GRU read in both directions and a small judge: [n, frames, 136] -> probability of a fake [n]."""

    def __init__(self):
        super().__init__()
        self.hidden_state = nn.Parameter(torch.zeros(2, 1, 32))
        self.gru = nn.GRU(136, 32, batch_first=True, bidirectional=True)
        self.widen, self.narrow, self.judge = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 2)

    def forward(self, x):
        _, last = self.gru(x, self.hidden_state.repeat(1, len(x), 1))
        last = torch.cat(list(last), 1)
        return self.judge(last + self.narrow(torch.relu(self.widen(last)))).softmax(1)[:, 1]


def load() -> tuple[Branch, Branch]:
    """The branches of positions and of differences, with the authors' weights."""
    branches = []
    with Mirror(*LRNET) as mirror:
        for path in BRANCHES:
            state = torch.load(io.BytesIO(mirror.read(path)), map_location="cpu")
            renamed = {f"{TENSORS.get(k.rpartition('.')[0], k.rpartition('.')[0])}.{k.rpartition('.')[2]}".lstrip("."): v for k, v in state.items()}
            branches.append(Branch())
            branches[-1].load_state_dict(renamed)
    return tuple(b.eval() for b in branches)


@torch.no_grad()
def score(branches, sequence: np.ndarray) -> float:
    """Mean probability of a fake over the blocks of a sequence [n, 68, 2]. One shorter than a block is judged as it is; one of a single
    frame or of none says nothing: 0.5."""
    length = min(BLOCK, len(sequence))
    if length < 2:
        return 0.5
    flat = torch.from_numpy(sequence.reshape(len(sequence), -1)).float()
    blocks = torch.stack([flat[i:i + length] for i in range(0, len(flat) - length + 1, length)])
    positions, differences = branches
    return float((positions(blocks) + differences(blocks.diff(dim=1))).mean() / 2)


def detected(frames, yunet: YuNet, pfld: Pfld) -> tuple[int, list[np.ndarray]]:
    """(frames before the first face, 68 whole-pixel points of every frame from there on). Where the face is lost, or jumps to another
    place or size, the points of the frame before stay."""
    shapes, last, before = [], None, 0
    for frame in frames:
        faces = yunet.detect(frame)
        if faces:
            face = followed(faces, last)
            last = face.box
            shape = pfld.landmarks(frame, face.box)[WFLW_TO_300W].astype(int)
        elif not shapes:
            before += 1
            continue
        shapes.append(shape if faces and (not shapes or follows(shapes[-1], shape)) else shapes[-1])
    return before, shapes


def follows(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether two shapes can be one face in consecutive frames."""
    moved = np.linalg.norm(after.mean(0) - before.mean(0))
    return moved <= 0.5 * extent(before) and 0.7 * extent(before) <= extent(after) <= 1.3 * extent(before)


def extent(shape: np.ndarray) -> float:
    """The longer side of a shape's bounding box."""
    return float(np.ptp(shape, axis=0).max())


@dataclass
class Window:
    """The square that is cut around a face: of one size for the whole clip, and at rest while the face nearly is."""

    size: int
    centre: np.ndarray | None = None

    def cut(self, frame, shape) -> tuple[np.ndarray, np.ndarray]:
        """(the face [FACE, FACE, 3], its points in whole pixels of it)."""
        centre = (shape.min(0) + shape.max(0)) // 2
        if self.centre is None or np.linalg.norm(self.centre - centre) >= STILL:
            self.centre = centre
        picture = np.array(frame.shape[1::-1])
        low = np.clip(self.centre - self.size // 2, 0, picture - 2)
        side, (x, y) = int(min(self.size, *(picture - low))), low.astype(int)
        method = cv2.INTER_CUBIC if side < FACE else cv2.INTER_AREA
        face = cv2.resize(frame[y:y + side, x:x + side], (FACE, FACE), interpolation=method)
        return face, np.rint((shape - low) * (FACE / side)).astype(int)


def calibrated(frames, shapes) -> np.ndarray:
    """Points [n, 68, 2] in [-1, 1] of the face crop, of the frames and the points found in them."""
    size = np.rint(np.mean([extent(s) for s in shapes]))
    window = Window(max(int(size * SCALE) // 2 * 2, 2))
    variance, track, last = np.zeros(68), [], None
    for frame, shape in zip(frames, shapes):
        face, found = window.cut(frame, shape)
        track.append(merge(last, (face, found), track[-1], variance) if track else found)
        last = face, found
    return np.array(track) / (FACE / 2) - 1


def merge(last, new, start: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Points of the new face: where flow leads from `start` and back again, between its end and the detected ones by Kalman's gain;
    else the detected ones. `last` and `new` are (face, detected points); `variance` is the filter's, changed in place."""
    (face, found), (next_face, target) = last, new
    begin = start.astype(np.float32)
    ahead, reached, _ = cv2.calcOpticalFlowPyrLK(face, next_face, begin, target.astype(np.float32), **FLOW)
    back, returned, _ = cv2.calcOpticalFlowPyrLK(next_face, face, ahead.copy(), begin.copy(), **FLOW)
    ahead, back = np.rint(ahead).astype(int), np.rint(back).astype(int)
    kept = (np.linalg.norm(back - start, axis=1) <= MOST_ASTRAY) & (reached[:, 0] == 1) & (returned[:, 0] == 1)
    flown = np.linalg.norm(ahead - start, axis=1)
    noise = np.linalg.norm(target - found, axis=1) / np.where(flown == 0, 1, flown)
    variance[kept] += PROCESS_VARIANCE
    gain = variance / np.maximum(variance + noise, 1e-12)
    merged = (ahead + gain[:, None] * (target - ahead)).astype(int)
    variance[kept] *= 1 - gain[kept]
    return np.where(kept[:, None], merged, target)


def frames_of(file: Path, skip: int = 0):
    """The frames of a clip from the `skip`-th to the MOST_FRAMES-th."""
    return (frame for number, frame in spread_frames(str(file), MOST_FRAMES, MOST_FRAMES) if number >= skip)


def sequence(file: Path, yunet: YuNet, pfld: Pfld) -> np.ndarray:
    """The calibrated points [n, 68, 2] of a clip; n is 0 when it shows no face."""
    before, shapes = detected(frames_of(file), yunet, pfld)
    return calibrated(frames_of(file, before), shapes) if shapes else np.zeros((0, 68, 2))


def scores(files: dict[str, Path]) -> dict[str, float]:
    """{clip: mean probability of a fake} of clips and their files. Points once found are kept in BLENDSCOPE_WORK/landmarks."""
    branches, yunet, pfld, out = load(), YuNet(), Pfld(), {}
    for clip, file in files.items():
        kept = work_root() / "landmarks" / file.parent.parent.name / file.parent.name / (file.name + ".npy")
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            part = kept.with_suffix(".part.npy")
            np.save(part, sequence(file, yunet, pfld).astype(np.float32))
            os.replace(part, kept)
            print(f"{file.name}: landmarks", flush=True)
        out[clip] = score(branches, np.load(kept))
    return out
