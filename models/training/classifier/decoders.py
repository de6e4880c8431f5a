"""Small autoencoders of our own, whose reconstructions of genuine faces are fakes that differ from their original by a
decoder's traces alone: the traces that neural talking heads, reenactment and generated video share.

    python -m classifier.decoders --threads 1

Trains every recipe below on patches of the genuine training faces and stores it in BLENDSCOPE_WORK/decoders/NAME.pt; those at
hand are kept. Recipes with `held` are never used in training: `evaluate` asks with them whether the traces of an
unknown decoder are seen.
"""

import argparse
from dataclasses import dataclass
import functools
import os
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from classifier.blend import change_colour, draw_mask, sharpness
from classifier.shards import Crops
from common.geometry import crop_square, cut, displaced
from common.mirror import MissingSource, work_root
from sources import DataError

PATCH, BATCH = 64, 12  # px, patches per step
FACES = (50.0, 260.0)  # px: sizes the faces are brought to before patches are cut


@dataclass(frozen=True)
class Recipe:
    """One autoencoder: `halvings` of the resolution, `latent` channels, the way up, what it is trained for."""

    name: str
    up: str  # nearest, bilinear, transposed3, transposed4, shuffle
    halvings: int = 2
    latent: int = 6
    width: int = 16
    levels: int = 0  # of a quantised latent; 0 leaves it continuous
    adversarial: bool = False
    squared: bool = False  # squared instead of absolute error: blurrier
    held: bool = False
    steps: int = 1500


RECIPES = (
    Recipe("nearest-4", "nearest"),
    Recipe("transposed3-4", "transposed3", adversarial=True),
    Recipe("nearest-4-quantised", "nearest", levels=9),
    Recipe("shuffle-4-squared", "shuffle", latent=4, squared=True),
    Recipe("nearest-8", "nearest", halvings=3, latent=20, width=24, steps=8000),
    Recipe("transposed4-8", "transposed4", halvings=3, latent=16, width=24, steps=8000),
    Recipe("bilinear-4", "bilinear", latent=5, width=20, steps=8000),
    Recipe("held-nearest-8-adversarial", "nearest", halvings=3, latent=10, width=14, adversarial=True, held=True),
    Recipe("held-transposed4-4", "transposed4", latent=5, width=20, held=True),
)


class Double(nn.Module):
    """Twice the resolution, by one of the ways that decoders know."""

    def __init__(self, inputs: int, outputs: int, way: str):
        super().__init__()
        self.way = way
        if way.startswith("transposed"):
            kernel = int(way[-1])
            self.conv = nn.ConvTranspose2d(inputs, outputs, kernel, 2, 1, output_padding=kernel % 2)
        else:
            self.conv = nn.Conv2d(inputs, outputs * 4 if way == "shuffle" else outputs, 3, padding=1)

    def forward(self, x):
        if self.way == "shuffle":
            return functional.pixel_shuffle(self.conv(x), 2)
        if self.way in ("nearest", "bilinear"):
            x = functional.interpolate(x, scale_factor=2.0, mode=self.way)
        return self.conv(x)


class Autoencoder(nn.Module):
    """[N, 3, H, W] in [-1, 1], sides multiples of 8 -> the same, rebuilt."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.levels = recipe.levels
        wide = [recipe.width * min(2 ** i, 3) for i in range(recipe.halvings + 1)]
        down, up = [], [nn.Conv2d(recipe.latent, wide[-1], 3, padding=1), nn.SiLU()]
        for i in range(recipe.halvings):
            down += [nn.Conv2d(wide[i] if i else 3, wide[i + 1], 4, 2, 1), nn.SiLU(), nn.Conv2d(wide[i + 1], wide[i + 1], 3, padding=1), nn.SiLU()]
        for i in reversed(range(recipe.halvings)):
            up += [nn.Conv2d(wide[i + 1], wide[i + 1], 3, padding=1), nn.SiLU(), Double(wide[i + 1], wide[i], recipe.up), nn.SiLU()]
        self.encoder = nn.Sequential(*down, nn.Conv2d(wide[-1], recipe.latent, 1))
        self.decoder = nn.Sequential(*up, nn.Conv2d(wide[0], 3, 3, padding=1))

    def latent(self, x):
        z = self.encoder(x)
        if not self.levels:
            return z
        z = torch.tanh(z) * (self.levels // 2)
        return z + (torch.round(z) - z).detach()

    def forward(self, x):
        return self.decoder(self.latent(x))


def critic() -> nn.Module:
    """Says of every patch of 14 px whether it is a photograph."""
    return nn.Sequential(nn.Conv2d(3, 24, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(24, 48, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(48, 1, 3, padding=1))


def patches(crops: Crops, rng) -> torch.Tensor:
    """[BATCH, 3, PATCH, PATCH] in [-1, 1] of genuine faces at many sizes."""
    out = []
    while len(out) < BATCH:
        i = int(rng.integers(len(crops)))
        image, face = crops.image(i), float(max(crops.boxes[i][2:]))
        ratio = max(min(1.0, np.exp(rng.uniform(*np.log(FACES))) / face), (PATCH + 1) / image.shape[0])
        image = cv2.resize(image, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
        for _ in range(4):
            y, x = (int(rng.integers(v - PATCH + 1)) for v in image.shape[:2])
            out.append(image[y:y + PATCH, x:x + PATCH])
    return torch.from_numpy(np.stack(out[:BATCH])).permute(0, 3, 1, 2).float() / 127.5 - 1  # channels last


def edges(x):
    return torch.cat([(x[..., 1:, :-1] - x[..., :-1, :-1]), (x[..., :-1, 1:] - x[..., :-1, :-1])], 1)


def fit(recipe: Recipe, crops: Crops, steps: int, seed: int) -> tuple[Autoencoder, float]:
    """Train for so many steps; the network and its last mean absolute error in grey values."""
    torch.manual_seed(seed)
    rng, network, judge = np.random.default_rng(seed), Autoencoder(recipe).to(memory_format=torch.channels_last), critic()
    optimiser = torch.optim.Adam(network.parameters(), 3e-3, betas=(0.8, 0.99))
    second = torch.optim.Adam(judge.parameters(), 1e-3, betas=(0.5, 0.99))
    error = 0.1
    for step in range(steps):
        done = step / steps
        optimiser.param_groups[0]["lr"] = 3e-3 * (0.03 + 0.97 * (0.5 + 0.5 * np.cos(np.pi * done)))
        x = patches(crops, rng)
        with torch.autocast("cpu", torch.bfloat16):
            y = network(x)
        y = y.float()
        away = functional.mse_loss(y, x) * 4 if recipe.squared else functional.l1_loss(y, x)
        loss = away + 0.5 * functional.l1_loss(edges(y), edges(x))
        if recipe.adversarial and done > 0.4:
            loss = loss - 0.01 * judge(y).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if recipe.adversarial and done > 0.3:
            unsure = functional.relu(1 - judge(x)).mean() + functional.relu(1 + judge(y.detach())).mean()
            second.zero_grad(set_to_none=True)
            unsure.backward()
            second.step()
        if not torch.isfinite(loss):
            raise DataError(f"autoencoder {recipe.name}: the loss is no longer finite")
        error = 0.98 * error + 0.02 * float((y - x).detach().abs().mean())
    return network, error * 127.5


def folder() -> Path:
    return work_root() / "decoders"


def load(held: bool = False) -> dict[str, Autoencoder]:
    """The trained autoencoders for training by name, or those held out. DataError when there are none."""
    out = {}
    for recipe in RECIPES:
        file = folder() / f"{recipe.name}.pt"
        if recipe.held == held and file.exists():
            network = Autoencoder(recipe)
            network.load_state_dict(torch.load(file, map_location="cpu"))
            out[recipe.name] = network.eval().requires_grad_(False)
    if not out:
        raise DataError(f"no autoencoders in {folder()}; run classifier.decoders, or train with --decoded 0")
    return out


@torch.no_grad()
def pass_through(network: Autoencoder, image: np.ndarray, rng) -> np.ndarray:
    """A BGR uint8 picture with sides that are multiples of 8, rebuilt; the latent is disturbed a little, so that no two
    reconstructions are alike."""
    x = torch.from_numpy(np.ascontiguousarray(image))[None].permute(0, 3, 1, 2).float() / 127.5 - 1  # channels last
    with torch.autocast("cpu", torch.bfloat16):
        z = network.latent(x).float()
        if rng.random() < 0.5:
            noise = torch.from_numpy(rng.normal(0, 1, tuple(z.shape)).astype(np.float32))
            z = z + noise * float(rng.uniform(0, 0.08)) * z.std()
        y = network.decoder(z)
    return ((y[0].float().permute(1, 2, 0) + 1) * 127.5 + 0.5).clamp(0, 255).to(torch.uint8).numpy()


def decoded(network: Autoencoder, image: np.ndarray, box, points, rng, hard: float = 1.0):
    """(genuine, fake, mask or None): the fake's face was rebuilt by a decoder at a resolution of its own, as generators
    work, and put back as a whole square or inside a region. The genuine face often makes the same way through that
    resolution, or is blurred to the fake's sharpness, so that softness alone does not tell."""
    face = float(max(box[2:]))
    x0, y0, side = crop_square(box, float(rng.uniform(1.3, 1.9)))
    work = float(np.exp(rng.uniform(np.log(90), np.log(np.clip(1.6 * face, 110, 200)))))
    size = int(np.clip(round(side * work / face / 8), 8, 36)) * 8
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)[rng.integers(3)]
    small = cv2.resize(cut(image, x0, y0, side), (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
    rebuilt = pass_through(network, deform(small, rng) if rng.random() < 0.4 else small, rng)
    if rng.random() < 0.8:
        rebuilt = coloured_as(rebuilt, small)
    if rng.random() < 0.25:  # crisped, as face restoration does
        rebuilt = cv2.addWeighted(rebuilt, 1.8, cv2.GaussianBlur(rebuilt, (0, 0), 1.0), -0.8, 0)
    if rng.random() < 0.3:
        rebuilt = change_colour(rebuilt, hard, rng).astype(np.uint8)
    put = functools.partial(put_back, place=(x0, y0, side), up=up)
    real = put(image, small) if rng.random() < 0.5 else image
    mask = None if rng.random() < 0.5 - 0.2 * hard else draw_mask(image.shape, points, face, hard, rng)
    fake = put(image, rebuilt)
    if mask is not None:
        fake = (fake * mask[..., None] + real * (1 - mask[..., None]) + 0.5).astype(np.uint8)
    if rng.random() < 0.7:
        real = as_soft_as(real, fake, box)
    return real, fake, mask


def coloured_as(image, other):
    """The picture with the other's light and colours, coarsely: a generator gets these right, and its traces are elsewhere."""
    size = 0.06 * image.shape[0]
    away = cv2.GaussianBlur(other.astype(np.float32), (0, 0), size) - cv2.GaussianBlur(image.astype(np.float32), (0, 0), size)
    return np.clip(image + away + 0.5, 0, 255).astype(np.uint8)


def put_back(image, square, place, up):
    """The picture with a square of it replaced; what of the square lies outside the picture is lost."""
    x0, y0, side = place
    height, width = image.shape[:2]
    large, out = cv2.resize(square, (side, side), interpolation=up), image.copy()
    left, top, right, bottom = max(0, x0), max(0, y0), min(width, x0 + side), min(height, y0 + side)
    out[top:bottom, left:right] = large[top - y0:bottom - y0, left - x0:right - x0]
    return out


def deform(image, rng):
    """A smooth movement, as of another moment of the clip; the border stays."""
    size = image.shape[0]
    flow = np.zeros((6, 6, 2), np.float32)
    flow[1:5, 1:5] = rng.normal(0, rng.uniform(0.004, 0.014) * size, (4, 4, 2))
    flow = cv2.resize(flow, (size, size), interpolation=cv2.INTER_CUBIC)
    return displaced(image, flow[..., 0], flow[..., 1])


def as_soft_as(image, other, box):
    """The picture blurred until its face is no crisper than the other's."""
    wanted, blurred, blur = sharpness(other, box), image, 0.4
    while sharpness(blurred, box) > 1.1 * wanted and blur < 2.0:
        blurred = cv2.GaussianBlur(image, (0, 0), blur)
        blur *= 1.3
    return blurred


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=0, help="of training per autoencoder instead of its recipe's, about 20 a second on one core")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="names that start so")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    crops = Crops(work_root() / "crops", lambda row: row["side"] == "train" and row["label"] == "real")
    folder().mkdir(exist_ok=True)
    for number, recipe in enumerate(RECIPES):
        file = folder() / f"{recipe.name}.pt"
        if file.exists() or not recipe.name.startswith(args.only):
            continue
        network, error = fit(recipe, crops, args.steps or recipe.steps, args.seed + number)
        torch.save(network.state_dict(), file.with_suffix(".part"))
        os.replace(file.with_suffix(".part"), file)
        print(f"{recipe.name}: mean error {error:.1f} of 255", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as problem:
        raise SystemExit(f"decoders: {problem}")
