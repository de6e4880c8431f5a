"""Runs the classifier's ONNX file in PyTorch, operator by operator: the same weights without ONNX Runtime."""

import numpy as np
import onnx
import torch
from onnx import numpy_helper


def pad(attributes: dict) -> tuple[int, int]:
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        raise NotImplementedError("padding that is not the same on both sides")
    return top, left


def resize(x, sizes, attributes):
    coordinates = attributes.get("coordinate_transformation_mode", b"half_pixel")
    if attributes.get("mode", b"nearest") == b"nearest":
        return torch.nn.functional.interpolate(x, size=sizes, mode="nearest")
    return torch.nn.functional.interpolate(x, size=sizes, mode="bilinear", align_corners=coordinates == b"align_corners")


class Graph:
    """A network with one input `image` and an output `logit`, called with one picture."""

    def __init__(self, path):
        graph = onnx.load(str(path)).graph
        self.constants = {t.name: torch.from_numpy(np.array(numpy_helper.to_array(t))) for t in graph.initializer}
        self.nodes = []
        for node in graph.node:
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            if node.op_type == "Constant":
                self.constants[node.output[0]] = torch.from_numpy(np.array(numpy_helper.to_array(attributes["value"])))
            elif not hasattr(self, node.op_type):
                raise NotImplementedError(f"operator {node.op_type}: add it to {__file__}")
            else:
                self.nodes.append((getattr(self, node.op_type), list(node.input), list(node.output), attributes))
        for name, value in self.constants.items():
            if value.ndim == 4:  # PyTorch's convolutions are fastest so on a CPU
                self.constants[name] = value.contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, crop: np.ndarray) -> float:
        values = dict(self.constants, image=torch.from_numpy(crop[None]))
        for run, inputs, outputs, attributes in self.nodes:
            results = run([values.get(name) for name in inputs], attributes)
            for name, result in zip(outputs, results if isinstance(results, (tuple, list)) else [results]):
                values[name] = result
        return float(values["logit"].ravel()[0])

    def Cast(self, x, a): return x[0].to({1: torch.float32, 6: torch.int32, 7: torch.int64}[a["to"]])
    def Transpose(self, x, a): return x[0].permute(*a["perm"])
    def Add(self, x, a): return x[0] + x[1]
    def Sub(self, x, a): return x[0] - x[1]
    def Mul(self, x, a): return x[0] * x[1]
    def Div(self, x, a): return x[0] // x[1] if not x[0].is_floating_point() else x[0] / x[1]
    def Relu(self, x, a): return torch.relu(x[0])
    def Sigmoid(self, x, a): return torch.sigmoid(x[0])
    def Identity(self, x, a): return x[0]
    def Concat(self, x, a): return torch.cat(x, a["axis"])
    def Flatten(self, x, a): return x[0].flatten(a.get("axis", 1))
    def Shape(self, x, a): return torch.tensor(x[0].shape)[a.get("start", 0):a.get("end")]
    def Gather(self, x, a): return x[0].index_select(a.get("axis", 0), x[1].reshape(-1)).reshape(
        x[0].shape[:a.get("axis", 0) % x[0].ndim] + x[1].shape + x[0].shape[a.get("axis", 0) % x[0].ndim + 1:])
    def Unsqueeze(self, x, a): return self.each(torch.unsqueeze, x, a)
    def GlobalAveragePool(self, x, a): return x[0].mean((2, 3), keepdim=True)
    def Gemm(self, x, a): return x[0] @ (x[1].T if a.get("transB") else x[1]) + (x[2] if len(x) > 2 else 0)
    def AveragePool(self, x, a): return torch.nn.functional.avg_pool2d(x[0], a["kernel_shape"], a.get("strides"), pad(a))

    def Conv(self, x, a):
        bias = x[2] if len(x) > 2 else None
        return torch.nn.functional.conv2d(x[0], x[1], bias, a.get("strides", 1), pad(a), a.get("dilations", 1), a.get("group", 1))

    def Clip(self, x, a):
        low, high = (x[1:] + [None, None])[:2]
        return torch.clamp(x[0], None if low is None else low.item(), None if high is None else high.item())

    def ReduceMean(self, x, a):
        axes = a.get("axes") or x[1].tolist()
        return x[0].mean(axes, keepdim=bool(a.get("keepdims", 1)))

    def Reshape(self, x, a):
        shape = [x[0].shape[i] if n == 0 else n for i, n in enumerate(x[1].tolist())]
        return x[0].reshape(shape)

    def Squeeze(self, x, a): return self.each(torch.squeeze, x, a)

    def Slice(self, x, a):
        starts, ends = x[1].tolist(), x[2].tolist()
        axes = x[3].tolist() if len(x) > 3 and x[3] is not None else range(len(starts))
        steps = x[4].tolist() if len(x) > 4 and x[4] is not None else [1] * len(starts)
        cut = [slice(None)] * x[0].ndim
        for axis, start, end, step in zip(axes, starts, ends, steps):
            cut[axis] = slice(start, None if end > 1 << 40 else end, step)
        return x[0][tuple(cut)]

    def Split(self, x, a):
        parts = x[1].tolist() if len(x) > 1 else a.get("split") or x[0].shape[a.get("axis", 0)] // a.get("num_outputs", 2)
        return torch.split(x[0], parts, a.get("axis", 0))

    def Resize(self, x, a):
        if len(x) > 3 and x[3] is not None:
            sizes = x[3].tolist()[2:]
        else:
            sizes = [int(n * s) for n, s in zip(x[0].shape[2:], x[2].tolist()[2:])]
        return resize(x[0], sizes, a)

    @staticmethod
    def each(change, x, a):
        axes = a.get("axes") or x[1].tolist()
        y = x[0]
        for axis in sorted(axes, reverse=change is torch.squeeze):
            y = change(y, axis)
        return y
