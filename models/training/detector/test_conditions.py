"""Tests of the measurement where footage is hard, on made-up faces; no teacher is needed."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV for Python is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime for Python is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("scipy", reason="scipy is not installed")

from detector import changes  # noqa: E402
from detector.boxes import Faces  # noqa: E402
from detector.conditions import figures, look_again, markdown, references, report, rows, yaw  # noqa: E402

FRAME = np.full((480, 640, 3), 100, np.uint8)


def turned(degrees: float, roll: float = 0.0) -> np.ndarray:
    """Landmarks of a mean head of 100 px between the eyes, turned to the side, seen from afar."""
    head = np.array([[-50, 0, 0], [50, 0, 0], [0, 60, 55], [-40, 110, 0], [40, 110, 0]], float)
    a, b = np.radians(degrees), np.radians(roll)
    seen = np.stack([head[:, 0] * np.cos(a) + head[:, 2] * np.sin(a), head[:, 1]], 1)
    return (seen @ np.array([[np.cos(b), np.sin(b)], [-np.sin(b), np.cos(b)]])).reshape(1, 10).astype(np.float32)


def faces(*boxes, score=0.9, known=True):
    """Frontal faces from (x, y, side); without landmarks unless `known`."""
    corners = np.array([[x, y, x + s, y + s] for x, y, s in boxes], np.float32).reshape(-1, 4)
    points = turned(0) / 200 * (corners[:, 2:3] - corners[:, :1]) + np.tile(corners[:, :2].reshape(-1, 2) + 20, 5)
    return Faces(corners, np.full(len(boxes), score, np.float32), points if known else np.full_like(points, np.nan))


@pytest.mark.parametrize("degrees", [0, 20, -40, 70, 90])
@pytest.mark.parametrize("roll", [0, 30, -60])
def test_yaw_of_a_mean_head_is_what_it_was_turned_by(degrees, roll):
    assert yaw(turned(degrees, roll))[0] == pytest.approx(abs(degrees), abs=0.1)


def test_unsure_faces_lend_their_landmarks_but_are_no_reference():
    yunet = faces((0, 0, 60), (200, 0, 60))
    yunet.scores[1] = 0.3
    truth = references(yunet, faces((2, 0, 60), (200, 2, 60), (400, 0, 60), known=False))
    assert [len(truth[n][0]) for n in ("yunet", "ultra", "both")] == [1, 3, 1]
    assert len(truth["both"][1]) == 3, "either: the one of both, and two that Ultra-Light has alone"
    assert np.isfinite(yaw(truth["ultra"][0].landmarks)).tolist() == [True, True, False]


def test_rows_count_hits_misses_and_extras_from_24_px_on():
    wanted = faces((0, 0, 60), (200, 0, 60), (400, 0, 20))
    some = rows(FRAME, "a", faces((3, 0, 60), (300, 300, 40), (500, 300, 20)), wanted, wanted, 2)
    assert [(r.wanted, r.hit) for r in some] == [(True, True), (True, False), (False, True), (False, False)]
    assert some[0].light == 100 and some[3].side == 40 and np.isfinite(some[0].error)
    f = figures(some)
    assert (f["faces"], f["recall"], f["extras"], f["interval"]) == (2, 0.5, 1, None)


def test_intervals_draw_whole_clips():
    wanted = faces((0, 0, 60))
    some = [r for n in range(6) for r in rows(FRAME, str(n), wanted if n else faces((300, 300, 60)), wanted, wanted, 1) * 10]
    low, high = figures(some)["interval"]
    assert low <= 0.5 and high == 1.0, "one clip of six misses all: as if there were six faces, not sixty"


@pytest.mark.parametrize("side", [24, 36, 300])
def test_a_shrunk_face_lies_in_the_canvas_where_it_is_said_to(side):
    frame = np.zeros((400, 1600, 3), np.uint8)
    frame[100:200, 1450:1550] = 255
    picture, box = changes.shrunk(side)(frame, np.float32([1450, 100, 1550, 200]), None)
    assert picture.shape == (480, 640, 3) and (box[2:] - box[:2]).max() == pytest.approx(side, rel=0.02)
    assert changes.brightness(picture, box + np.float32([1, 1, -1, -1])) > 240


def test_covers_and_darkness_touch_what_they_should():
    box, points = np.float32([100, 100, 200, 200]), np.float32([[130, 140], [170, 140], [150, 165], [135, 180], [165, 180]])
    frame = np.full((300, 300, 3), 200, np.uint8)
    for change, share in ((changes.lower_half, 0.35), (changes.eyes, 0.25), (changes.one_side, 0.5)):
        picture, where = change(frame, box, points)
        assert (where == box).all() and (picture != frame).any(2).sum() == pytest.approx(share * 1e4, rel=0.08), change.__name__
    assert changes.brightness(changes.dark(25)(frame, box, points)[0], box) == pytest.approx(25, abs=1)
    assert (frame == 200).all(), "the frame stays as it is"


def test_the_largest_common_face_is_looked_for_again():
    box = faces((200, 150, 120))
    blind, sharp = (lambda picture: faces()), (lambda picture: box)
    seen = look_again(FRAME, box, {"ours": blind, "yunet": sharp, "ultra": sharp})
    assert seen["eyes covered"] == {"ours": False, "yunet": True, "ultra": True}
    assert not seen["shrunk to 24 px"]["yunet"], "it answers where the face was, not where it is"
    assert look_again(FRAME, faces((0, 0, 40)), {}) == {}


def test_a_report_becomes_tables():
    wanted = faces((200, 150, 120))
    pairs = [f"{d} {r}" for d in ("ours", "yunet", "ultra") for r in ("yunet", "ultra", "both") if d != r]
    detectors = dict.fromkeys(("ours", "yunet", "ultra"), lambda picture: wanted)
    found = {clip: [{"rows": dict.fromkeys(pairs, rows(FRAME, clip, wanted, wanted, wanted, 1)),
                     "changed": look_again(FRAME, wanted, detectors)}] for clip in "ab"}
    result = report(found, {"b"})
    assert result["sets"]["evaluation clips"]["ours both"]["faces"] == 1 and result["false_positives"] == []
    assert result["groups"]["side"]["96 px and more"]["ultra"]["recall"] == 1
    assert "| side: 24-48 px | - of 0, 0 clips" in markdown(result)
