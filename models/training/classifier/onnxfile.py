"""The exported graph: uint8 BGR crops in, `logit` and `map` out, with pre-processing inside and batch norms folded away."""

import copy
import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from classifier.batches import CELLS, SIZE
from classifier.network import ConvNorm, Judge

OPSET = 17


class Shipped(nn.Module):
    """What the program runs: uint8 [N, 224, 224, 3] BGR -> logit [N], map probabilities [N, 14, 14]."""

    def __init__(self, judge: Judge):
        super().__init__()
        self.network, self.reading = fold(copy.deepcopy(judge.network).eval()), judge.reading

    def forward(self, image):
        logit, cells = Judge(self.network, self.reading)(image.permute(0, 3, 1, 2).float())
        return logit, torch.sigmoid(cells)


class Folded(nn.Module):
    """A ConvNorm as one plain convolution."""

    def __init__(self, layer: ConvNorm):
        super().__init__()
        old = layer.conv
        self.conv = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding, groups=old.groups)
        weight, bias = layer.merged()
        self.conv.weight.data, self.conv.bias.data, self.act = weight.detach(), bias.detach(), layer.act

    def forward(self, x):
        x = self.conv(x)
        return nn.functional.hardtanh(x, 0.0, 6.0) if self.act else x


def fold(network: nn.Module) -> nn.Module:
    """Merge every batch norm into its convolution for good; the outputs stay the same up to rounding."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, ConvNorm):
                setattr(parent, name, Folded(child))
    return network


def write(judge: Judge, path: Path) -> str:
    """Export, check the graph, and return the file's SHA-256."""
    shipped, example = Shipped(judge).eval(), torch.zeros(2, SIZE, SIZE, 3, dtype=torch.uint8)
    names = {"input_names": ["image"], "output_names": ["logit", "map"]}
    axes = {name: {0: "n"} for name in ("image", "logit", "map")}
    legacy = {"dynamo": False} if tuple(int(v) for v in torch.__version__.split(".")[:2]) >= (2, 5) else {}
    torch.onnx.export(shipped, (example,), str(path), opset_version=OPSET, dynamic_axes=axes, do_constant_folding=True, **names, **legacy)
    graph = onnx.load(str(path))
    onnx.checker.check_model(graph)
    if any(node.op_type == "BatchNormalization" for node in graph.graph.node):
        raise ValueError("a batch norm was left unfolded")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def golden_input() -> np.ndarray:
    """The self-test's picture [1, SIZE, SIZE, 3]: v = ((i * 2654435761) mod 2^32) >> 24 for the flat index i."""
    index = np.arange(SIZE * SIZE * 3, dtype=np.uint64)
    return ((index * np.uint64(2654435761)) % np.uint64(1 << 32) >> np.uint64(24)).astype(np.uint8).reshape(1, SIZE, SIZE, 3)


def golden(session) -> dict:
    """Manifest entry: mean and first values of each output on the golden input."""
    logit, cells = session.run(["logit", "map"], {"image": golden_input()})
    outputs = {name: {"mean": float(value.mean(dtype=np.float64)), "first": [float(v) for v in value.ravel()[:8]]}
               for name, value in (("logit", logit), ("map", cells))}
    assert cells.shape == (1, CELLS, CELLS)
    return {"shape": [1, SIZE, SIZE, 3], "tolerance": 0.001, "outputs": outputs}
