"""The ONNX file: pre-processing, network and decoding in one graph, and how it is run and checked."""

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from common.teachers import STRIDES
from detector.boxes import cells
from detector.network import Detector, decode

OPSET = 17
OUTPUTS = ("boxes", "scores", "landmarks")


class Exported(nn.Module):
    """uint8 [n, h, w, 3] BGR -> boxes [n, K, 4], scores [n, K], landmarks [n, K, 10] in input pixels."""

    def __init__(self, network: Detector):
        super().__init__()
        self.network = network

    def forward(self, image):
        maps = self.network.features(image.permute(0, 3, 1, 2).float())
        grid = torch.cat([_cells_of(m, s) for m, s in zip(maps, STRIDES)])
        return decode(self.network.answers(maps), grid[None])


def _cells_of(x, stride):
    """Column, row, stride of the cells of one map, built from its shape so that sizes stay dynamic."""
    row = torch.arange(x.shape[2]).float()[:, None].expand(-1, x.shape[3])
    column = torch.arange(x.shape[3]).float()[None].expand(x.shape[2], -1)
    return torch.stack([column, row, torch.full_like(row, stride)], 2).flatten(0, 1)


def load(weights: Path) -> Detector:
    """The trained network, ready to answer."""
    network = Detector()
    network.load_state_dict(torch.load(weights, map_location="cpu"))
    return network.eval()


def write(network: Detector, path: Path) -> None:
    """Export with dynamic batch and sizes; batch norms are folded into the convolutions."""
    dynamic = {"image": {0: "n", 1: "h", 2: "w"}, **{name: {0: "n", 1: "k"} for name in OUTPUTS}}
    options = {"opset_version": OPSET, "input_names": ["image"], "output_names": list(OUTPUTS), "dynamic_axes": dynamic}
    if tuple(int(v) for v in torch.__version__.split(".")[:2]) >= (2, 5):
        options["dynamo"] = False  # the tracing exporter, the only one that old versions have too
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(Exported(network).eval(), torch.zeros(1, 96, 64, 3, dtype=torch.uint8), str(path), **options)


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def raw_of(session):
    """The session as a function of one padded picture: boxes, scores, landmarks of all cells."""
    def raw(padded):
        return tuple(v[0] for v in session.run(list(OUTPUTS), {"image": padded[None]}))
    return raw


def golden_input(shape) -> np.ndarray:
    """Pseudo-random bytes that any program can make: ((i * 2654435761) mod 2^32) >> 24."""
    flat = np.arange(int(np.prod(shape)), dtype=np.uint64) * np.uint64(2654435761)
    return ((flat & np.uint64(0xFFFFFFFF)) >> np.uint64(24)).astype(np.uint8).reshape(shape)


def parity(network: Detector, session, pictures) -> float:
    """Largest difference between PyTorch and ONNX Runtime, coordinates relative to the picture's long side."""
    worst = 0.0
    for batch in pictures:
        with torch.no_grad():
            raw = network(torch.from_numpy(batch).permute(0, 3, 1, 2).float())
            ours = decode(raw, torch.from_numpy(cells(*batch.shape[1:3])))
        theirs = session.run(list(OUTPUTS), {"image": batch})
        for name, a, b in zip(OUTPUTS, ours, theirs):
            unit = 1 if name == "scores" else max(batch.shape[1:3])
            worst = max(worst, float(np.abs(a.numpy() - b).max()) / unit)
    return worst
