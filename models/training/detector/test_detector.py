"""Smoke tests of the detector's training on synthetic pictures; no sources and no teacher are needed."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV for Python is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime for Python is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")
torch.set_num_threads(1)  # small tensors: threads would only wait for each other

from detector import compose  # noqa: E402
from detector.boxes import Faces, cells, match, select  # noqa: E402
from detector.data import Clip, DataError, split_clips  # noqa: E402
from detector.measure import choose_threshold, tally  # noqa: E402
from detector.network import Detector, decode  # noqa: E402
from detector.train import Shards, distillation_loss  # noqa: E402


def faces(*rows):
    """Faces from (x, y, side, score) rows."""
    boxes = np.array([[x, y, x + s, y + s] for x, y, s, _ in rows], np.float32).reshape(-1, 4)
    points = np.repeat(boxes[:, None, :2], 5, 1).reshape(-1, 10) + np.arange(10)
    return Faces(boxes, np.array([r[3] for r in rows], np.float32), points.astype(np.float32))


class Pictures:
    """A library of noise and gradients."""

    def still(self, rng):
        return rng.integers(0, 256, (120, 100, 3), dtype=np.uint8), 40.0

    def frame(self, rng):
        return rng.integers(0, 256, (180, 320, 3), dtype=np.uint8), np.array([[100, 50, 140, 95]], np.float32)


def test_cells_are_ordered_by_stride_and_row():
    grid = cells(64, 96)
    assert len(grid) == 64 * 96 * 21 // 1024
    assert grid[0].tolist() == [0, 0, 8] and grid[13].tolist() == [1, 1, 8]
    assert grid[96].tolist() == [0, 0, 16] and grid[-1].tolist() == [2, 1, 32]


def test_decoding_puts_zero_answers_on_the_cell():
    boxes, scores, points = decode(torch.zeros(1, 15), torch.tensor([[2.0, 1.0, 16.0]]))
    assert boxes.tolist() == [[24, 8, 40, 24]] and scores.tolist() == [0.5]
    assert points[0, :4].tolist() == [32, 16, 32, 16]


def test_suppression_keeps_the_best_of_overlapping_boxes():
    found = faces((0, 0, 50, 0.7), (5, 0, 50, 0.9), (200, 0, 50, 0.8), (300, 0, 50, 0.1))
    kept = select(found.boxes, found.scores, found.landmarks, 0.5, 0.3)
    assert kept.scores.tolist() == pytest.approx([0.9, 0.8])


def test_tally_counts_hits_misses_and_extras():
    theirs = faces((0, 0, 60, 0.9), (200, 0, 60, 0.8), (400, 0, 20, 0.9), (600, 0, 60, 0.5))
    ours = faces((3, 0, 60, 0.9), (600, 0, 60, 0.9), (400, 0, 20, 0.9))
    assert match(ours, theirs) == [(1, 3), (2, 2), (0, 0)]
    t = tally(ours, theirs, 0.5)
    assert (t.faces, t.hits, t.extras) == (2, 1, 1)
    assert t.landmarks[0] == pytest.approx(3 / 12)


def test_threshold_separates_faces_from_noise():
    frames = [(faces((0, 0, 60, 0.66), (200, 0, 60, 0.44)), faces((0, 0, 60, 0.9)))]
    assert 0.44 < choose_threshold(frames) <= 0.66


def test_split_keeps_groups_of_evaluation_clips_out():
    clips = [Clip("a", "x/y", "c", "p", "g"), Clip("b", "x/y", "c", "p", "g"), Clip("c", "x/y", "c", "p", ""),
             Clip("d", "MRzzm/DINet", "c", "p", "")]
    train, held = split_clips(clips, ["a"])
    assert [c.file for c in train] == ["c"] and [c.file for c in held] == ["d"]
    with pytest.raises(DataError):
        split_clips(clips[:2], ["a"])


def test_composition_is_fixed_by_its_seed():
    first, again = ([compose.compose(np.random.default_rng(s), Pictures()) for s in range(12)] for _ in range(2))
    assert all(p.shape == (compose.SIDE, compose.SIDE, 3) and p.dtype == np.uint8 for p in first)
    assert all((p == q).all() for p, q in zip(first, again))
    assert len({p.tobytes() for p in first}) == len(first)


def test_a_batch_is_learnt(tmp_path):
    """One written shard comes back as a batch, and a few steps on it halve the loss."""
    rng, grid = np.random.default_rng(0), cells(96, 96)
    pictures = rng.integers(0, 256, (4, 96, 96, 3), dtype=np.uint8)
    scores, taught = np.zeros((4, len(grid)), np.float16), np.array([10, 30, 150, 70])
    scores[np.arange(4), taught] = 0.9
    corner = grid[taught, :2] * grid[taught, 2:]
    values = np.concatenate([corner - 10, corner + 14, np.tile(corner, 5)], 1).astype(np.float32)
    np.save(tmp_path / "000.npy", pictures)
    np.savez(tmp_path / "000.npz", scores=scores, begins=np.arange(5), cells=taught, values=values)
    image, *target = Shards(tmp_path).batch(range(4))
    torch.manual_seed(0)
    model, cell = Detector(), torch.from_numpy(grid)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        loss = sum(distillation_loss(model(image), cell, *target))
        optimizer.zero_grad(), loss.backward(), optimizer.step()
        losses.append(float(loss.detach()))
    assert np.isfinite(losses).all() and losses[-1] < losses[0] / 2


def test_missing_shards_are_an_error(tmp_path):
    with pytest.raises(DataError, match="run prepare"):
        Shards(tmp_path)


def test_the_exported_file_answers_as_pytorch_does(tmp_path):
    pytest.importorskip("onnx", reason="the onnx package is not installed")
    from detector.onnxfile import golden_input, open_session, parity, write

    torch.manual_seed(0)
    network = Detector().eval()
    write(network, tmp_path / "face.onnx")
    pictures = [golden_input((1, 64, 96, 3)), golden_input((2, 96, 32, 3))]
    assert parity(network, open_session(tmp_path / "face.onnx"), pictures) < 1e-4
    assert pictures[0].ravel()[:4].tolist() == [0, 158, 60, 218]
