"""Photos to measure on, from a made-up collection: what is laid out, what is left out, and what the figures say."""

import numpy as np
import pytest

cv2 = pytest.importorskip("cv2", reason="OpenCV for Python is not installed")
pytest.importorskip("onnxruntime", reason="ONNX Runtime for Python is not installed")
pytest.importorskip("scipy", reason="SciPy is not installed")

from classifier import photos  # noqa: E402
from classifier.photos import ALIKE, Framing  # noqa: E402
from common.teachers import Face  # noqa: E402
from sources import HELD_STILLS, STILLS, DataError  # noqa: E402

BOX = np.array([60.0, 50.0, 80.0, 100.0])
COLLECTION = "swapped photos"


class OneFace:
    """A detector that knows where the face is."""

    def detect(self, image, _long_side):
        return [Face(BOX, 0.9, np.zeros((5, 2)))] if image.max() else []


class Snapshot:
    """A repository whose photos are noise; one is black and has no face."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def read(self, path: str) -> bytes:
        picture = np.random.default_rng(len(path)).integers(0, 256, (200, 220, 3), dtype=np.uint8) * (path != "Dataset/black.jpg")
        return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.fixture
def collection(monkeypatch):
    monkeypatch.setattr(photos, "Mirror", Snapshot)
    monkeypatch.setattr(photos, "YuNet", OneFace)
    monkeypatch.setattr(photos, "choose", lambda source, seed: ["Dataset/black.jpg", *(f"Dataset/{'x' * n}.jpg" for n in range(1, 4))])


def test_a_frame_holds_the_face_at_its_size():
    part = Framing(1.5, 50)(np.zeros((400, 400, 3), np.uint8), (150, 150, 80, 100))
    assert part.shape[:2] == (75, 75)
    assert Framing(1.5, 50)(np.zeros((400, 400, 3), np.uint8), (-50, -50, 100, 100)).shape[:2] == (38, 38)  # no more than the picture holds


def test_photos_are_laid_out_as_they_are_and_framed_alike(collection, tmp_path):
    score = lambda labels: {name: 1.0 for name in labels.read_text().split() if name.endswith(".jpg")}  # noqa: E731
    trained = {(STILLS[0].repo, "Dataset/x.jpg")}
    labels = photos.lay_out(COLLECTION, trained, tmp_path / "as-it-is", None)
    assert len(score(labels)) == 6 and labels.read_text().count("real") >= 3  # black, xx, xxx of either kind; x was trained on
    alike = photos.lay_out(COLLECTION, trained, tmp_path / "alike", ALIKE[COLLECTION])
    assert len(score(alike)) == 4 and "black" not in alike.read_text()
    assert {cv2.imread(str(f)).shape[:2] for f in alike.parent.glob("*.jpg")} == {(135, 135)}
    before = sorted(f.stat().st_mtime_ns for f in alike.parent.glob("*.jpg"))
    photos.lay_out(COLLECTION, trained, alike.parent, ALIKE[COLLECTION])
    assert before == sorted(f.stat().st_mtime_ns for f in alike.parent.glob("*.jpg"))


def test_a_collection_of_one_kind_is_refused(collection, tmp_path):
    everything = {(source.repo, path) for source in HELD_STILLS[COLLECTION][:1] for path in photos.choose(source, 1)}
    with pytest.raises(DataError, match="no photos of both kinds"):
        photos.lay_out(COLLECTION, everything, tmp_path, None)


def test_figures_of_photos():
    rows = [(False, -1.0), (False, 0.5), (False, -2.0), (True, 0.4), (True, 3.0), (True, -3.0)]
    found = photos.figures(rows, {"a": 1.0, "b": 0.0})
    assert found["genuine"] == found["fake"] == 3
    assert found["auc"] == pytest.approx(5 / 9)
    assert (found["genuine_moderate"], found["genuine_strong"]) == (pytest.approx(1 / 3), 0)
    assert (found["fake_moderate"], found["fake_strong"]) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert "| made up | 3 / 3 | 0.56 " in photos.table({"made up": found})
