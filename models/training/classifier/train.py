"""Step 2: train the classifier. Interrupted runs carry on from the last checkpoint.

    python -m classifier.train --run first --steps 2500 --bf16
"""

import argparse
import copy
import json
import os
import time

import torch
from torch import nn

from classifier import checkpoint, decoders
from classifier.batches import UNKNOWN, Batches, Mix
from classifier.network import Classifier, load_imagenet
from classifier.shards import Crops
from classifier.splits import FAMILIES, family
from common.mirror import MissingSource, work_root
from sources import DataError


class NotFinite(RuntimeError):
    """The loss became infinite or not a number."""


def losses(logits, cells, maps) -> tuple[torch.Tensor, torch.Tensor]:
    """(classification, map) losses of rows that are genuine and fake in turn. Cells without a target do not count, nor do fakes whose
    composed part lies outside the window. Half of the classification loss is the order within each couple of rows: it is free
    of what the two pictures have in common, and so learns from fewer of them."""
    known, fake = (maps != UNKNOWN).float(), torch.arange(len(maps), device=maps.device) % 2
    shown = ((fake == 0) | (known.amin((1, 2)) == 0) | (maps.amax((1, 2)) > 0.1)).float()
    each = nn.functional.binary_cross_entropy_with_logits(logits, fake * 0.96 + 0.02, reduction="none")
    order = nn.functional.softplus(logits[0::2] - logits[1::2]) * shown[1::2]
    face = ((each * shown).sum() + order.sum()) / (shown.sum() + shown[1::2].sum()).clamp(min=1)
    each = nn.functional.binary_cross_entropy_with_logits(cells, maps.clamp(0, 1), reduction="none")
    return face, (each * known).sum() / known.sum().clamp(min=1)


def window(images, maps, size: int, generator):
    """The pictures and maps of a batch cut to the same random square, on the grid of the map's cells: cheaper steps at full detail."""
    cell = images.shape[1] // maps.shape[1]
    if size >= images.shape[1]:
        return images, maps
    room, span = maps.shape[1] - size // cell + 1, size // cell
    y, x = (int(torch.randint(room, (1,), generator=generator)) for _ in range(2))
    return images[:, y * cell:y * cell + size, x * cell:x * cell + size], maps[:, y:y + span, x:x + span]


def rate(step: int, steps: int, top: float, fall: float = 0.3, warm: int = 100) -> float:
    """Linear start, plateau, linear fall over the last `fall` of the steps. Until the fall begins the length of a run can still be
    changed (`--steps`) without bending what was learnt so far."""
    return top * min(1.0, (step + 1) / warm, (steps - step) / (fall * steps) + 1e-3)


class Trainer:
    """Network, its running average, the optimiser, and where the run stands."""

    def __init__(self, args, device):
        self.args, self.device, self.step = args, device, 0
        self.network = Classifier().to(device, memory_format=torch.channels_last)
        decay = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}], lr=args.lr)
        self.average = copy.deepcopy(self.network).eval()
        self.folder = checkpoint.place(args.run)

    def start(self) -> None:
        """Carry on this run, or start from another run's average, or from ImageNet."""
        if folder := checkpoint.found(self.folder):
            state = checkpoint.load(folder, self.network, self.average, self.optimiser, self.device)
            self.step = state["step"]
            changed = {k: v for k, v in state["settings"].items() if k in vars(self.args) and str(vars(self.args)[k]) != str(v)}
            if changed:
                print(f"note: until step {self.step} these settings were different: {changed}", flush=True)
        elif self.args.init:
            self.network.load_state_dict(checkpoint.load_average(self.args.init))
        else:
            load_imagenet(self.network)
        if self.step == 0:
            self.average.load_state_dict(self.network.state_dict())

    def save(self) -> None:
        checkpoint.save(self.folder, self.network, self.average, self.optimiser, self.step, vars(self.args))

    def learn(self, images, maps) -> tuple[float, float]:
        """One step; the two losses. NotFinite stops the run before the weights are spoilt."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate(self.step, self.args.steps, self.args.lr, self.args.fall)
        images = images.to(self.device, non_blocking=True).permute(0, 3, 1, 2).float().contiguous(memory_format=torch.channels_last)
        maps = maps.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.args.bf16):
            logits, cells = self.network(images)
        face, shown = losses(logits.float(), cells.float(), maps)
        loss = face + self.args.map_weight * shown
        if not torch.isfinite(loss):
            raise NotFinite(f"step {self.step}: loss is {loss.item()}; lower --lr and resume from {self.folder}")
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


def train(args) -> Trainer:
    """Run to the last step, printing the losses and saving as it goes."""
    if args.window % 32:
        raise DataError(f"--window {args.window}: must be a multiple of 32, the network's stride")
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    crops = Crops(work_root() / "crops", lambda row: row["side"] == "train" and family(row["method"]) not in args.without)
    mix = Mix(args.pairs, args.clips, args.stills, args.rebuilt, args.decoded, args.frames)
    trainer = Trainer(args, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    batches = -(-args.steps // args.views)
    data = Batches(crops, mix, batches, args.seed, list(decoders.load().values()) if args.decoded else (), (args.hard_from, args.hard_to, args.ramp))
    trainer.start()
    trainer.network.train()
    kept = sorted({row["source"] for row in crops.rows if row["kind"] == "clip"})
    (work_root() / "trained-clips.json").write_text(json.dumps(kept))
    print(f"{len(crops)} faces, batches of {mix.size}, from step {trainer.step} of {args.steps}", flush=True)
    loader = torch.utils.data.DataLoader(data, batch_size=None, sampler=range(trainer.step // args.views, batches), num_workers=args.workers,
                                         pin_memory=trainer.device.type == "cuda", **({"prefetch_factor": 4} if args.workers else {}))
    begin, mean, first = time.time(), None, trainer.step
    for images, maps in loader:
        for _ in range(trainer.step % args.views, min(args.views, args.steps - trainer.step // args.views * args.views)):
            generator = torch.Generator().manual_seed(args.seed * 1_000_003 + trainer.step)
            values = torch.tensor(trainer.learn(*window(images, maps, args.window, generator)))
            mean = values if mean is None else mean.lerp(values, 0.02)
            if trainer.step % args.log_every == 0 or trainer.step == args.steps:
                trainer.save()
                speed = (trainer.step - first) * mix.size / (time.time() - begin)
                print(f"{time.strftime('%H:%M:%S')} step {trainer.step} face {mean[0]:.4f} map {mean[1]:.4f} {speed:.1f} faces/s", flush=True)
            if args.keep and trainer.step % args.keep == 0:
                checkpoint.keep_moment(args.run, trainer.average, trainer.step)
        if args.minutes and time.time() - begin > 60 * args.minutes:
            print(f"stopped after {args.minutes} minutes at step {trainer.step}; the same command carries on", flush=True)
            break
    trainer.save()
    return trainer


def arguments(given=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard", help="name of the run; its checkpoint lies below BLENDSCOPE_WORK")
    parser.add_argument("--init", default="", help="start from this run's weights instead of ImageNet")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--keep", type=int, default=250, help="keep the averaged weights of every n-th step as run RUN-STEP, 9 MiB each; 0 means none")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long, with a checkpoint; 0 means at the last step")
    parser.add_argument("--without", nargs="*", default=[], choices=FAMILIES, help="families of generators to leave out of the training")
    parser.add_argument("--lr", type=float, default=6e-4, help="highest learning rate")
    parser.add_argument("--fall", type=float, default=0.4, help="share of the steps, at the end, over which the learning rate falls to zero")
    parser.add_argument("--ema", type=float, default=0.995, help="decay of the running average of the weights")
    parser.add_argument("--map-weight", type=float, default=0.5)
    parser.add_argument("--window", type=int, default=128, help="px, a multiple of 32: side of the random squares that the network sees")
    parser.add_argument("--views", type=int, default=2, help="squares, and steps, per batch: making a batch costs half as much as a step on a CPU")
    parser.add_argument("--pairs", type=int, default=10, help="pairs per batch")
    parser.add_argument("--clips", type=int, default=4, help="clip frames of each class per batch")
    parser.add_argument("--stills", type=int, default=2, help="photos of each class per batch")
    parser.add_argument("--rebuilt", type=float, default=0.15, help="share of pairs rebuilt through a coarser grid")
    parser.add_argument("--decoded", type=float, default=0.35, help="share of pairs rebuilt by an autoencoder; the rest is self-blended")
    parser.add_argument("--hard-from", type=float, default=0.0, help="how hard the first pairs are, 0 to 1")
    parser.add_argument("--hard-to", type=float, default=0.5, help="how hard the last pairs are, 0 to 1")
    parser.add_argument("--ramp", type=int, default=1500, help="batches until the pairs are at their hardest")
    parser.add_argument("--frames", type=float, default=0.5, help="share of pairs made from genuine clips")
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
