"""Training pictures: crops of clip frames and collages of stills, distorted the way real footage is.

Every function takes a numpy Generator, so a picture is fixed by its seed. Pictures are uint8 BGR [SIDE, SIDE, 3].
The teacher looks at the finished picture, so nothing here needs to carry labels along.
"""

import cv2
import numpy as np

SIDE = 416  # a multiple of 32; holds faces as long as two thirds of a 640 px frame
SMALLEST, LARGEST = 12, 380  # range of the aimed-at face side in px, drawn evenly over its logarithm


def compose(rng, library) -> np.ndarray:
    """One training picture. The library gives still(rng) and frame(rng), see prepare.Library."""
    picture = _scene(rng, library) if rng.random() < 0.5 else _collage(rng, library)
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    return _degrade(rng, _recolour(rng, np.ascontiguousarray(picture)))


def _face_side(rng):
    return float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))


def resize(picture, scale):
    """Area averaging when shrinking, bilinear otherwise: what the program does at scoring."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _scene(rng, library):
    """A crop of one clip frame, mostly around one of its faces; half of them turned by up to 25 degrees."""
    frame, boxes = library.frame(rng)
    if len(boxes) and rng.random() < 0.85:
        x1, y1, x2, y2 = boxes[rng.integers(len(boxes))]
        scale = np.clip(_face_side(rng) / max(x2 - x1, y2 - y1), 0.08, 2.0)
        centre = np.array([x1 + x2, y1 + y2]) / 2 * scale
    else:
        scale = np.exp(rng.uniform(np.log(0.2), np.log(1.2)))
        centre = rng.uniform(0, 1, 2) * frame.shape[1::-1] * scale
    target = rng.uniform(0.1, 0.9, 2) * SIDE
    return _place(rng, resize(frame, scale), centre, target)


def _place(rng, picture, centre, target):
    """Turn around `centre` and shift it to `target`; outside the picture zeros (as padding gives) or its mirror."""
    angle = float(np.clip(rng.normal(0, 10), -25, 25)) if rng.random() < 0.5 else 0.0
    turn = cv2.getRotationMatrix2D(tuple(map(float, centre)), angle, 1.0)
    turn[:, 2] += np.round(target - centre)
    border = cv2.BORDER_CONSTANT if rng.random() < 0.6 else cv2.BORDER_REFLECT_101
    return cv2.warpAffine(picture, turn, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=border)


def _collage(rng, library):
    """Rows of stills, every face near one size; overlaps and cut edges give occluded faces."""
    face = max(16.0, _face_side(rng))
    tiles = []
    for _ in range(rng.integers(4, 9)):
        still, side = library.still(rng)
        tiles.append(resize(still, face * rng.uniform(0.7, 1.4) / side))
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    y = -int(rng.uniform(0, 0.5) * min(t.shape[0] for t in tiles))
    while y < SIDE:
        x, row = -int(rng.uniform(0, 0.5) * tiles[0].shape[1]), []
        while x < SIDE:
            tile = tiles[rng.integers(len(tiles))]
            _paste(canvas, tile, x, y)
            x += int(tile.shape[1] * rng.uniform(0.8, 1.0))
            row.append(tile.shape[0])
        y += int(min(row) * rng.uniform(0.8, 1.0))
    centre = np.full(2, SIDE / 2)
    return _place(rng, canvas, centre, centre) if rng.random() < 0.5 else canvas


def _paste(canvas, tile, x, y):
    tile = tile[max(-y, 0):, max(-x, 0):]
    part = canvas[max(y, 0):max(y, 0) + tile.shape[0], max(x, 0):max(x, 0) + tile.shape[1]]
    part[:] = tile[:part.shape[0], :part.shape[1]]


def _recolour(rng, picture):
    """Brightness, contrast, gamma (now and then a dark scene), colour cast, saturation down to grey."""
    table = np.arange(256, dtype=np.float32) / 255
    if rng.random() < 0.6:
        gamma = np.exp(rng.normal(0, 0.35)) * (2.0 if rng.random() < 0.1 else 1.0)
        table = np.clip((table**gamma - 0.5) * rng.uniform(0.6, 1.3) + 0.5 + rng.normal(0, 0.08), 0, 1)
    casts = rng.uniform(0.85, 1.15, 3) if rng.random() < 0.4 else np.ones(3)
    tables = np.clip(np.outer(table, casts) * 255 + 0.5, 0, 255).astype(np.uint8)
    picture = cv2.LUT(picture, tables.reshape(256, 1, 3))
    draw = rng.random()
    if draw < 0.35:
        share = 0.0 if draw < 0.1 else rng.uniform(0.2, 1.4)
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        picture = cv2.addWeighted(picture, share, grey, 1 - share, 0)
    return picture


def _degrade(rng, picture):
    """Occlusion, blur of lens and motion, lost resolution, noise, JPEG."""
    if rng.random() < 0.15:
        x, y, w, h = (rng.uniform(0, 1, 4) * SIDE * [1, 1, 0.4, 0.4]).astype(int)
        picture[y:y + h, x:x + w] = rng.integers(0, 256, 3)
    if rng.random() < 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 2.0))
    if rng.random() < 0.1:
        picture = cv2.filter2D(picture, -1, _streak(rng))
    if rng.random() < 0.1:
        picture = cv2.resize(resize(picture, rng.uniform(0.4, 0.9)), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(2, 12), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    return picture


def _streak(rng):
    """A motion blur kernel: a line of 3 to 11 px in any direction."""
    length = int(rng.integers(3, 12))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.uniform(0, 180), 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length))
    return kernel / max(kernel.sum(), 1e-6)
