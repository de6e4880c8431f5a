"""Step 2: distil the teacher's dense answers into the student.

Resumes from checkpoint.pt of the run folder when there is one; ends with weights.pt (moving average).
"""

import argparse
import io
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from common.mirror import MissingSource, Mirror, work_root
from common.teachers import YUNET, YuNet
from common.video import spread_frames
from detector.boxes import cells
from detector.compose import SIDE
from detector.data import DataError
from detector.measure import LONG_SIDE, see, teacher_faces, total
from detector.network import Detector, decode

WEIGHTS_FILE = (*YUNET[:2], "weights/yunet_n.pth")
WEIGHTS = (1.0, 4.0, 4.0)  # of score, box, landmarks
FEATURES_RATE = 0.05  # learning rate of the features over that of the heads
AVERAGE = 0.998  # of the moving average of the weights, per step


class Shards:
    """All composed pictures with the teacher's answers, memory-mapped."""

    def __init__(self, folder: Path):
        names = sorted(folder.glob("[0-9]*.npz"))
        if not names:
            raise DataError(f"{folder}: no shards; run prepare first")
        self.parts = [(np.load(n.with_suffix(".npy"), mmap_mode="r"), dict(np.load(n))) for n in names]
        self.where = [(p, i) for p, (pictures, _) in enumerate(self.parts) for i in range(len(pictures))]

    def batch(self, picks):
        """Pictures [n, 3, h, w], scores [n, K], and of the taught cells: flat index [m] and values [m, 14]."""
        pictures, scores, index, values = [], [], [], []
        for row, pick in enumerate(picks):
            part, i = self.where[pick]
            images, labels = self.parts[part]
            begin, end = labels["begins"][i:i + 2]
            pictures.append(images[i]), scores.append(labels["scores"][i])
            index.append(labels["cells"][begin:end].astype(np.int64) + row * labels["scores"].shape[1])
            values.append(labels["values"][begin:end])
        image = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
        return (image, torch.from_numpy(np.stack(scores).astype(np.float32)),
                torch.from_numpy(np.concatenate(index)), torch.from_numpy(np.concatenate(values)))


def distillation_loss(raw, grid, scores, index, values):
    """Score: cross entropy with the teacher's score in every cell, less that score's own entropy.
    Box and landmarks: absolute error over the face's side, weighted by the teacher's score.
    A picture counts with the root of its summed score, so that a crowd does not drown a portrait."""
    mass = scores.sum(1).clamp(min=4)
    scale = 1 / (mass.sqrt() * mass.sqrt().sum())
    excess = F.binary_cross_entropy_with_logits(raw[..., 0], scores, reduction="none") - F.binary_cross_entropy(
        scores, scores, reduction="none")
    boxes, _, landmarks = decode(raw.flatten(0, 1)[index], grid[index % len(grid)])
    side = (values[:, 2:4] - values[:, 0:2]).amax(1).clamp(min=4)
    weight = (scores.flatten()[index] * scale[index // len(grid)] / side)[:, None]
    box = ((boxes - values[:, :4]).abs() * weight).sum() / 4
    landmark = ((landmarks - values[:, 4:]).abs() * weight).sum() / 10
    return (excess.sum(1) * scale).sum(), box, landmark


def held_out_frames(folder: Path, per_clip: int):
    """Frames of the held-out clips with the teacher's faces."""
    clips, teacher = sorted(folder.iterdir()) if folder.is_dir() else [], YuNet()
    if not clips:
        raise DataError(f"{folder}: no held-out clips; run prepare first")
    return [(f, teacher_faces(teacher, f)) for c in clips for _, f in spread_frames(c, per_clip, 300)]


def torch_raw(model):
    """The model as a function of a padded uint8 picture, for measure.see."""
    def raw(padded):
        image = torch.from_numpy(padded.transpose(2, 0, 1)[None]).float()
        with torch.no_grad():
            answers = decode(model.eval()(image), torch.from_numpy(cells(*padded.shape[:2])))
        return tuple(a[0].numpy() for a in answers)
    return raw


def check(model, frames) -> dict:
    """Agreement with the teacher on held-out frames at a few thresholds."""
    raw = torch_raw(model)
    pairs = [(see(raw, frame, LONG_SIDE), theirs) for frame, theirs in frames]
    out = {}
    for threshold in (0.5, 0.55, 0.6):
        t = total(pairs, threshold)
        out[threshold] = (round(t.recall(), 4), round(t.extra_share(), 4), round(float(np.mean(t.landmarks or [9])), 4))
    return out


def teacher_weights() -> dict:
    """State of the published YuNet-n checkpoint."""
    repo, commit, path = WEIGHTS_FILE
    with Mirror(repo, commit) as mirror:
        return torch.load(io.BytesIO(mirror.read(path)), map_location="cpu")["state_dict"]


class Run:
    """Model, its moving average, optimiser and position; saved and restored together."""

    def __init__(self, args, steps):
        torch.manual_seed(args.seed)
        self.model, self.average = Detector(), Detector()
        self.model.features.start_from(teacher_weights())
        self.average.load_state_dict(self.model.state_dict())
        groups = [{"params": self.model.heads.parameters()},
                  {"params": self.model.features.parameters(), "lr": args.rate * FEATURES_RATE}]
        self.optimizer = torch.optim.AdamW(groups, lr=args.rate, weight_decay=1e-4, foreach=True)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: min(
            (step + 1) / 300, 0.5 * (1 + math.cos(math.pi * min(step, steps) / steps)) + 0.002))
        self.step, self.path = 0, args.folder / "checkpoint.pt"
        if self.path.exists():
            self._restore(torch.load(self.path, map_location="cpu"))

    def _parts(self):
        return {"model": self.model, "average": self.average, "optimizer": self.optimizer, "schedule": self.schedule}

    def _restore(self, state):
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.step = state["step"]
        print(f"resumed after step {self.step}", flush=True)

    def save(self):
        state = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save({"step": self.step, **state}, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").rename(self.path)
        torch.save(self.average.state_dict(), self.path.with_name("weights.pt"))

    def follow(self):
        """Move the average towards the model; faster at first, so that it forgets the random start."""
        keep = min(AVERAGE, self.step / (self.step + 50))
        pairs = list(zip(self.average.state_dict().values(), self.model.state_dict().values()))
        with torch.no_grad():
            for a, b in pairs:
                if not a.is_floating_point():
                    a.copy_(b)
            ours, theirs = zip(*(pair for pair in pairs if pair[0].is_floating_point()))
            torch._foreach_mul_(ours, keep)
            torch._foreach_add_(ours, theirs, alpha=1 - keep)


def picks(shards, args, step):
    """The pictures of one step: every pass over all of them has its own order."""
    a_pass = len(shards.where) // args.batch
    order = np.random.default_rng((args.seed, step // a_pass)).permutation(len(shards.where))
    return order[step % a_pass * args.batch:][:args.batch]


def train_piece(run, shards, args, grid):
    """Steps up to the next checkpoint; the mean losses."""
    sums, until = [], min(run.step + args.piece, args.steps)
    run.model.heads.train()
    run.model.features.eval()  # keeps the statistics that the features came with
    while run.step < until:
        image, *target = shards.batch(picks(shards, args, run.step))
        run.model.features.requires_grad_(run.step >= args.frozen)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            maps = run.model.features(image.contiguous(memory_format=torch.channels_last))
        losses = distillation_loss(run.model.answers([m.float() for m in maps]), grid, *target)
        loss = sum(weight * part for weight, part in zip(WEIGHTS, losses))
        if not torch.isfinite(loss):
            raise DataError(f"loss is {loss.item()} at step {run.step}; the last checkpoint is kept")
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 5.0)
        run.optimizer.step(), run.schedule.step(), run.follow()
        run.step += 1
        sums.append([float(v.detach()) for v in losses])
    return np.mean(sums, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="face", help="name of the run's folder")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--frozen", type=int, default=1200, help="first steps, in which only the heads learn")
    parser.add_argument("--piece", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--bf16", action="store_true", help="bfloat16 for the convolutions; for CPUs that have it")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--held-out", type=int, default=10, help="frames per held-out clip looked at with each checkpoint")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    root = work_root() / "detector"
    args.folder = root / "runs" / args.run
    args.folder.mkdir(parents=True, exist_ok=True)
    frames, shards = held_out_frames(root / "held-out", args.held_out), Shards(root / "shards")
    run = Run(args, args.steps)
    run.model.to(memory_format=torch.channels_last)
    grid = torch.from_numpy(cells(SIDE, SIDE))
    while run.step < args.steps:
        started = time.time()
        losses = train_piece(run, shards, args, grid)
        run.save()
        row = {"step": run.step, "losses": [round(float(v), 4) for v in losses], "held_out": check(run.average, frames),
               "seconds": round(time.time() - started)}
        print(json.dumps(row), flush=True)
        with open(args.folder / "history.jsonl", "a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as e:
        raise SystemExit(f"train: {e}")
