"""End-to-end smoke test on made-up pictures: batches, two steps, resuming, export, parity; and the checks that must stop a run."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
cv2 = pytest.importorskip("cv2", reason="OpenCV for Python is not installed")
pytest.importorskip("scipy", reason="SciPy is not installed")

from classifier import average, checkpoint, decoders, metrics, pack, protocol, shards, splits, train, trivial  # noqa: E402
from classifier.batches import CELLS, SIZE, UNKNOWN, Batches, Faces, Mix, at_some_size, framed, match  # noqa: E402
from classifier.blend import self_blend, sharpness  # noqa: E402
from classifier.degrade import Degradation, av, video  # noqa: E402
from classifier.network import DETAIL, LEVEL, READINGS, Classifier, Judge, StridedDepthwise  # noqa: E402
from classifier.shards import Crops, ShardWriter  # noqa: E402
from common.geometry import crop_square, cut, face_crop  # noqa: E402
from sources import Clip, DataError  # noqa: E402

MIX = Mix(pairs=2, clips=1, stills=1, decoded=0)
TINY = decoders.Recipe("tiny", "shuffle", width=4, latent=2)


def oval_points(cx, cy, r):
    """98 points that lie roughly where WFLW's do on a face of radius r."""
    rng = np.random.default_rng(3)
    points = np.tile((cx, cy), (98, 1)) + rng.normal(0, r / 6, (98, 2))
    angle = np.linspace(0, np.pi, 33)
    points[:33] = np.c_[cx - r * np.cos(angle), cy + r * np.sin(angle)]
    points[76:96] = np.c_[cx + r / 3 * np.cos(np.linspace(0, 6.2, 20)), cy + r / 2 + r / 8 * np.sin(np.linspace(0, 6.2, 20))]
    points[33:51] = np.c_[np.linspace(cx - r * 0.7, cx + r * 0.7, 18), np.full(18, cy - r / 2)]
    return points


def make_crops(folder, rows=None):
    """A few faces of every role."""
    rng = np.random.default_rng(1)
    out = ShardWriter(folder / "shard.npz")
    for n, (label, kind) in enumerate([("real", "still"), ("fake", "still"), ("real", "clip"), ("fake", "clip")] * 2):
        image = rng.integers(0, 256, (160, 160, 3)).astype(np.uint8)
        row = {"source": f"s{n}", "label": label, "method": "ghost" if label == "fake" else "", "group": f"g{n}", "side": "train", "kind": kind}
        out.add(image, (40, 40, 80, 80), oval_points(80, 80, 40), 1.8, row | (rows or {}))
    out.write()
    return Crops(folder)


def test_crop_geometry():
    assert crop_square((10, 20, 30, 40), 1.4) == (-3, 12, 56)
    image = np.arange(100, dtype=np.uint8).reshape(10, 10)
    assert (cut(image, -2, 0, 4)[:, 0] == image[:4, 0]).all()
    with pytest.raises(ValueError, match="outside"):
        cut(image, 40, 0, 4)
    assert face_crop(np.zeros((50, 50, 3), np.uint8), (10, 10, 20, 20), 1.4, 224).shape == (224, 224, 3)


def test_blend_differs_inside_the_mask_only(tmp_path):
    crops = make_crops(tmp_path)
    for seed in range(20):
        real, fake, mask = self_blend(crops.image(0), crops.boxes[0], crops.points[0], np.random.default_rng(seed))
        outside = mask == 0
        assert np.abs(real[outside].astype(int) - fake[outside]).max(initial=0) <= 1
        assert 0 <= mask.min() and mask.max() <= 1 + 1e-6


def test_batches_repeat_and_balance(tmp_path):
    data = Batches(make_crops(tmp_path), MIX, steps=2, seed=5)
    images, maps = data[1]
    again = data[1]
    assert images.shape == (MIX.size, SIZE, SIZE, 3) and maps.shape == (MIX.size, CELLS, CELLS)
    assert torch.equal(images, again[0])
    assert set(torch.unique(maps[0::2]).tolist()) == {0.0} and (maps[1::2] == UNKNOWN).any()


def test_decoded_pairs_differ_by_the_decoder_alone(tmp_path):
    crops = make_crops(tmp_path)
    torch.manual_seed(1)
    network = decoders.Autoencoder(TINY).eval()
    for seed in range(8):
        image, box, points = at_some_size(crops.image(0), crops.boxes[0], crops.points[0], np.random.default_rng(seed))
        real, fake, mask = decoders.decoded(network, image, box, points, np.random.default_rng(seed))
        again = decoders.decoded(network, image, box, points, np.random.default_rng(seed))
        assert real.shape == fake.shape == image.shape and (fake == again[1]).all() and (real != fake).any()
        assert mask is None or (mask.shape == image.shape[:2] and 0 <= mask.min() and mask.max() <= 1 + 1e-6)
    data = Batches(crops, Mix(pairs=2, clips=1, stills=0, decoded=1.0, rebuilt=0.0), 1, 1, [network])
    assert torch.equal(data[0][0], data[0][0])
    with pytest.raises(DataError, match="classifier.decoders"):
        Batches(crops, Mix(decoded=0.5), 1, 1)


def test_autoencoders_repeat_and_keep_the_size(tmp_path):
    crops = make_crops(tmp_path)
    (first, error), (again, _) = (decoders.fit(TINY, crops, 3, seed=1) for _ in range(2))
    assert 0 < error < 255 and all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values()))
    for way in ("nearest", "bilinear", "transposed3", "transposed4", "shuffle"):
        network = decoders.Autoencoder(decoders.Recipe("n", way, halvings=3, width=4, latent=2, levels=5))
        assert network(torch.zeros(1, 3, 32, 40)).shape == (1, 3, 32, 40)


@pytest.mark.skipif(av is None, reason="PyAV is not installed")
def test_video_coding_repeats_and_keeps_the_picture():
    rng = np.random.default_rng(2)
    image = cv2.resize(rng.integers(0, 256, (12, 12, 3)).astype(np.uint8), (97, 64), interpolation=cv2.INTER_CUBIC)
    out = video(image, 30, 1)
    assert out.shape == (64, 96, 3) and (out == video(image, 30, 1)).all()
    assert np.abs(out.astype(int) - image[:, :96]).mean() < 12


def test_a_degradation_treats_both_of_a_pair_alike():
    image = np.random.default_rng(1).integers(0, 256, (120, 120, 3)).astype(np.uint8)
    for seed in range(12):
        degrade = Degradation(np.random.default_rng(seed), 80.0)
        assert (degrade(image) == degrade(image.copy())).all()


def test_clips_of_one_content_make_couples(tmp_path):
    faces = Faces(make_crops(tmp_path, {"group": "same"}))
    real, fake = faces.draw_couple(np.random.default_rng(1))
    assert (faces.crops.rows[real]["label"], faces.crops.rows[fake]["label"]) == ("real", "fake")


def test_the_coarse_copy_cancels_what_has_no_detail():
    torch.manual_seed(1)
    network = Classifier().eval()
    with torch.no_grad():
        flat, noisy = torch.full((2, 3, 64, 64), 90.0), torch.rand(2, 3, 64, 64) * 255
        network.map.weight.mul_(1e4)
        judge = Judge(network, DETAIL)
        assert (judge(flat)[0] - LEVEL).abs().max() < 0.1 * (judge(noisy)[0] - LEVEL).abs().max()


def test_the_lead_of_one_score_over_another_counts_both_on_the_same_draws():
    rng = np.random.default_rng(1)
    labels = [False, True] * 20
    first, groups = np.array(labels) + rng.normal(0, 0.3, 40), [n // 2 for n in range(40)]
    by, (low, high) = metrics.lead(first, -first, labels, groups)
    assert by == pytest.approx(2 * metrics.auc(first, labels) - 1) and 0.5 < low <= by <= high
    assert metrics.lead(first, first, labels, groups) == (0, (0, 0))


def test_couples_are_matched_in_size_and_sharpness():
    rng = np.random.default_rng(2)
    crisp = rng.integers(0, 256, (200, 200, 3)).astype(np.uint8)
    soft = cv2.resize(cv2.resize(crisp, (60, 60), interpolation=cv2.INTER_AREA), (120, 120), interpolation=cv2.INTER_CUBIC)
    first, second = match([(crisp, np.array([20.0, 20, 160, 160])), (soft, np.array([10.0, 10, 100, 100]))], largest=90)
    assert max(first[1][2:]) == pytest.approx(90) and max(second[1][2:]) == pytest.approx(90)
    assert sharpness(*first) <= 1.25 * sharpness(*second) and sharpness(*second) <= 1.25 * sharpness(*first)


def test_a_tight_frame_cuts_a_couple_alike():
    pictures = [np.arange(200 * 300, dtype=np.uint16).reshape(200, 300), np.zeros((200, 300))]
    (cut_one, cut_other), box = framed(pictures, np.array([100, 50, 60, 100]), (1.0, np.zeros(2)))
    assert cut_one.shape == cut_other.shape == (100, 100)
    assert cut_one[0, 0] == pictures[0][50, 80] and box.tolist() == [20, 0, 60, 100]
    (small,), _ = framed(pictures[:1], np.array([-40, -40, 100, 100]), (0.8, np.zeros(2)))  # a face that the picture cuts
    assert small.size and small[0, 0] == 0


def test_a_generator_is_known_by_its_first_name():
    assert splits.generator("wav2lip+gfpgan") == splits.generator("wav2lip (on a parallax video)") == "wav2lip"


def test_empty_crops_and_foreign_samples_stop_the_run(tmp_path):
    crops = make_crops(tmp_path)
    crops.jpegs[0] = np.zeros(10, np.uint8)
    with pytest.raises(DataError, match="empty crop"):
        crops.image(0)
    with pytest.raises(DataError, match="not a training sample"):
        Batches(make_crops(tmp_path, {"side": "test"}), MIX, 1, 1)
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="no training faces"):
        Batches(Crops(tmp_path / "none"), MIX, 1, 1)


def test_broken_shards_and_mixed_up_labels_are_named(tmp_path):
    make_crops(tmp_path)
    shard = tmp_path / "shard.npz"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:len(whole) // 2])
    with pytest.raises(DataError, match="not a whole shard"):
        Crops(tmp_path)
    shard.write_bytes(whole)
    jpegs, ends, boxes, points, rows = shards.read_shard(shard)
    rows[0]["method"] = "ghost"  # of a genuine face
    shards.write_shard(shard, [jpegs[:ends[0]]], boxes[:1], points[:1], rows[:1])
    with pytest.raises(DataError, match="mixed-up label"):
        Crops(tmp_path)


def test_every_generator_has_a_family():
    assert splits.family("wav2lip-hq") == "lip-sync" and splits.family("vasa-1") == "talking head" and splits.family("") == ""
    with pytest.raises(DataError, match="no family"):
        splits.family("unheard-of")


def clip(name, label, group, method=""):
    return Clip(name, name, label, method, "o/r", "c", "p", None, group, "MIT")


def test_split_keeps_people_and_generators_apart():
    clips = [clip("t", "fake", "a", "loopy"), clip("friend", "real", "a"), clip("other", "real", "b"), clip("held", "fake", "c", "memo")]
    assert splits.split(clips, ["t"]) == {"t": "test", "friend": "none", "other": "train", "held": "calibration"}
    with pytest.raises(DataError, match="both sides"):
        splits.check(clips, {"t": "test", "friend": "train", "other": "train", "held": "none"})
    with pytest.raises(DataError, match="held out, yet trained on"):
        splits.check(clips, {"t": "none", "friend": "none", "other": "train", "held": "train"})
    with pytest.raises(DataError, match="does not hold"):
        splits.split(clips, ["unknown"])


def test_metrics():
    assert metrics.auc([1, 2, 3, 4], [0, 0, 1, 1]) == 1.0
    assert metrics.auc([1, 1], [0, 1]) == 0.5
    a, b = metrics.platt([0, 1, 2, 3, 1, 2], [0, 0, 1, 1, 1, 0])
    assert a > 0 and abs(metrics.sigmoid(a * 1.5 + b) - 0.5) < 0.05
    with pytest.raises(ValueError, match="no positive slope"):
        metrics.platt([3, 2, 1, 0], [0, 0, 1, 1])


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.setenv("BLENDSCOPE_WORK", str(tmp_path))
    (tmp_path / "crops").mkdir()
    make_crops(tmp_path / "crops")
    monkeypatch.setattr(train, "load_imagenet", lambda network: None)
    return tmp_path


def options(*extra):
    return train.arguments(["--pairs", "1", "--clips", "1", "--stills", "1", "--decoded", "0", "--window", "64", "--workers", "0", "--threads", "1", *extra])


def test_the_fast_gradient_is_the_true_one():
    torch.manual_seed(1)
    x, weight = torch.randn(2, 6, 9, 8, dtype=torch.double, requires_grad=True), torch.randn(6, 1, 3, 3, dtype=torch.double, requires_grad=True)
    ours = torch.autograd.grad(StridedDepthwise.apply(x, weight, 2).square().sum(), (x, weight))
    theirs = torch.autograd.grad(torch.nn.functional.conv2d(x, weight, None, 2, 1, groups=6).square().sum(), (x, weight))
    assert all(torch.allclose(a, b) for a, b in zip(ours, theirs))


def test_losses_count_what_is_known_and_shown():
    maps = torch.zeros(6, 4, 4)
    maps[1, 0, 0], maps[3] = 1.0, UNKNOWN  # the third fake's composed part lies outside the window
    face, _ = train.losses(torch.tensor([-9.0, 9.0, -9.0, 9.0, -9.0, -9.0]), torch.zeros(6, 4, 4), maps)
    assert face < 0.3
    face, _ = train.losses(torch.tensor([-9.0, -9.0, -9.0, 9.0, -9.0, 9.0]), torch.zeros(6, 4, 4), maps)
    assert face > 1
    _, shown = train.losses(torch.zeros(6), torch.where(maps == 0, -9.0, 9.0), maps)
    assert shown < 0.01


def test_train_resumes_where_it_stopped(workplace, capsys):
    first = train.train(options("--steps", "3", "--minutes", "1e-9"))
    assert first.step == 2  # the views of one batch
    trainer = train.train(options("--steps", "3", "--lr", "1e-4"))
    assert trainer.step == 3 and "settings were different" in capsys.readouterr().out
    folder = checkpoint.place("standard")
    assert max(f.stat().st_size for f in folder.iterdir()) < 16 * 2 ** 20
    folder.rename(folder.with_suffix(".old"))  # as a cut between the two renames leaves it
    assert train.train(options("--steps", "3")).step == 3
    trainer.network.map.bias.data.fill_(float("nan"))
    images, maps = Batches(Crops(workplace / "crops"), Mix(1, 1, 1, decoded=0), 3, 1)[2]
    with pytest.raises(train.NotFinite, match="lower --lr"):
        trainer.learn(images, maps)
    (folder / "average.pt").write_bytes(b"cut")
    with pytest.raises(DataError, match="cannot be read"):
        checkpoint.load_average("standard")
    with pytest.raises(DataError, match="no such run"):
        checkpoint.load_average("other")


def test_a_family_can_be_left_out(workplace):
    with pytest.raises(DataError, match="no training faces"):
        train.train(options("--steps", "1", "--without", "face swap"))


def test_pieces_make_a_workplace(workplace, monkeypatch):
    (workplace / "decoders").mkdir()
    monkeypatch.setattr(pack, "load_imagenet", lambda network: None)
    monkeypatch.setattr(pack, "SHARD", 2)
    pieces = pack.pack(workplace / "pieces", "imagenet", 13_000_000, 448, 90)
    for piece in pieces:
        assert sum(f.stat().st_size for f in piece.rglob("*") if f.is_file()) < 13_000_000
        for file in (f for f in piece.rglob("*") if f.is_file()):
            target = workplace / "remote" / file.relative_to(piece)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    monkeypatch.setenv("BLENDSCOPE_WORK", str(workplace / "remote"))
    assert len(Crops(workplace / "remote" / "crops")) == 8
    assert train.train(options("--steps", "1", "--run", "far", "--init", "imagenet")).step == 1
    with pytest.raises(DataError, match="new folder"):
        pack.pack(workplace / "pieces", "imagenet", 13_000_000, 448, 90)


def test_the_mean_of_runs_is_a_run(workplace):
    train.train(options("--steps", "1", "--run", "a"))
    train.train(options("--steps", "1", "--run", "b", "--seed", "2", "--keep", "1"))
    states = [checkpoint.load_average(run) for run in "ab"]
    assert all(torch.equal(a, b) for a, b in zip(checkpoint.load_average("b-1").values(), states[1].values()))
    mean = average.average(["a", "b"])
    assert all(torch.allclose(mean[k], (states[0][k] + states[1][k]) / 2) for k in mean if mean[k].dtype.is_floating_point)


def test_the_table_holds_every_set_and_detector():
    rng = np.random.default_rng(1)

    def rows(shift):
        return [{"clip": f"c{i}", "label": i % 2 == 1, "method": "ghost" if i % 2 else "", "family": "face swap" if i % 2 else "", "group": f"g{i // 2}",
                 "scores": {protocol.OURS: float(rng.normal((i % 2) * 2 + shift)), "peer": float(rng.normal()), protocol.TRIVIAL: 0.0}} for i in range(24)]
    names = ("calibration", "calibration" + protocol.RECODED, "test", "test" + protocol.RECODED)
    result = protocol.measure({name: {"rows": rows(0)} for name in names}, trained={"ghost"} - {"ghost"})
    assert result["sets"]["test"]["auc"] > 0.7 and result["others"]["test"][protocol.TRIVIAL]["auc"] == 0.5
    shipped = {"calibration": {"a": 1.0, "b": 0.0}, "operating_points": [{"name": "p", "threshold": 0.5}]}
    assert protocol.measure({name: {"rows": rows(0)} for name in names}, set(), shipped)["operating_points"]["p"]["threshold"] == 0.5
    text = protocol.set_table(result) + protocol.kind_table(result, "families") + protocol.other_table(result)
    assert all(name in text for name in (*names, "test, generators never trained on", "peer", "face swap"))


def test_operating_points_are_rounded_away_from_the_genuine_and_counted_on_all_clips(tmp_path):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime for Python is not installed")
    from classifier import export
    side = {"genuine": 10, "fake": 5, "methods": {"a": {}}, "points": {"p": {"fpr": 0.2, "tpr": 0.4}}}
    figures = {"models": [{"sha256": "x"}], "operating_points": {"p": {"threshold": 0.57094, "fpr": 0.1, "tpr": 0.2}}, "sets": {"calibration": side, "test": side}}
    (tmp_path / "figures.json").write_text(json.dumps(figures))
    assert export.read_figures(tmp_path / "figures.json", "x")["measured_points"]["p"] == pytest.approx({"threshold": 0.571, "fpr": 0.15, "tpr": 0.3})
    with pytest.raises(DataError):
        export.read_figures(tmp_path / "figures.json", "y")


def test_the_baseline_is_judged_out_of_fold():
    x, y = np.random.default_rng(1).normal(size=(60, 3)), np.arange(60) % 2
    groups = [f"g{i}" for i in range(60)]
    assert abs(metrics.auc(trivial.out_of_fold(x, y, groups), y) - 0.5) < 0.25
    assert metrics.auc(trivial.fitted(x + 2 * y[:, None], y)(x + 2 * y[:, None]), y) > 0.95


@pytest.mark.parametrize("reading", READINGS)
def test_export_agrees_with_pytorch(tmp_path, reading):
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="ONNX Runtime for Python is not installed")
    from classifier import export, onnxfile, parity
    torch.manual_seed(1)
    judge = Judge(Classifier().eval(), reading)
    onnxfile.write(judge, tmp_path / "m.onnx")
    session = export.open_session(tmp_path / "m.onnx", 1)
    assert export.parity(judge, session) < 1e-4
    assert len(onnxfile.golden(session)["outputs"]["map"]["first"]) == 8
    parity.noise_pictures(tmp_path / "pictures")
    assert len(json.loads(json.dumps(parity.logits(tmp_path / "m.onnx", tmp_path / "pictures")))) == 4
