"""Near-copies among made-up stills: what is left out, what is kept, and that the list is the same every time."""

from concurrent.futures import ThreadPoolExecutor
import os

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV for Python is not installed")
pytest.importorskip("onnxruntime", reason="ONNX Runtime for Python is not installed")

from classifier import duplicates  # noqa: E402
from classifier.shards import DUPLICATES, Crops, ShardWriter  # noqa: E402

BOX = np.array([90.0, 80.0, 76.0, 100.0])


def texture(seed: int, size: int = 256) -> np.ndarray:
    """A picture with detail at every scale, as photos have."""
    rng = np.random.default_rng(seed)
    layers = [cv2.resize(rng.normal(0, 1, (n, n, 3)), (size, size), interpolation=cv2.INTER_CUBIC) * n ** -0.5 for n in (4, 8, 16, 32, 64)]
    return np.clip(128 + 90 * sum(layers), 0, 255).astype(np.uint8)


def points() -> np.ndarray:
    """98 points, of which only the anchors matter here."""
    out = np.tile((128.0, 130.0), (98, 1))
    out[list(duplicates.ANCHORS)] = duplicates.PLACES * 22 + (128, 130)
    return out


def swapped(photo: np.ndarray, seed: int) -> np.ndarray:
    """The photo with another face."""
    oval = cv2.ellipse(np.zeros(photo.shape[:2], np.float32), (128, 135), (46, 60), 0, 0, 360, 1, -1)
    oval = cv2.GaussianBlur(oval, (0, 0), 4)[..., None]
    return (photo * (1 - oval) + texture(seed) * oval).astype(np.uint8)


def passed_on(photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the photo smaller, darker and coded again, its scale): a copy as the web makes them."""
    small = cv2.resize(photo, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", (small * 0.9).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 70])[1], cv2.IMREAD_COLOR), 0.8


def write(folder, name, samples) -> None:
    """One shard of (picture, scale, label, group, side)."""
    out = ShardWriter(folder / f"{name}.npz")
    for image, scale, label, group, side in samples:
        row = {"source": "a-test-clip" if side == "test" else name, "label": label, "method": "ghost" if label == "fake" else "", "group": group,
               "side": side, "kind": "clip" if side == "test" else "still"}
        out.add(image, BOX * scale, points() * scale, 1.8, row)
    out.write()


def test_copies_are_left_out_and_swaps_kept_with_their_original(tmp_path):
    photos = [texture(seed) for seed in range(6)]
    write(tmp_path, "a", [(p, 1, "real", f"a:{n}", "train") for n, p in enumerate(photos[:5])])
    write(tmp_path, "b", [(*passed_on(photos[1]), "real", "b:copy", "train"), (swapped(photos[2], 20), 1, "fake", "b:swap", "train"),
                          (*passed_on(photos[3]), "fake", "b:not swapped", "train"), (photos[5], 1, "real", "b:test", "train"),
                          (swapped(photos[2], 21), 1, "fake", "b:other swap", "train")])
    write(tmp_path, "z", [(*passed_on(photos[5]), "real", "people", "test"), (photos[5], 1, "real", "people", "test")])
    with ThreadPoolExecutor(1) as pool:
        duplicates.refresh(tmp_path, pool)
        first = (tmp_path / DUPLICATES).read_bytes()
        crops = Crops(tmp_path, lambda row: row["kind"] == "still")
        assert [row["group"] for row in crops.rows] == ["a:0", "a:1", "a:2", "a:3", "a:4", "a:2", "a:2"]
        assert [row["label"] for row in crops.rows] == ["real"] * 5 + ["fake"] * 2
        assert len(crops.jpegs) == len(crops.boxes) == len(crops.points) == 7 and len(Crops(tmp_path)) == 9
        (tmp_path / DUPLICATES).unlink()
        duplicates.refresh(tmp_path, pool)
        assert (tmp_path / DUPLICATES).read_bytes() == first


def test_the_list_is_made_anew_only_when_a_shard_is_newer(tmp_path, capsys):
    write(tmp_path, "a", [(texture(1), 1, "real", "a:0", "train"), (texture(1), 1, "real", "a:1", "train")])
    with ThreadPoolExecutor(1) as pool:
        for expected in (True, False):
            duplicates.refresh(tmp_path, pool)
            assert ("'copy': 1" in capsys.readouterr().out) == expected
        write(tmp_path, "b", [(texture(1), 1, "real", "b:0", "train")])
        os.utime(tmp_path / "b.npz", ns=(2 * 10 ** 18,) * 2)
        duplicates.refresh(tmp_path, pool)
        assert "'copy': 2" in capsys.readouterr().out
