"""The copy in half precision, on the tiny stand-in network."""

import json
from pathlib import Path

import numpy as np
import pytest

onnxruntime = pytest.importorskip("onnxruntime")
half = pytest.importorskip("half")

MODEL = Path(__file__).parents[2] / "testdata" / "onnx" / "classifier"


def test_copy_answers_nearly_the_same(tmp_path):
    folder = half.halve(MODEL, tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["name"] == folder.name == "classifier-half"
    path = folder / manifest["file"]
    picture = half.golden_input([2, 32, 32, 3], "uint8")
    ours, theirs = (onnxruntime.InferenceSession(str(p), providers=["CPUExecutionProvider"]).run(None, {"image": picture})
                    for p in (path, MODEL / "classifier.onnx"))
    for got, want in zip(ours, theirs):
        assert got.dtype == np.float32
        assert 0 < np.abs(got - want).max() < 0.01


def test_self_test_is_the_programs(tmp_path):
    original = json.loads((MODEL / "manifest.json").read_text())
    want = original["golden"]["outputs"]["logit"]["mean"]
    assert half.golden(MODEL / "classifier.onnx", original)["outputs"]["logit"]["mean"] == pytest.approx(want, abs=1e-4)
