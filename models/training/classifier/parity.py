"""Print the logits of face crops as JSON, so that another program's answers on the same pictures can be compared.

    python -m classifier.parity --model ../standard/standard.onnx --images crops/

Pictures must have the model's size (PNG, lossless); others are refused, because resizing is part of what differs.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from classifier.batches import SIZE
from sources import DataError


def logits(model: Path, folder: Path) -> dict[str, float]:
    """{file name: logit} of every PNG in the folder. DataError without pictures or at a wrong size."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    out = {}
    for path in sorted(folder.glob("*.png")):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None or image.shape != (SIZE, SIZE, 3):
            raise DataError(f"{path}: not a {SIZE}x{SIZE} picture")
        out[path.name] = float(session.run(["logit"], {"image": image[None]})[0][0])
    if not out:
        raise DataError(f"{folder}: no PNG files")
    return out


def noise_pictures(folder: Path, count: int = 4, seed: int = 1) -> None:
    """Made-up pictures to compare on when no crops are at hand: smooth colour noise of several grains."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for i in range(count):
        coarse = rng.integers(0, 256, (7 << i, 7 << i, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"noise-{i}.png"), cv2.resize(coarse, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True, help="folder of PNG crops")
    parser.add_argument("--make-noise", action="store_true", help="write made-up pictures into the folder first")
    args = parser.parse_args()
    if args.make_noise:
        noise_pictures(args.images)
    print(json.dumps(logits(args.model, args.images), indent=1))


if __name__ == "__main__":
    try:
        main()
    except DataError as problem:
        raise SystemExit(f"parity: {problem}")
