"""Makes the tiny networks that stand in for real ones in the Go tests. They obey the contract of models/<name>/ but know nothing.

    python testdata/onnx/generate.py

Needs onnx, onnxruntime and numpy (models/training/requirements.txt). The files are the same on every run.

classifier   our own form: uint8 NHWC BGR, normalisation inside, logit and boundary map; dynamic batch
detector     our own form: uint8 NHWC BGR, dynamic size; every bright 8, 16 or 32 px cell is a "face" of four cells
probability  somebody else's form: float32 NCHW RGB with mean and std, a probability where low means fake
twoclass     somebody else's form: float32 NHWC RGB, two class logits, a fixed batch of one
slow         a classifier that takes long on a large batch, for cancelling
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
OPSET = [helper.make_opsetid("", 17)]
SIZE = 32  # pixels, of the classifiers


class Graph:
    """Collects nodes; every method returns the name of its result."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def const(self, value, dtype=np.float32) -> str:
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind, *inputs, name=None, **attributes) -> str:
        name = name or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def save(self, path: Path, inputs, outputs):
        graph = helper.make_graph(self.nodes, path.stem, inputs, outputs, self.weights)
        model = helper.make_model(graph, opset_imports=OPSET, ir_version=8, producer_name="blendscope testdata")
        onnx.checker.check_model(model, full_check=True)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(model.SerializeToString(deterministic=True))


def value(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, list(shape))


def features(g: Graph, planar: str) -> str:
    """Two layers with fixed pseudo-random weights, [N, 4, 8, 8]; smooth, so that float noise stays small."""
    rng = np.random.default_rng(7)
    first = g.op("Conv", planar, g.const(rng.normal(0, 0.3, (4, 3, 3, 3))), pads=[1, 1, 1, 1], strides=[2, 2])
    first = g.op("Tanh", first)
    second = g.op("Conv", first, g.const(rng.normal(0, 0.3, (4, 4, 3, 3))), pads=[1, 1, 1, 1], strides=[2, 2])
    return g.op("Tanh", second)


def head(g: Graph, found: str, classes: int, seed: int) -> str:
    """[N, classes] from the pooled features."""
    pooled = g.op("Flatten", g.op("GlobalAveragePool", found))
    return g.op("MatMul", pooled, g.const(np.random.default_rng(seed).normal(0, 4, (4, classes))))


def classifier(path: Path, repeat: int = 0):
    g = Graph()
    planar = g.op("Transpose", g.op("Cast", "image", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    planar = g.op("Mul", g.op("Sub", planar, g.const(127.5)), g.const(1 / 64))
    found = features(g, planar)
    for _ in range(repeat):  # work that no optimiser can fold away
        found = g.op("Tanh", g.op("Conv", found, g.const(np.eye(4).reshape(4, 4, 1, 1) * 1.01)))
    g.op("Squeeze", head(g, found, 1, 1), g.const([1], np.int64), name="logit")
    mean = g.op("ReduceMean", found, axes=[1], keepdims=0)
    g.op("Sigmoid", mean, name="map")
    g.save(path, [value("image", TensorProto.UINT8, "n", SIZE, SIZE, 3)],
           [value("logit", TensorProto.FLOAT, "n"), value("map", TensorProto.FLOAT, "n", 8, 8)])


def detector(path: Path):
    g = Graph()
    planar = g.op("Transpose", g.op("Cast", "image", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    grey = g.op("ReduceMean", planar, axes=[1], keepdims=1)
    boxes, scores, points = [], [], []
    for cell in (8, 16, 32):
        level = g.op("AveragePool", grey, kernel_shape=[cell, cell], strides=[cell, cell])
        ones = g.op("Add", g.op("Mul", level, g.const(0)), g.const(1))
        # Centres of the cells in pixels: counting along the axes works for any size.
        x = g.op("Mul", g.op("Sub", g.op("CumSum", ones, g.const(3, np.int64)), g.const(0.5)), g.const(cell))
        y = g.op("Mul", g.op("Sub", g.op("CumSum", ones, g.const(2, np.int64)), g.const(0.5)), g.const(cell))
        scores.append(flat(g, g.op("Mul", level, g.const(1 / 255)), 1))
        half = 2 * cell
        boxes.append(flat(g, points_of(g, x, y, [(-half, -half), (half, half)]), 4))
        offsets = [(-cell, -cell), (cell, -cell), (0, 0), (-cell, cell), (cell, cell)]
        points.append(flat(g, points_of(g, x, y, offsets), 10))
    g.op("Squeeze", g.op("Concat", *scores, axis=1), g.const([2], np.int64), name="scores")
    g.op("Concat", *boxes, axis=1, name="boxes")
    g.op("Concat", *points, axis=1, name="landmarks")
    g.save(path, [value("image", TensorProto.UINT8, "n", "h", "w", 3)],
           [value("boxes", TensorProto.FLOAT, "n", "k", 4), value("scores", TensorProto.FLOAT, "n", "k"),
            value("landmarks", TensorProto.FLOAT, "n", "k", 10)])


def points_of(g: Graph, x: str, y: str, offsets) -> str:
    parts = []
    for dx, dy in offsets:
        parts += [g.op("Add", x, g.const(dx)), g.op("Add", y, g.const(dy))]
    return g.op("Concat", *parts, axis=1)


def flat(g: Graph, planar: str, channels: int) -> str:
    """[N, C, H, W] to [N, H*W, C]."""
    moved = g.op("Transpose", planar, perm=[0, 2, 3, 1])
    return g.op("Reshape", moved, g.const([0, -1, channels], np.int64))


def probability(path: Path):
    g = Graph()
    g.op("Sigmoid", head(g, features(g, "pixels"), 1, 2), name="real")
    g.save(path, [value("pixels", TensorProto.FLOAT, "n", 3, SIZE, SIZE)], [value("real", TensorProto.FLOAT, "n", 1)])


def twoclass(path: Path):
    g = Graph()
    g.op("Identity", head(g, features(g, g.op("Transpose", "x", perm=[0, 3, 1, 2])), 2, 3), name="classes")
    g.save(path, [value("x", TensorProto.FLOAT, 1, SIZE, SIZE, 3)], [value("classes", TensorProto.FLOAT, 1, 2)])


def golden_input(shape, dtype):
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    return ((index * 2654435761 % 2**32) >> 24).astype(dtype).reshape(shape)


def manifest(path: Path, task: str, inputs: dict, outputs: list, shape, **more):
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    answers = session.run([o["name"] for o in outputs], {inputs["name"]: golden_input(shape, inputs["dtype"])})
    body = {
        "schema": "blendscope.model/1", "name": path.stem, "version": "0.0.1", "task": task,
        "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "licence": "Apache-2.0",
        "input": {"width": SIZE, "height": SIZE, "mean": [0, 0, 0], "std": [1, 1, 1]} | inputs, "outputs": outputs,
        **more,
        "golden": {"shape": list(shape), "tolerance": 1e-4, "outputs": {
            o["name"]: {"mean": float(a.mean(dtype=np.float64)), "first": [float(v) for v in a.ravel()[:8]]}
            for o, a in zip(outputs, answers)}},
    }
    path.with_name("manifest.json").write_text(json.dumps(body, indent=2) + "\n")


def main():
    platt = {"calibration": {"method": "platt", "a": 1.0, "b": 0.0, "fitted_on": "nothing"}}
    ours = {"name": "image", "layout": "NHWC", "color": "BGR", "dtype": "uint8", "alignment": "square", "crop_scale": 1.4}
    verdict = [{"name": "logit", "meaning": "logit", "fake": "high"}, {"name": "map", "meaning": "boundary_map"}]
    forgery = "forgery-classification"
    for name, repeat in (("classifier", 0), ("slow", 200)):
        path = HERE / name / f"{name}.onnx"
        classifier(path, repeat)
        manifest(path, forgery, ours, verdict, (1, SIZE, SIZE, 3), **platt)

    path = HERE / "detector" / "detector.onnx"
    detector(path)
    inputs = ours | {"alignment": "letterbox", "width": 0, "height": 0, "multiple_of": 32, "long_side": 320}
    del inputs["crop_scale"]
    manifest(path, "face-detection", inputs, [{"name": n, "meaning": n} for n in ("boxes", "scores", "landmarks")],
             (2, 64, 96, 3), thresholds={"score": 0.6, "nms_iou": 0.3})

    path = HERE / "probability" / "probability.onnx"
    probability(path)
    inputs = {"name": "pixels", "layout": "NCHW", "color": "RGB", "dtype": "float32", "alignment": "square", "crop_scale": 1.0,
              "mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}
    manifest(path, forgery, inputs, [{"name": "real", "meaning": "probability", "fake": "low"}], (1, 3, SIZE, SIZE), **platt)

    path = HERE / "twoclass" / "twoclass.onnx"
    twoclass(path)
    inputs = {"name": "x", "layout": "NHWC", "color": "RGB", "dtype": "float32", "alignment": "square", "crop_scale": 1.0,
              "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5]}
    manifest(path, forgery, inputs, [{"name": "classes", "meaning": "class_logits", "fake": "high"}], (1, SIZE, SIZE, 3), **platt)


if __name__ == "__main__":
    main()
