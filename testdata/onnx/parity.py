"""Writes what Python's ONNX Runtime says of a few pictures, for the Go test that compares (TestParityWithPython in model/ort).

    python testdata/onnx/parity.py

Run it again whenever the weights in models/face or models/standard change. Needs onnxruntime, opencv-python-headless and
numpy (models/training/requirements.txt). Writes parity/*.png and parity/parity.json beside this file.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
OUT = HERE / "parity"
SIZE = 224  # pixels: the classifier's size and a multiple of the detector's 32
STRIDE = 13  # of the flat outputs every 13th value is kept; no divisor of 4, 10 or 14, so that every column has its turn


def pictures() -> dict[str, np.ndarray]:
    photo = cv2.imread(str(ROOT / "testdata" / "photos" / "portrait.jpg"))
    side = min(photo.shape[:2])
    left = (photo.shape[1] - side) // 2
    face = cv2.resize(photo[:side, left:left + side], (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[:SIZE, :SIZE]
    waves = np.stack([(x * y // 9 + 40 * c) % 256 for c in range(3)], axis=-1).astype(np.uint8)
    return {"face": face, "waves": waves}


def answers(folder: Path, images: dict[str, np.ndarray]) -> dict:
    manifest = json.loads((folder / "manifest.json").read_text())
    session = onnxruntime.InferenceSession(folder / manifest["file"], providers=["CPUExecutionProvider"])
    names = [o["name"] for o in manifest["outputs"]]
    result = {}
    for key, image in images.items():
        outputs = session.run(names, {manifest["input"]["name"]: image[None]})
        result[key] = {n: [float(v) for v in o.ravel()[::STRIDE]] for n, o in zip(names, outputs)}
    return {"sha256": manifest["sha256"], "answers": result}


def main():
    OUT.mkdir(exist_ok=True)
    images = pictures()
    for key, image in images.items():
        cv2.imwrite(str(OUT / f"{key}.png"), image, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    folders = [ROOT / "models" / name for name in ("face", "standard")]
    body = {"stride": STRIDE, "onnxruntime": onnxruntime.__version__, "pictures": sorted(images),
            "models": {f.name: answers(f, images) for f in folders if (f / "manifest.json").exists()}}
    (OUT / "parity.json").write_text(json.dumps(body, indent=1) + "\n")


if __name__ == "__main__":
    main()
