"""Self-blended images (after Shiohara and Yamasaki, CVPR 2022): fakes made from one genuine picture alone.

A copy of the picture is changed a little (colour, sharpness, position, or as a small decoder would leave it) and put
back inside a mask drawn from the landmarks. Nothing but the composition tells the two apart. Landmarks are WFLW's 98.
"""

import cv2
import numpy as np

from common.geometry import displaced

CONTOUR, BROWS, NOSE, EYES, MOUTH = slice(0, 33), slice(33, 51), slice(51, 60), slice(60, 76), slice(76, 96)
LEFT_EYE, RIGHT_EYE = np.r_[33:42, 60:68], np.r_[42:51, 68:76]
REGIONS = ("whole", "inner", "lower", "mouth", "eyes", "eye", "nose")
REGION_SHARE = (0.40, 0.20, 0.12, 0.13, 0.07, 0.03, 0.05)

EASY_SHARE = (0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0)


def region_points(points: np.ndarray, region: str, rng) -> np.ndarray:
    """The points whose convex hull is the region."""
    if region == "whole":
        lift = (points[BROWS] - points[NOSE].mean(0)) * rng.uniform(1.15, 1.7) + points[NOSE].mean(0)
        return np.concatenate([points[CONTOUR], lift])
    if region == "inner":
        return np.concatenate([points[BROWS], points[MOUTH], points[EYES]])
    if region == "lower":
        return np.concatenate([points[6:27], points[54:60]])
    if region == "mouth":
        return _grow(points[MOUTH], rng.uniform(1.1, 1.7))
    if region == "eyes":
        return _grow(points[np.r_[33:51, 60:76]], rng.uniform(1.0, 1.2))
    if region == "eye":
        return _grow(points[LEFT_EYE if rng.random() < 0.5 else RIGHT_EYE], rng.uniform(1.0, 1.3))
    return _grow(points[NOSE], rng.uniform(1.1, 1.6))


def _grow(points, factor):
    centre = points.mean(0)
    return (points - centre) * factor + centre


def draw_mask(shape, points, face: float, hard: float, rng) -> np.ndarray:
    """[H, W] float32 in [0, 1]: a bent, eroded or grown, feathered hull of the points. `face` is the box side in px."""
    region = REGIONS[rng.choice(len(REGIONS), p=REGION_SHARE if rng.random() < hard else EASY_SHARE)]
    hull = region_points(points, region, rng) + rng.normal(0, 0.012 * face, 2)
    hull = hull + rng.normal(0, 0.008 * face, hull.shape)
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(hull.astype(np.float32)).astype(np.int32), 1.0)
    if rng.random() < 0.5:
        mask = _bend(mask, face, rng)
    size = max(1, int(face * rng.uniform(0.0, 0.05)))
    if rng.random() < 0.5:
        mask = (cv2.erode if rng.random() < 0.6 else cv2.dilate)(mask, np.ones((size, size), np.uint8))
    return cv2.GaussianBlur(mask, (0, 0), face * float(np.exp(rng.uniform(np.log(0.004), np.log(0.035)))))


def _bend(mask, face, rng):
    """A smooth random deformation of the outline."""
    height, width = mask.shape
    flow = rng.normal(0, 1, (5, 5, 2)).astype(np.float32) * 0.03 * face
    flow = cv2.resize(flow, (width, height), interpolation=cv2.INTER_CUBIC)
    return displaced(mask, flow[..., 0], flow[..., 1], cv2.BORDER_CONSTANT)


def change_colour(image, hard: float, rng) -> np.ndarray:
    """Shifts of colour, brightness, contrast and saturation, the smaller the harder. uint8 -> float32."""
    image, size = image.astype(np.float32), 1.0 - 0.6 * hard
    kind = rng.integers(4)
    if kind == 0:
        image = image + size * rng.uniform(-40, 40, 3).astype(np.float32)
    elif kind == 1:
        image = (image - 128) * float(1 + size * rng.uniform(-0.4, 0.4)) + 128 + float(size * rng.uniform(-35, 35))
    elif kind == 2:
        grey = image.mean(2, keepdims=True)
        image = grey + (image - grey) * float(1 + size * rng.uniform(-0.9, 0.9))
    else:
        image = 255 * np.power(np.clip(image, 0, 255) / 255, float(np.exp(size * rng.uniform(-0.6, 0.6))))
    return np.clip(image, 0, 255)


def change_frequency(image, hard: float, rng) -> np.ndarray:
    """Softer, sharper, coarser, noisier or coded, the less the harder: float32 in, float32 out."""
    height, width = image.shape[:2]
    kind, size = rng.integers(5), 1.0 - 0.5 * hard
    if kind == 0:
        return cv2.GaussianBlur(image, (0, 0), float(size * rng.uniform(0.8, 2.4)))
    if kind == 1:
        return np.clip(image + (image - cv2.GaussianBlur(image, (0, 0), 1.2)) * float(size * rng.uniform(0.8, 2.5)), 0, 255)
    if kind == 2:
        return decode_like(image, hard, rng)
    if kind == 3:
        noise = rng.normal(0, size * rng.uniform(4, 12), (height, width, 1)).astype(np.float32)
        return np.clip(image + noise, 0, 255)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15 + 25 * hard, 50 + 35 * hard))]
    return cv2.imdecode(cv2.imencode(".jpg", image.astype(np.uint8), quality)[1], 1).astype(np.float32)


def decode_like(image, hard: float, rng) -> np.ndarray:
    """What a decoder leaves without being one: through a smaller grid and up again, then crisped."""
    height, width = image.shape[:2]
    factor = float(rng.uniform(2.0 - 0.6 * hard, 4.0 - 1.5 * hard))
    small = cv2.resize(image, (max(8, int(width / factor)), max(8, int(height / factor))), interpolation=cv2.INTER_AREA)
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST)[rng.choice(4, p=(0.4, 0.3, 0.2, 0.1))]
    large = cv2.resize(small, (width, height), interpolation=up)
    if rng.random() < 0.6:
        large = large + (large - cv2.GaussianBlur(large, (0, 0), 1.5)) * float(rng.uniform(0.3, 1.5))
    return np.clip(large, 0, 255)


def move(image, mask, face, rng):
    """The changed copy and its mask, shifted, scaled and turned by a little."""
    height, width = mask.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-2, 2)), float(rng.uniform(0.96, 1.04)))
    matrix[:, 2] += rng.uniform(-0.03, 0.03, 2) * face
    turn = dict(dsize=(width, height), borderMode=cv2.BORDER_REFLECT)
    return cv2.warpAffine(image, matrix, **turn), cv2.warpAffine(mask, matrix, dsize=(width, height))


def self_blend(image: np.ndarray, box, points: np.ndarray, rng, hard: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(genuine, fake, mask): two uint8 pictures that differ inside the mask [H, W] in [0, 1] only. `hard` 0 leaves large, clear
    differences, 1 the subtlest: whoever starts with the subtle ones learns nothing.

    The change goes to the copy or to the base, so that neither look is a clue.
    """
    face = float(max(box[2:]))
    mask = draw_mask(image.shape, points, face, hard, rng)
    base, changed = image.astype(np.float32), image
    colour = rng.random() < 0.8
    if colour:
        changed = change_colour(image, hard, rng)
    if not colour or rng.random() < 0.8:
        changed = change_frequency(changed.astype(np.float32), hard, rng)
    copy = changed.astype(np.float32)
    if rng.random() < 0.4:
        base, copy = copy, base
    copy, mask = move(copy, mask, face, rng)
    if rng.random() < hard:
        mask = mask * float(rng.choice((0.5, 0.75, 1.0), p=(0.2, 0.2, 0.6)))
    fake = copy * mask[..., None] + base * (1 - mask[..., None])
    return base.astype(np.uint8), np.clip(fake + 0.5, 0, 255).astype(np.uint8), mask


def rebuild(image: np.ndarray, rng, hard: float = 1.0) -> np.ndarray:
    """The whole picture as a decoder would leave it: uint8 -> uint8."""
    out = decode_like(image.astype(np.float32), hard, rng)
    if rng.random() < 0.5:
        out = change_colour(out, hard, rng)
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def sharpness(image, box) -> float:
    """Spread of the Laplacian of the grey face over the spread of its brightness: how crisp, whatever the light."""
    x, y, w, h = (int(v) for v in box)
    grey = cv2.cvtColor(image[max(0, y):y + h, max(0, x):x + w], cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std() / (grey.std() + 1))
