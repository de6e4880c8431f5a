"""The classifier: MobileNetV2 (width 1.0) says of a face how much it looks composited, and draws a boundary map of 14x14 cells.

The map reads two depths (strides 16 and 32): traces of composition live in texture as much as in shapes. The network takes BGR
values 0-255; the mean and the spread of ImageNet are inside.
"""

from dataclasses import dataclass
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
FINE, MIDDLE = 5, 12  # bottlenecks whose outputs have stride 8 (32 channels) and 16 (96 channels)
STRONGEST = 20  # one in so many cells is evidence: a forgery may touch the mouth alone
WHOLE, DETAIL = READINGS = "whole", "detail"  # how a face's logit is read; the shipped weights are read as a whole
SCALE, LEVEL = 1.2, 0.9  # of the detail: frames of one genuine clip then scatter by 0.6 and the middle between genuine and fake is 0: the program's prior


class StridedDepthwise(torch.autograd.Function):
    """A depthwise 3x3 convolution with a stride, whose gradient is taken as that of the dense one: the same numbers, but oneDNN's own
    gradient of the strided one takes ten times as long, half of a training step."""

    @staticmethod
    def forward(ctx, x, weight, stride):
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        return nn.functional.conv2d(x, weight, None, stride, 1, groups=x.shape[1])

    @staticmethod
    def backward(ctx, gradient):
        x, weight = ctx.saved_tensors
        dense = torch.zeros_like(x)
        dense[:, :, ::ctx.stride, ::ctx.stride] = gradient
        one = [1, 1]
        to_x, to_weight, _ = torch.ops.aten.convolution_backward(dense, x, weight, None, one, one, one, False, [0, 0], x.shape[1], [True, True, False])
        return to_x, to_weight, None


class ConvNorm(nn.Module):
    """Convolution, batch norm and, if asked, ReLU6."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, groups=1, act=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.act = act

    def merged(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(weight, bias) of the convolution that does both."""
        scale = self.norm.weight * torch.rsqrt(self.norm.running_var + self.norm.eps)
        return self.conv.weight * scale[:, None, None, None], self.norm.bias - self.norm.running_mean * scale

    def forward(self, x):
        strided = self.conv.groups > 1 and self.conv.stride != (1, 1)
        if self.training and strided and not x.is_cuda:
            x = StridedDepthwise.apply(x, self.conv.weight.to(x.dtype), self.conv.stride[0])
        else:
            x = self.conv(x)
        x = self.norm(x)
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
    """[N, 3, H, W] BGR 0-255 float -> (logits [N], map logits [N, H/16, W/16]). The logit reads three depths of the face as a whole, and so can
    learn from faces whose composed part nobody knows."""

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


def strongest(cells):
    """[N]: the mean of the strongest cells of each map [N, R, C]."""
    flat = cells.flatten(1)
    return flat.topk(max(1, flat.shape[1] // STRONGEST), dim=1).values.mean(1)


@dataclass(frozen=True)
class Judge:
    """A network and how its logit is read: pictures [N, 3, H, W] -> (logits [N], map logits [N, R, C]), which is what the program is told.

    `whole` is the network's own logit. `detail` is how much stronger the strongest cells of the map are than those of the coarse copy, for
    a second pass: people, light and scene are the same in both and cancel, the traces of decoders live in fine detail and stay,
    the coarse boundary of a swap is lost. LOG.md compares the two.
    """

    network: Classifier
    reading: str = WHOLE

    def __call__(self, x):
        if self.reading == WHOLE:
            return self.network(x)
        cells, control = self.network(torch.cat([x, coarse(x)]))[1].chunk(2)
        return SCALE * (strongest(cells) - strongest(control)) + LEVEL, cells


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
