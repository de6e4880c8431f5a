"""The student: a small anchor-free detector.

Backbone and neck have the shapes of YuNet-n's, so that training can start from its published weights
(Apache-2.0); the heads are our own and start from random weights. Per cell they give one score logit, a box and
five landmarks, relative to the cell and in units of its stride: centre offset, log size, five points.
"""

import torch
from torch import nn
from torch.nn import functional as F

from common.teachers import STRIDES

OUTPUTS = 1 + 4 + 10
WIDTH = 64  # channels from stride 4 on
PRIOR = -4.0  # first score logit: nearly every cell is background


class Block(nn.Module):
    """Pointwise 1x1 then depthwise 3x3, normalised and rectified."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, groups=outputs)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.bn(self.conv2(self.conv1(x))))


class Stem(nn.Module):
    """Strided 3x3 on the picture, values 0..255, then a block."""

    def __init__(self, outputs: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, outputs, 3, 2, 1)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = Block(outputs, outputs)

    def forward(self, image):
        return self.conv2(F.relu(self.bn1(self.conv1(image))))


class Pair(nn.Module):
    """Two blocks at one resolution."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = Block(inputs, inputs)
        self.conv2 = Block(inputs, outputs)

    def forward(self, x):
        return self.conv2(self.conv1(x))


class Features(nn.Module):
    """Backbone and neck: picture [n, 3, h, w] -> maps [n, 64, h/s, w/s] for every stride s."""

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList([Stem(16), Pair(16, WIDTH), *(Pair(WIDTH, WIDTH) for _ in range(4))])
        self.laterals = nn.ModuleList(Block(WIDTH, WIDTH) for _ in STRIDES)

    def forward(self, image):
        x = self.stages[1](F.max_pool2d(self.stages[0](image), 2))
        c8 = self.stages[3](F.max_pool2d(self.stages[2](x), 2))
        c16 = self.stages[4](F.max_pool2d(c8, 2))
        p32 = self.laterals[2](self.stages[5](F.max_pool2d(c16, 2)))
        p16 = self.laterals[1](c16 + F.interpolate(p32, scale_factor=2.0, mode="nearest"))
        return [self.laterals[0](c8 + F.interpolate(p16, scale_factor=2.0, mode="nearest")), p16, p32]

    def start_from(self, teacher: dict) -> None:
        """Takes over backbone and neck of a YuNet-n checkpoint's state; the shapes must fit."""
        own = {}
        for key, value in teacher.items():
            if key.startswith("backbone.model"):
                own["stages." + key[len("backbone.model"):]] = value
            elif key.startswith("neck.lateral_convs."):
                own["laterals." + key[len("neck.lateral_convs."):]] = value
        self.load_state_dict(own)


class Head(nn.Module):
    """From one map to the raw answers of its cells."""

    def __init__(self):
        super().__init__()
        self.tower = Block(WIDTH, WIDTH)
        self.answer = nn.Conv2d(WIDTH, OUTPUTS, 1)
        self.smooth = nn.Conv2d(OUTPUTS, OUTPUTS, 3, 1, 1, groups=OUTPUTS)
        nn.init.normal_(self.answer.weight, std=0.01)
        nn.init.zeros_(self.answer.bias)
        nn.init.dirac_(self.smooth.weight, groups=OUTPUTS)
        nn.init.zeros_(self.smooth.bias)
        nn.init.constant_(self.smooth.bias[:1], PRIOR)

    def forward(self, x):
        return self.smooth(self.answer(self.tower(x)))


class Detector(nn.Module):
    """Features and one head per stride."""

    def __init__(self):
        super().__init__()
        self.features = Features()
        self.heads = nn.ModuleList(Head() for _ in STRIDES)

    def answers(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """Raw answers [n, K, 15], cells by stride and row."""
        return torch.cat([head(x).flatten(2) for head, x in zip(self.heads, maps)], 2).transpose(1, 2)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """BGR values 0..255 [n, 3, h, w] -> raw answers."""
        return self.answers(self.features(image))


def decode(raw: torch.Tensor, cells: torch.Tensor):
    """Boxes, scores and landmarks in pixels. `raw` [..., 15], `cells` [..., 3] column, row, stride, broadcastable."""
    corner, stride = cells[..., :2], cells[..., 2:]
    centre, half = (raw[..., 1:3] + corner) * stride, raw[..., 3:5].exp() * stride / 2
    boxes = torch.cat([centre - half, centre + half], -1)
    landmarks = (raw[..., 5:] + torch.cat([corner] * 5, -1)) * stride
    return boxes, raw[..., 0].sigmoid(), landmarks
