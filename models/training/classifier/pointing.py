"""Pointing game: does the map's highest cell lie where a face was blended, and how quiet is it on genuine faces?

    python -m classifier.pointing ../standard/standard.onnx

Held-out genuine faces and their self-blended twins, undegraded. One line per grade of difficulty (0 clear, 1 subtle).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from classifier.batches import CROP_SCALE, SIZE, at_some_size
from classifier.blend import self_blend
from classifier.shards import Crops
from common.geometry import crop_square, cut, face_crop
from common.mirror import work_root

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--faces", type=int, default=80, help="twins per grade")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    crops = Crops(work_root() / "crops", lambda row: row["label"] == "real" and row["side"] in ("test", "calibration"))
    session = onnxruntime.InferenceSession(str(args.model), providers=["CPUExecutionProvider"])
    for hard in (0.0, 0.5, 1.0):
        print(f"hard {hard}: {report(session, crops, hard, args.faces, args.seed)}", flush=True)


def report(session, crops: Crops, hard: float, faces: int, seed: int) -> str:
    genuine, blended, masks = twins(crops, hard, faces, seed)
    quiet, maps = draw(session, genuine), draw(session, blended)
    goals = np.stack([cells(mask, maps.shape[1]) for mask in masks])
    highest = maps.reshape(len(maps), -1).argmax(1)
    hits = goals.reshape(len(goals), -1)[np.arange(len(goals)), highest]
    return (f"highest cell inside {hits.mean():.2f} (by chance {goals.mean():.2f}, {len(hits)} faces); map inside {maps[goals].mean():.2f}, "
            f"outside {maps[~goals].mean():.2f}; genuine faces: mean {quiet.mean():.2f}, median of highest {np.median(quiet.max((1, 2))):.2f}")


def twins(crops: Crops, hard: float, faces: int, seed: int):
    """Model crops of genuine faces, of their twins, and the blending masks cut alike."""
    rng = np.random.default_rng(seed)
    genuine, blended, masks = [], [], []
    for i in rng.permutation(len(crops))[:faces]:
        image, box, points = at_some_size(crops.image(i), crops.boxes[i], crops.points[i], rng)
        original, twin, mask = self_blend(image, box, points, rng, hard)
        genuine.append(face_crop(original, box, CROP_SCALE, SIZE))
        blended.append(face_crop(twin, box, CROP_SCALE, SIZE))
        masks.append(cut(mask, *crop_square(box, CROP_SCALE)))
    return genuine, blended, masks


def draw(session, views) -> np.ndarray:
    """Maps [n, side, side] of model crops."""
    return np.concatenate([session.run(["map"], {"image": np.stack(views[i:i + BATCH])})[0] for i in range(0, len(views), BATCH)])


def cells(mask: np.ndarray, side: int) -> np.ndarray:
    """[side, side]: the cells that the blend reaches with at least half its strength."""
    fine = cv2.resize(mask.astype(np.float32), (4 * side, 4 * side), interpolation=cv2.INTER_AREA)
    strongest = fine.reshape(side, 4, side, 4).max((1, 3))
    return strongest >= 0.5 * strongest.max()


if __name__ == "__main__":
    main()
