"""The classifier: MobileNetV2 (width 1.0), a logit for the face and a boundary map of 14x14 cells.

The logit reads three depths (strides 8, 16, 32): traces of composition live in fine texture as much as in shapes. The network
takes BGR values 0-255; the mean and the spread of ImageNet are inside.
"""

import io

import numpy as np
import torch
from torch import nn

from common.mirror import Mirror

IMAGENET = ("fujunwei/webnn-samples", "d06e5b7e24fd", "test-data/models/mobilenetv2_batchnorm_nchw/weights/mobilenetv20_features_")
MEAN_BGR, STD_BGR = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
# (expansion, channels, stride) of the 17 bottlenecks
BOTTLENECKS = ([(1, 16, 1)] + [(6, 24, 2), (6, 24, 1)] + [(6, 32, 2)] + [(6, 32, 1)] * 2 + [(6, 64, 2)] + [(6, 64, 1)] * 3
               + [(6, 96, 1)] * 3 + [(6, 160, 2)] + [(6, 160, 1)] * 2 + [(6, 320, 1)])
CONTROL = 1.0  # weight of the coarse copy's logit
FINE, MIDDLE = 5, 12  # bottlenecks whose outputs have stride 8 (32 channels) and 16 (96 channels)


class ConvNorm(nn.Module):
    """Convolution, batch norm and, if asked, ReLU6. With `frozen` statistics the norm is merged into the weights at every
    step, which trains a quarter faster on a CPU; scale and shift still learn."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1, act=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.act, self.frozen = act, False

    def merged(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(weight, bias) of the convolution that does both."""
        scale = self.norm.weight * torch.rsqrt(self.norm.running_var + self.norm.eps)
        return self.conv.weight * scale[:, None, None, None], self.norm.bias - self.norm.running_mean * scale

    def forward(self, x):
        if self.frozen:
            weight, bias = self.merged()
            x = nn.functional.conv2d(x, weight, bias, self.conv.stride, self.conv.padding, groups=self.conv.groups)
        else:
            x = self.norm(self.conv(x))
        return nn.functional.hardtanh(x, 0.0, 6.0, inplace=True) if self.act else x


class Bottleneck(nn.Module):
    """Inverted residual."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        self.body = nn.Sequential(ConvNorm(inputs, wide), ConvNorm(wide, wide, 3, stride, wide), ConvNorm(wide, outputs, act=False))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class Classifier(nn.Module):
    """[N, 3, H, W] BGR 0-255 float -> logits [N], map logits [N, H/16, W/16]."""

    def __init__(self, dropout: float = 0.2):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(STD_BGR).view(1, 3, 1, 1))
        self.stem = ConvNorm(3, 32, 3, 2)
        blocks, channels = [], 32
        for expansion, outputs, stride in BOTTLENECKS:
            blocks.append(Bottleneck(channels, outputs, stride, expansion))
            channels = outputs
        self.blocks = nn.ModuleList(blocks)
        self.last = ConvNorm(channels, 1280)
        self.deep_map, self.middle_map = ConvNorm(1280, 64), ConvNorm(96, 64)
        self.map = nn.Conv2d(64, 1, 1)
        self.dropout = nn.Dropout(dropout)
        self.logit = nn.Linear(1280 + 96 + 32, 1)

    def forward(self, x):
        x = self.stem((x - self.mean) / self.std)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index == FINE:
                fine = x
            elif index == MIDDLE:
                middle = x
        deep = self.last(x)
        up = nn.functional.interpolate(self.deep_map(deep), scale_factor=2.0, mode="nearest")
        cells = self.map(torch.relu(up + self.middle_map(middle)))[:, 0]
        pooled = torch.cat([level.mean((2, 3)) for level in (deep, middle, fine)], 1)
        return self.logit(self.dropout(pooled))[:, 0], cells


def coarse(x):
    """The same pictures [N, 3, H, W] without their fine detail: halved by averaging and brought back by linear interpolation."""
    return nn.functional.interpolate(nn.functional.avg_pool2d(x, 2), scale_factor=2.0, mode="bilinear", align_corners=False)


def judge(network, x):
    """(logits [N], map logits): what the program is told. The logit is the network's own minus CONTROL times the one it gives to the
    picture's coarse copy. People, light and scene are the same in both and cancel; the traces of composition and of decoders
    live in fine detail and stay."""
    both, cells = network(torch.cat([x, coarse(x)]))
    both = both.reshape(2, -1)
    return both[0] - CONTROL * both[1], cells.reshape(2, -1, *cells.shape[1:])[0]


def freeze(network: nn.Module, frozen: bool) -> None:
    """Freeze or free the statistics of every norm."""
    for layer in network.modules():
        if isinstance(layer, ConvNorm):
            layer.frozen = frozen


def load_imagenet(network: Classifier) -> None:
    """Start from ImageNet. The source's first layer reads RGB; its input channels are turned round for BGR."""
    repo, commit, prefix = IMAGENET
    with Mirror(repo, commit) as mirror:
        def tensor(name):
            return torch.from_numpy(np.load(io.BytesIO(mirror.read(f"{prefix}{name}.npy"))))

        def fill(layer, conv_name, norm_name):
            layer.conv.weight.data.copy_(tensor(f"{conv_name}_weight"))
            for target, name in (("weight", "gamma"), ("bias", "beta"), ("running_mean", "running_mean"),
                                 ("running_var", "running_var")):
                getattr(layer.norm, target).data.copy_(tensor(f"{norm_name}_{name}"))

        fill(network.stem, "conv0", "batchnorm0")
        network.stem.conv.weight.data.copy_(network.stem.conv.weight.data.flip(1).clone())
        for index, block in enumerate(network.blocks):
            for layer in range(3):
                fill(block.body[layer], f"linearbottleneck{index}_conv{layer}", f"linearbottleneck{index}_batchnorm{layer}")
        fill(network.last, "conv1", "batchnorm1")
