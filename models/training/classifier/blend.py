"""Self-blended images (after Shiohara and Yamasaki, CVPR 2022): fakes made from one genuine picture alone.

A copy of the picture is changed a little (colour, sharpness, position, or as a small decoder would leave it) and put
back inside a mask drawn from the landmarks. Nothing but the composition tells the two apart. Landmarks are WFLW's 98.
"""

import cv2
import numpy as np

CONTOUR, BROWS, NOSE, EYES, MOUTH = slice(0, 33), slice(33, 51), slice(51, 60), slice(60, 76), slice(76, 96)
LEFT_EYE, RIGHT_EYE = np.r_[33:42, 60:68], np.r_[42:51, 68:76]
REGIONS = ("whole", "inner", "lower", "mouth", "eyes", "eye", "nose")
REGION_SHARE = (0.34, 0.20, 0.12, 0.15, 0.09, 0.04, 0.06)


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


def draw_mask(shape, points, face: float, rng) -> np.ndarray:
    """[H, W] float32 in [0, 1]: a bent, eroded or grown, feathered hull of the points. `face` is the box side in px."""
    region = REGIONS[rng.choice(len(REGIONS), p=REGION_SHARE)]
    hull = region_points(points, region, rng) + rng.normal(0, 0.012 * face, 2)
    hull = hull + rng.normal(0, 0.008 * face, hull.shape)
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(hull.astype(np.float32)).astype(np.int32), 1.0)
    if rng.random() < 0.5:
        mask = _bend(mask, face, rng)
    size = max(1, int(face * rng.uniform(0.0, 0.05)))
    if rng.random() < 0.5:
        mask = (cv2.erode if rng.random() < 0.6 else cv2.dilate)(mask, np.ones((size, size), np.uint8))
    return cv2.GaussianBlur(mask, (0, 0), face * float(np.exp(rng.uniform(np.log(0.004), np.log(0.06)))))


def _bend(mask, face, rng):
    """A smooth random deformation of the outline."""
    height, width = mask.shape
    flow = rng.normal(0, 1, (5, 5, 2)).astype(np.float32) * 0.03 * face
    flow = cv2.resize(flow, (width, height), interpolation=cv2.INTER_CUBIC)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(mask, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)


def change_colour(image, rng) -> np.ndarray:
    """Small shifts of colour, brightness, contrast and saturation. uint8 -> float32."""
    image = image.astype(np.float32)
    kind = rng.integers(4)
    if kind == 0:
        image = image + rng.uniform(-18, 18, 3).astype(np.float32)
    elif kind == 1:
        image = (image - 128) * float(rng.uniform(0.85, 1.15)) + 128 + float(rng.uniform(-14, 14))
    elif kind == 2:
        grey = image.mean(2, keepdims=True)
        image = grey + (image - grey) * float(rng.uniform(0.55, 1.4))
    else:
        image = 255 * np.power(np.clip(image, 0, 255) / 255, float(rng.uniform(0.8, 1.25)))
    return np.clip(image, 0, 255)


def change_frequency(image, rng) -> np.ndarray:
    """Softer, sharper, coarser or noisier: float32 in, float32 out."""
    height, width = image.shape[:2]
    kind = rng.integers(5)
    if kind == 0:
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6)))
    if kind == 1:
        return np.clip(image + (image - cv2.GaussianBlur(image, (0, 0), 1.2)) * float(rng.uniform(0.4, 1.6)), 0, 255)
    if kind == 2:
        return decode_like(image, rng)
    if kind == 3:
        noise = rng.normal(0, rng.uniform(1.5, 6), (height, width, 1)).astype(np.float32)
        return np.clip(image + noise, 0, 255)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 85))]
    return cv2.imdecode(cv2.imencode(".jpg", image.astype(np.uint8), quality)[1], 1).astype(np.float32)


def decode_like(image, rng) -> np.ndarray:
    """What a decoder leaves without being one: through a smaller grid and up again, then crisped."""
    height, width = image.shape[:2]
    factor = float(rng.uniform(1.3, 3.0))
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


def self_blend(image: np.ndarray, box, points: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(genuine, fake, mask): two uint8 pictures that differ inside the mask [H, W] in [0, 1] only.

    The change goes to the copy or to the base, so that neither look is a clue.
    """
    face = float(max(box[2:]))
    mask = draw_mask(image.shape, points, face, rng)
    base, copy = image.astype(np.float32), image.astype(np.float32)
    changed = image
    if rng.random() < 0.85:
        changed = change_colour(image, rng)
    if rng.random() < 0.65:
        changed = change_frequency(changed.astype(np.float32), rng)
    if rng.random() < 0.6:
        copy = changed.astype(np.float32)
    else:
        base = changed.astype(np.float32)
        copy = image.astype(np.float32)
    copy, mask = move(copy, mask, face, rng)
    mask = mask * float(rng.choice((0.4, 0.6, 0.8, 1.0), p=(0.1, 0.1, 0.2, 0.6)))
    fake = copy * mask[..., None] + base * (1 - mask[..., None])
    return base.astype(np.uint8), np.clip(fake + 0.5, 0, 255).astype(np.uint8), mask


def rebuild(image: np.ndarray, rng) -> np.ndarray:
    """The whole picture as a decoder would leave it: uint8 -> uint8."""
    out = decode_like(image.astype(np.float32), rng)
    if rng.random() < 0.5:
        out = change_colour(out, rng)
    return np.clip(out + 0.5, 0, 255).astype(np.uint8)
