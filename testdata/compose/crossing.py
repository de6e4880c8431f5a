"""Two faces that walk past each other over a blurred background, the nearer one hiding the other as they meet."""

import math

import cv2
import numpy as np
from pictures import Clip

CANVAS = 960, 480  # width, height in pixels
SECONDS = 15
RATE = 25  # frames per second: every frame can be followed
SCALE = 1.7  # of a tile's side to its face's


def compose(pair: list[Clip], number: int, dice):
    """The pictures, and the truth: rows of t_ms, person, x, y (centre), side of the face, and the share of it that is shown."""
    sides = [dice.randint(110, 150), dice.randint(90, 130)]  # of the faces; the first person is in front
    rise = dice.uniform(-0.25, 0.25) * sides[1]
    period = 6 + number  # seconds to and fro: slower from clip to clip
    tiles = [[cv2.resize(t, (round(SCALE * s),) * 2, interpolation=cv2.INTER_AREA) for t in c.tiles(256, SCALE, 5, RATE)] for c, s in zip(pair, sides)]
    behind = background(next(pair[1].pictures()))
    pictures, rows = [], []
    for i in range(SECONDS * RATE):
        t = i / RATE
        swing = 0.38 * CANVAS[0] * math.cos(2 * math.pi * t / period)
        places = [(CANVAS[0] / 2 + swing, CANVAS[1] / 2), (CANVAS[0] / 2 - swing, CANVAS[1] / 2 + rise)]
        picture = behind.copy()
        for person in (1, 0):
            paste(picture, tiles[person][bounce(i, len(tiles[person]))], places[person])
        pictures.append(picture)
        for person in (0, 1):
            x, y = places[person]
            shown = 1.0 if person == 0 else 1 - hidden(places, sides)
            rows.append((round(1000 * t), person, round(x, 1), round(y, 1), sides[person], round(shown, 2)))
    return pictures, rows


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


def hidden(places, sides) -> float:
    """The share of the second face's square that the first one's covers."""
    half = (sides[0] + sides[1]) / 2
    overlap = [min(sides[1], max(0.0, half - abs(places[0][k] - places[1][k]))) for k in (0, 1)]
    return overlap[0] * overlap[1] / sides[1] ** 2


def bounce(i: int, n: int) -> int:
    k = i % max(1, 2 * (n - 1))
    return k if k < n else 2 * (n - 1) - k
