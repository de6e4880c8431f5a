"""Geometry shared with the Go program: how a picture is fitted to the detector and how a face is cut for the classifier.

Both sides must do exactly the same, or the scores drift apart. Boxes are (x, y, w, h) in frame pixels, floats.
"""

import math

import cv2
import numpy as np


def crop_square(box, scale: float) -> tuple[int, int, int]:
    """(x0, y0, side) of the square crop around a face box: side = round half up of scale * max(w, h), at least 8 px."""
    x, y, w, h = (float(v) for v in box)
    side = max(8, math.floor(scale * max(w, h) + 0.5))
    return math.floor(x + w / 2 - side / 2 + 0.5), math.floor(y + h / 2 - side / 2 + 0.5), side


def cut(image: np.ndarray, x0: int, y0: int, side: int) -> np.ndarray:
    """The square [x0, x0+side) x [y0, y0+side); what lies outside the picture repeats its border."""
    height, width = image.shape[:2]
    left, top = max(0, -x0), max(0, -y0)
    right, bottom = max(0, x0 + side - width), max(0, y0 + side - height)
    if left >= side or top >= side or right >= side or bottom >= side:
        raise ValueError(f"crop ({x0}, {y0}, {side}) lies outside the {width}x{height} picture")
    inner = image[y0 + top:y0 + side - bottom, x0 + left:x0 + side - right]
    if left or top or right or bottom:
        inner = cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return inner


def resize_square(crop: np.ndarray, size: int) -> np.ndarray:
    """Bring a square crop to the model's size: area averaging when it shrinks, bilinear otherwise."""
    side = crop.shape[0]
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(crop, (size, size), interpolation=method)


def face_crop(image: np.ndarray, box, scale: float, size: int) -> np.ndarray:
    """The classifier's input for one face: [size, size, 3] uint8, colour order as in `image`."""
    return resize_square(cut(image, *crop_square(box, scale)), size)


def displaced(image: np.ndarray, x, y, border: int = cv2.BORDER_REFLECT) -> np.ndarray:
    """The picture whose every pixel comes from `x`, `y` [H, W] px beside its place."""
    height, width = image.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(image, columns + x, rows + y, cv2.INTER_LINEAR, borderMode=border)


def letterbox(image: np.ndarray, long_side: int, multiple: int = 32, least: int = 256) -> tuple[np.ndarray, float]:
    """Fit a picture for a detector: (padded picture, scale). Divide found coordinates by the scale.

    Shrinks to `long_side` (area averaging), enlarges (bilinear) only pictures whose long side is below `least`;
    the picture sits at the top left, zeros fill up to multiples of `multiple`.
    """
    height, width = image.shape[:2]
    longest = max(height, width)
    scale = min(max(longest, least), long_side) / longest
    if scale != 1:
        size = (max(1, math.floor(width * scale + 0.5)), max(1, math.floor(height * scale + 0.5)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    height, width = image.shape[:2]
    padded = np.zeros((-(-height // multiple) * multiple, -(-width // multiple) * multiple, 3), np.uint8)
    padded[:height, :width] = image
    return padded, scale


def iou(a, b) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    inter = width * height
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)
