"""The copy in whole numbers, on a made-up network of five convolutions."""

import json

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
quantise = pytest.importorskip("quantise")

WIDE, SIDE, CONVOLUTIONS = 8, 16, 5


@pytest.fixture
def model(tmp_path):
    """A model folder: uint8 pictures in, the logit and the map of 5 convolutions out."""
    helper, rng = onnx.helper, np.random.default_rng(0)
    nodes = [helper.make_node("Transpose", ["image"], ["turned"], perm=[0, 3, 1, 2]),
             helper.make_node("Cast", ["turned"], ["step0"], to=onnx.TensorProto.FLOAT)]
    weights = []
    for i in range(CONVOLUTIONS):
        inputs, outputs = 3 if i == 0 else WIDE, 1 if i == CONVOLUTIONS - 1 else WIDE
        values = rng.normal(0, (1 / 255 if i == 0 else 1) / np.sqrt(inputs), (outputs, inputs, 1, 1)).astype(np.float32)
        weights.append(onnx.numpy_helper.from_array(values, f"weight{i}"))
        nodes.append(helper.make_node("Conv", [f"step{i}", f"weight{i}"], [f"step{i + 1}"], f"conv{i}"))
    shape = [1, WIDE, SIDE, SIDE]
    nodes += [helper.make_node("ReduceMean", [f"step{CONVOLUTIONS}"], ["logit"], axes=[1, 2, 3], keepdims=0),
              helper.make_node("Sigmoid", [f"step{CONVOLUTIONS}"], ["map"])]
    batch = ["n", SIDE, SIDE, 3]
    graph = helper.make_graph(nodes, "made-up", [helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, batch)],
                              [helper.make_tensor_value_info("logit", onnx.TensorProto.FLOAT, ["n"]),
                               helper.make_tensor_value_info("map", onnx.TensorProto.FLOAT, ["n", 1, *shape[2:]])], weights)
    folder = tmp_path / "made-up"
    folder.mkdir()
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "made-up.onnx")
    manifest = {"name": "made-up", "version": "1", "file": "made-up.onnx", "sha256": "", "card": "card.md",
                "input": {"name": "image", "dtype": "uint8"}, "outputs": [{"name": "logit"}, {"name": "map"}],
                "golden": {"shape": [1, SIDE, SIDE, 3]}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_copy_answers_nearly_the_same(model, tmp_path):
    pictures = np.random.default_rng(1).integers(0, 256, (16, SIDE, SIDE, 3), dtype=np.uint8)
    folder = quantise.quantise(model, tmp_path, pictures, kept=2)
    copy = folder / json.loads((folder / "manifest.json").read_text())["file"]
    off = quantise.difference(model / "made-up.onnx", copy, "image", pictures)
    assert 0 < np.abs(off).max() < 0.02
    weights = {i.name: i.data_type for i in onnx.load(copy).graph.initializer}
    rounded = [i for i in range(CONVOLUTIONS) if weights.get(f"weight{i}_quantized") == onnx.TensorProto.INT8]
    assert rounded == [2, 3], "the first two and the last stay as they are"
