"""Faces that walk past each other over a blurred background, the nearer ones hiding the others as they meet."""

import math

import cv2
import numpy as np
from pictures import Clip, surest, to_and_fro

CANVAS = 960, 480  # width, height in pixels
SECONDS = 15
RATE = 25  # frames per second: every frame can be followed
SCALE = 1.7  # of a tile's side to its face's


def compose(people: list[Clip], number: int, dice):
    """The pictures, and the truth: rows of t_ms, person, x, y (centre), side of the face, and the share of it that is shown."""
    walkers = [Walker(k, number, dice) for k in range(len(people))]  # the first is in front
    tiles = [list(c.tiles(256, SCALE, 5, RATE)) for c in people]
    return draw(walkers, tiles, people[-1]), truth(walkers, [heads(t) for t in tiles])


def draw(walkers: list, tiles: list, host: Clip):
    small = [[cv2.resize(t, (w.width,) * 2, interpolation=cv2.INTER_AREA) for t in of] for of, w in zip(tiles, walkers)]
    behind = background(next(host.pictures()))
    for i in range(SECONDS * RATE):
        picture = behind.copy()
        for walker, of in reversed(list(zip(walkers, small))):
            paste(picture, of[to_and_fro(i, len(of))], walker.at(i / RATE))
        yield picture


def truth(walkers: list, found: list) -> list[tuple]:
    rows = []
    for i in range(SECONDS * RATE):
        faces = []
        for walker, of in zip(walkers, found):
            place, head = walker.at(i / RATE), of[to_and_fro(i, len(of))]
            faces.append(([p + walker.width * h for p, h in zip(place, head)], walker.side))
        for k, ((x, y), side) in enumerate(faces):
            shown = 1 - max((hidden(*faces[k], *faces[j]) for j in range(k)), default=0.0)
            rows.append((round(1000 * i / RATE), k, round(x, 1), round(y, 1), side, round(shown, 2)))
    return rows


def heads(tiles: list) -> list[tuple[float, float]]:
    """Where the face is in each tile, from its middle, as shares of its side; where it was before when none is found."""
    places, last = [], (0.0, 0.0)
    for tile in tiles:
        box = surest(tile)
        if box is not None:
            x, y, w, h = box
            last = (x + w / 2) / tile.shape[1] - 0.5, (y + h / 2) / tile.shape[0] - 0.5
        places.append(last)
    return places


class Walker:
    """Somebody who goes to and fro through the middle, every other one the other way; clips and later pairs are slower."""

    def __init__(self, k: int, number: int, dice):
        pair = k // 2
        self.side = dice.randint(100, 140)  # of the face, in pixels
        self.width = round(SCALE * self.side)  # of the tile
        self.rise = (dice.uniform(-0.25, 0.25) + 0.4 * pair) * self.side
        self.reach = (-1) ** k * dice.uniform(0.3, 0.4) * CANVAS[0]
        self.period = (6 + number % 8) * dice.uniform(0.95, 1.05) * (1 + 0.25 * pair)  # seconds to and fro

    def at(self, t: float) -> tuple[float, float]:
        return CANVAS[0] / 2 + self.reach * math.cos(2 * math.pi * t / self.period), CANVAS[1] / 2 + self.rise


def background(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(cv2.resize(picture, CANVAS, interpolation=cv2.INTER_LINEAR), (0, 0), 40)


def paste(picture: np.ndarray, tile: np.ndarray, centre: tuple[float, float]) -> None:
    """Lays an oval of the tile with a soft rim over the picture, around the centre."""
    side = tile.shape[0]
    mask = np.zeros((side, side), np.float32)
    cv2.ellipse(mask, (side // 2, side // 2), (int(side * 0.36), int(side * 0.46)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), side * 0.02)[..., None]
    left, top = round(centre[0] - side / 2), round(centre[1] - side / 2)
    x0, y0, x1, y1 = max(0, left), max(0, top), min(CANVAS[0], left + side), min(CANVAS[1], top + side)
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    under = picture[y0:y1, x0:x1]
    picture[y0:y1, x0:x1] = (mask[part] * tile[part] + (1 - mask[part]) * under).round().astype(np.uint8)


def hidden(place, side: float, before, other: float) -> float:
    """The share of a face's square that another one's covers."""
    overlap = [min(side, max(0.0, (side + other) / 2 - abs(place[k] - before[k]))) for k in (0, 1)]
    return overlap[0] * overlap[1] / side**2
