"""The student: a small anchor-free detector of our own design.

Depthwise-separable backbone, top-down sums over three scales, and per scale a tower of two blocks with one
1x1 convolution that gives, for every cell, a score logit, a box and five landmarks. Boxes and landmarks are
relative to the cell and in units of its stride: centre offset, log size, five points.
"""

import torch
from torch import nn
from torch.nn import functional as F

from common.teachers import STRIDES

OUTPUTS = 1 + 4 + 10
PRIOR = -4.0  # first score logit: nearly every cell is background


def block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Depthwise 3x3 then pointwise 1x1, each normalised and rectified."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False), nn.BatchNorm2d(inputs), nn.ReLU(inplace=True),
        nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    """Halves the resolution, then goes on at it."""
    return nn.Sequential(block(inputs, outputs, 2), *(block(outputs, outputs) for _ in range(blocks - 1)))


class Detector(nn.Module):
    """`width` channels from stride 8 on; multiples of 64 fill the 16-wide CPU kernels at every stage."""

    def __init__(self, width: int = 64):
        super().__init__()
        self.width = width
        quarter = width // 4
        self.stem = nn.Sequential(nn.Conv2d(3, quarter, 3, 2, 1, bias=False), nn.BatchNorm2d(quarter), nn.ReLU(inplace=True))
        self.stride4 = stage(quarter, width // 2, 2)
        self.stride8 = stage(width // 2, width, 3)
        self.stride16 = stage(width, width, 3)
        self.stride32 = stage(width, width, 3)
        self.towers = nn.ModuleList(nn.Sequential(block(width, width), block(width, width)) for _ in STRIDES)
        self.heads = nn.ModuleList(nn.Conv2d(width, OUTPUTS, 1) for _ in STRIDES)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
            nn.init.constant_(head.bias[:1], PRIOR)

    def features(self, image: torch.Tensor) -> list[torch.Tensor]:
        """BGR values 0..255 [n, 3, h, w] -> one map [n, width, h/s, w/s] per stride s."""
        c8 = self.stride8(self.stride4(self.stem(image / 64 - 2)))
        c16 = self.stride16(c8)
        c32 = self.stride32(c16)
        p16 = c16 + F.interpolate(c32, scale_factor=2.0, mode="nearest")
        p8 = c8 + F.interpolate(p16, scale_factor=2.0, mode="nearest")
        return [tower(x) for tower, x in zip(self.towers, (p8, p16, c32))]

    def answers(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """Raw answers [n, K, 15], cells by stride and row; kept out of reduced precision while training."""
        raw = [head(x).flatten(2) for head, x in zip(self.heads, maps)]
        return torch.cat(raw, 2).transpose(1, 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.answers(self.features(image))


def decode(raw: torch.Tensor, cells: torch.Tensor):
    """Boxes, scores and landmarks in pixels. `raw` [..., 15], `cells` [..., 3] column, row, stride, broadcastable."""
    corner, stride = cells[..., :2], cells[..., 2:]
    centre, half = (raw[..., 1:3] + corner) * stride, raw[..., 3:5].exp() * stride / 2
    boxes = torch.cat([centre - half, centre + half], -1)
    landmarks = (raw[..., 5:] + torch.cat([corner] * 5, -1)) * stride
    return boxes, raw[..., 0].sigmoid(), landmarks
