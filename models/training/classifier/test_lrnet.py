"""The landmark peer on a made-up moving face."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
cv2 = pytest.importorskip("cv2", reason="OpenCV for Python is not installed")
pytest.importorskip("onnxruntime", reason="ONNX Runtime for Python is not installed")

from classifier import lrnet  # noqa: E402


def moving(count: int = 8, step: int = 3):
    """(frames of a texture that moves to the right, 68 whole-pixel points that move along)."""
    rng = np.random.default_rng(1)
    wide = cv2.resize(rng.integers(0, 256, (30, 60, 3)).astype(np.uint8), (600, 300), interpolation=cv2.INTER_CUBIC)
    shape = rng.integers((60, 60), (220, 240), (68, 2))
    return [np.roll(wide, n * step, 1)[:, :400] for n in range(count)], [shape + (n * step, 0) for n in range(count)]


def test_flow_takes_the_noise_off_the_points():
    frames, shapes = moving()
    clean = lrnet.calibrated(frames, shapes)
    assert clean.shape == (8, 68, 2) and np.abs(clean).max() < 1.01
    rng = np.random.default_rng(2)
    noisy = [s + rng.integers(-2, 3, s.shape) for s in shapes]
    pixel = 2 / (lrnet.extent(noisy[0]) * lrnet.SCALE)  # of the frame, in what calibrated gives

    def shake(track):
        return np.diff(track - track.mean(1, keepdims=True), axis=0).std()
    assert shake(lrnet.calibrated(frames, noisy)) < 0.8 * shake(np.array(noisy) * pixel)


def test_a_lost_or_jumping_face_keeps_its_points():
    class Detector:
        """Nothing, a face, nothing, one far away, one near by."""

        boxes = iter([None, 0, None, 150, 2])

        def detect(self, frame):
            x = next(self.boxes)
            return [] if x is None else [type("Face", (), {"box": np.array([x, 0, 100, 100])})]

    class Points:
        def landmarks(self, frame, box):
            return np.random.default_rng(1).uniform(0, 100, (98, 2)) + box[:2]
    before, shapes = lrnet.detected([None] * 5, Detector(), Points())
    assert before == 1 and len(shapes) == 4
    assert (shapes[1] == shapes[0]).all() and (shapes[2] == shapes[0]).all() and (shapes[3] == shapes[0] + (2, 0)).all()


def test_short_and_empty_sequences_have_a_score():
    torch.manual_seed(1)
    branches = lrnet.Branch().eval(), lrnet.Branch().eval()
    track = np.random.default_rng(1).normal(0, 0.3, (95, 68, 2))
    assert lrnet.score(branches, track[:0]) == lrnet.score(branches, track[:1]) == 0.5
    assert 0 < lrnet.score(branches, track[:12]) < 1
    blocks = [lrnet.score(branches, track[i:i + lrnet.BLOCK]) for i in (0, 30, 60)]
    assert abs(lrnet.score(branches, track) - np.mean(blocks)) < 1e-6 and len(set(lrnet.WFLW_TO_300W)) == 68
