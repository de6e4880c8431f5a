"""Step 2: train the classifier. Interrupted runs carry on from the last checkpoint.

    python -m classifier.train --run first --steps 2500 --bf16
"""

import argparse
import copy
import json
import math
import os
from pathlib import Path
import time

import torch
from torch import nn

from classifier.batches import UNKNOWN, Batches, Mix
from classifier.network import Classifier, freeze, load_imagenet
from classifier.shards import Crops
from common.mirror import MissingSource, work_root
from sources import DataError


class NotFinite(RuntimeError):
    """The loss became infinite or not a number."""


def losses(logits, cells, labels, maps):
    """(classification, map) losses. Rows alternate genuine, fake. Cells without a target do not count, nor do fakes whose
    composed part lies outside the window. Half of the classification loss is the order within each row pair: it is free
    of what the two pictures have in common, and so learns from fewer of them."""
    known = (maps != UNKNOWN).float()
    shown = ((labels == 0) | (known.amin((1, 2)) == 0) | (maps.amax((1, 2)) > 0.1)).float()
    each = nn.functional.binary_cross_entropy_with_logits(logits, labels * 0.96 + 0.02, reduction="none")
    order = nn.functional.softplus(logits[0::2] - logits[1::2]) * shown[1::2]
    face = ((each * shown).sum() + order.sum()) / (shown.sum() + shown[1::2].sum()).clamp(min=1)
    each = nn.functional.binary_cross_entropy_with_logits(cells, maps.clamp(0, 1), reduction="none")
    return face, (each * known).sum() / known.sum().clamp(min=1)


def window(images, maps, size: int, generator):
    """The same random square of all pictures of a batch, on the grid of the map's cells: cheaper steps at full detail."""
    cell = images.shape[1] // maps.shape[1]
    if size >= images.shape[1]:
        return images, maps
    room, span = maps.shape[1] - size // cell + 1, size // cell
    y, x = (int(torch.randint(room, (1,), generator=generator)) for _ in range(2))
    return images[:, y * cell:y * cell + size, x * cell:x * cell + size], maps[:, y:y + span, x:x + span]


def rate(step: int, steps: int, top: float, warm: int = 100) -> float:
    """Cosine schedule with a linear start."""
    return top * min((step + 1) / warm, 0.5 + 0.5 * math.cos(math.pi * step / steps) + 1e-3)


class Trainer:
    """Network, its running average, the optimiser, and where the run stands."""

    def __init__(self, args, device):
        self.args, self.device, self.step = args, device, 0
        self.network = Classifier().to(device, memory_format=torch.channels_last)
        decay = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}], lr=args.lr)
        self.average = copy.deepcopy(self.network).eval()
        self.file = work_root() / "runs" / args.run / "checkpoint.pt"
        self.file.parent.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Carry on this run, or start from another run's average, or from ImageNet."""
        if self.file.exists():
            state = torch.load(self.file, map_location=self.device)
            for name in ("network", "average", "optimiser"):
                getattr(self, name).load_state_dict(state[name])
            self.step = state["step"]
        elif self.args.init:
            self.network.load_state_dict(load_average(self.args.init))
        else:
            load_imagenet(self.network)
        if self.step == 0:
            self.average.load_state_dict(self.network.state_dict())

    def save(self) -> None:
        state = {"network": self.network.state_dict(), "average": self.average.state_dict(),
                 "optimiser": self.optimiser.state_dict(), "step": self.step}
        part = self.file.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.file)

    def learn(self, images, labels, maps) -> tuple[float, float]:
        """One step; the two losses. NotFinite stops the run before the weights are spoilt."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.step, self.args.steps, self.args.lr)
        images = images.to(self.device).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        labels, maps = labels.to(self.device), maps.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.bf16):
            logits, cells = self.network(images)
        face, shown = losses(logits.float(), cells.float(), labels, maps)
        loss = face + self.args.map_weight * shown
        if not torch.isfinite(loss):
            raise NotFinite(f"step {self.step}: loss is {loss.item()}; lower --lr and resume from {self.file}")
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        self._blend()
        return face.item(), shown.item()

    @torch.no_grad()
    def _blend(self) -> None:
        """Move the running average; it starts fast and ends slow."""
        keep = min(self.args.ema, self.step / (self.step + 10))
        for slow, fast in zip(self.average.state_dict().values(), self.network.state_dict().values()):
            if slow.dtype.is_floating_point:
                slow.lerp_(fast, 1 - keep)
            else:
                slow.copy_(fast)


def load_average(run: str) -> dict:
    """The averaged weights of a run."""
    file = work_root() / "runs" / run / "checkpoint.pt"
    if not file.exists():
        raise DataError(f"{file}: no such run; train first")
    return torch.load(file, map_location="cpu")["average"]


def train(args) -> Trainer:
    """Run to the last step, printing the losses and saving as it goes."""
    if args.window % 32:
        raise DataError(f"--window {args.window}: must be a multiple of 32, the network's stride")
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    crops = Crops(work_root() / "crops", lambda row: row["side"] == "train")
    mix = Mix(args.pairs, args.clips, args.stills, args.rebuilt, args.frames)
    trainer = Trainer(args, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    data = Batches(crops, mix, args.steps, args.seed)
    trainer.start()
    trainer.network.train()
    freeze(trainer.network, args.frozen)
    kept = sorted({row["source"] for row in crops.rows if row["kind"] == "clip"})
    (work_root() / "trained-clips.json").write_text(json.dumps(kept))
    print(f"{len(crops)} faces, batches of {mix.size}, from step {trainer.step} of {args.steps}", flush=True)
    loader = torch.utils.data.DataLoader(data, batch_size=None, sampler=range(trainer.step, args.steps),
                                         num_workers=args.workers, **({"prefetch_factor": 4} if args.workers else {}))
    begin, mean, first = time.time(), None, trainer.step
    for images, labels, maps in loader:
        generator = torch.Generator().manual_seed(args.seed * 1_000_003 + trainer.step)
        size = args.window if trainer.step < args.steps * args.window_share else images.shape[1]
        images, maps = window(images, maps, size, generator)
        values = torch.tensor(trainer.learn(images, labels, maps))
        mean = values if mean is None else mean.lerp(values, 0.02)
        if trainer.step % args.log_every == 0 or trainer.step == args.steps:
            trainer.save()
            speed = (trainer.step - first) * mix.size / (time.time() - begin)
            print(f"{time.strftime('%H:%M:%S')} step {trainer.step} face {mean[0]:.4f} map {mean[1]:.4f} {speed:.1f} faces/s", flush=True)
    trainer.save()
    (trainer.file.parent / "settings.json").write_text(json.dumps(vars(args), default=str, indent=1))
    return trainer


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard", help="name of the run; its checkpoint lies below BLENDSCOPE_WORK")
    parser.add_argument("--init", default="", help="start from this run's weights instead of ImageNet")
    parser.add_argument("--steps", type=int, default=2300)
    parser.add_argument("--lr", type=float, default=8e-4, help="highest learning rate")
    parser.add_argument("--ema", type=float, default=0.99, help="decay of the running average of the weights")
    parser.add_argument("--map-weight", type=float, default=0.5)
    parser.add_argument("--window", type=int, default=128, help="px, a multiple of 32: side of the random squares of the first steps")
    parser.add_argument("--window-share", type=float, default=0.9, help="share of the steps that see such squares only")
    parser.add_argument("--pairs", type=int, default=10, help="pairs per batch")
    parser.add_argument("--clips", type=int, default=5, help="clip frames of each class per batch")
    parser.add_argument("--stills", type=int, default=1, help="photos of each class per batch")
    parser.add_argument("--rebuilt", type=float, default=0.25, help="share of pairs rebuilt as a whole")
    parser.add_argument("--frames", type=float, default=0.5, help="share of pairs made from genuine clips")
    parser.add_argument("--frozen", action="store_true", help="keep the norms' statistics as they were at the start: faster")
    parser.add_argument("--bf16", action="store_true", help="bfloat16 autocast: faster where the processor has it")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--workers", type=int, default=2, help="processes that make batches")
    parser.add_argument("--log-every", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(given)


if __name__ == "__main__":
    try:
        train(arguments())
    except (DataError, MissingSource, NotFinite) as problem:
        raise SystemExit(f"train: {problem}")
