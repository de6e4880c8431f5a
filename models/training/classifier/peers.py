"""Public detectors that bring their weights, on the same clips: MesoNet's four files and ClassNSeg's two on the crops, LRNet (`lrnet`) on the
clips themselves. Needs h5py.

    python -m classifier.peers --videos videos.tsv --evaluation labels.tsv --clips measured/

Writes peers.json: {detector: {clip: score}}, high means fake. `protocol` puts them into the table. The networks are written anew here
from their descriptions; weights are read from the authors' repositories and never kept.
"""

import argparse
import io
import json
import os
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from classifier import lrnet, metrics
from classifier.clips import file_name, lay_out_side
from classifier.evaluate import clip_views
from classifier.shards import Crops
from classifier.splits import group_of, split
from common.mirror import MissingSource, Mirror, work_root
from sources import DataError, read_clips, read_evaluation

MESONET = ("DariusAf/MesoNet", "2144d56a30e4")
MESO_FILES = {"Meso4 DF": "weights/Meso4_DF.h5", "Meso4 F2F": "weights/Meso4_F2F.h5",
              "MesoInception4 DF": "weights/MesoInception_DF.h5", "MesoInception4 F2F": "weights/MesoInception_F2F.h5"}
CLASSNSEG = ("nii-yamagishilab/ClassNSeg", "87e506fddb9f")
CLASSNSEG_FILES = {"ClassNSeg full": "checkpoints/full/encoder_46.pt", "ClassNSeg finetuned": "checkpoints/finetune/encoder_26.pt"}
SIZE, KERAS_EPSILON = 256, 1e-3  # px; of Keras's batch norm
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def keras_layers(path: str) -> dict[str, list[dict[str, torch.Tensor]]]:
    """Tensors of a Keras file by kind of layer (conv2d, batch_normalization, dense), in the order of their numbers."""
    import h5py
    found = {}
    with Mirror(*MESONET) as mirror, h5py.File(io.BytesIO(mirror.read(path))) as file:
        def take(name, item):
            if hasattr(item, "shape"):
                layer, tensor = name.split("/")[-2:]
                kind, number = layer.rsplit("_", 1)
                found.setdefault(kind, {}).setdefault(int(number), {})[tensor.split(":")[0]] = torch.tensor(item[()])
        file.visititems(take)
    return {kind: [numbered[n] for n in sorted(numbered)] for kind, numbered in found.items()}


def _conv(x, layer, dilation=1):
    kernel = layer["kernel"].permute(3, 2, 0, 1)
    return functional.relu(functional.conv2d(x, kernel, layer["bias"], padding=dilation * (kernel.shape[-1] // 2), dilation=dilation))


def _inception(x, convs):
    """1x1; 1x1 and 3x3; the same at dilation 2; the same at dilation 3."""
    a, b1, b2, c1, c2, d1, d2 = convs
    return torch.cat([_conv(x, a), _conv(_conv(x, b1), b2), _conv(_conv(x, c1), c2, 2), _conv(_conv(x, d1), d2, 3)], 1)


def mesonet(layers, images: torch.Tensor) -> torch.Tensor:
    """Logits (high means fake) of [n, 3, 256, 256] RGB in [0, 1]. The network itself says 1 for genuine."""
    convs, x = layers["conv2d"], images
    stages = [convs[0:7], convs[7:14], convs[14], convs[15]] if len(convs) == 16 else convs
    for stage, norm, pool in zip(stages, layers["batch_normalization"], (2, 2, 2, 4)):
        x = _inception(x, stage) if isinstance(stage, list) else _conv(x, stage)
        x = functional.batch_norm(x, norm["moving_mean"], norm["moving_variance"], norm["gamma"], norm["beta"], eps=KERAS_EPSILON)
        x = functional.max_pool2d(x, pool)
    first, last = layers["dense"]
    x = functional.leaky_relu(x.permute(0, 2, 3, 1).flatten(1) @ first["kernel"] + first["bias"], 0.1)
    return -(x @ last["kernel"] + last["bias"])[:, 0]


def classnseg_encoder(path: str) -> nn.Module:
    """ClassNSeg's encoder with its weights."""
    steps, channels = [], 3
    for outputs, stride in ((8, 1), (8, 2), (16, 1), (16, 2), (32, 1), (32, 2), (64, 1), (64, 2), (128, 1)):
        steps += [nn.Conv2d(channels, outputs, 3, stride, 1), nn.BatchNorm2d(outputs), nn.ReLU()]
        channels = outputs
    network = nn.Sequential(*steps)
    with Mirror(*CLASSNSEG) as mirror:
        state = torch.load(io.BytesIO(mirror.read(path)), map_location="cpu")
    network.load_state_dict({k.removeprefix("encoder."): v for k, v in state.items()})
    return network.eval()


def classnseg(encoder: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Half of the latent stands for genuine, half for fake: the difference of their mean activations."""
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    latent = encoder((images - mean) / std).reshape(len(images), 2, -1)
    return latent[:, 1].abs().mean(1) - latent[:, 0].abs().mean(1)


def detectors() -> dict:
    """Every peer as images -> scores."""
    out = {name: lambda x, layers=keras_layers(path): mesonet(layers, x) for name, path in MESO_FILES.items()}
    return out | {name: lambda x, net=classnseg_encoder(path): classnseg(net, x) for name, path in CLASSNSEG_FILES.items()}


@torch.no_grad()
def scores(views, files: dict[str, Path] | None = None) -> dict[str, dict[str, float]]:
    """Mean score per clip and detector, of the crops [n, SIZE, SIZE, 3] uint8 BGR of each clip, and with LRNet of its file where there
    are `files`."""
    out = {}
    for name, score in detectors().items():
        out[name] = {clip: float(score(torch.from_numpy(v[..., ::-1].copy()).permute(0, 3, 1, 2).float() / 255).mean())
                     for clip, (_, v) in views.items()}
    return out | {"LRNet": lrnet.scores(files)} if files else out


def tell(found, side: str, clips) -> None:
    """Print every detector's AUC on a side's clips."""
    for name, of_clip in found.items():
        columns = [of_clip[c.key] for c in clips], [c.label == "fake" for c in clips], [group_of(c) for c in clips]
        low, high = metrics.interval(metrics.auc, *columns)
        print(f"{side}: {name} AUC {metrics.auc(*columns[:2]):.3f} ({low:.2f}-{high:.2f}), {len(clips)} clips")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=Path, required=True, help="the tab-separated list of clips")
    parser.add_argument("--evaluation", type=Path, required=True, help="the tab-separated labels of the test clips")
    parser.add_argument("--clips", type=Path, required=True, help="folder for the held-out clips; what is there is kept")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    clips = read_clips(args.videos)
    sides, found = split(clips, read_evaluation(args.evaluation)), {}
    for side in ("calibration", "test"):
        (args.clips / side).mkdir(parents=True, exist_ok=True)
        lay_out_side(clips, sides, side, args.clips / side, again=False)
        views = clip_views(Crops(work_root() / "crops", lambda row: row["side"] == side), every=2, size=SIZE)
        chosen = [c for c in clips if c.key in views]
        part = scores(views, {c.key: args.clips / side / file_name(c) for c in chosen})
        tell(part, side, chosen)
        found = {name: found.get(name, {}) | of_clip for name, of_clip in part.items()}
    (work_root() / "peers.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource, ImportError) as problem:
        raise SystemExit(f"peers: {problem}")
