"""What the way through cameras, editors and platforms does to a picture, applied to genuine and fake alike.

A `Degradation` is drawn once and applied to both pictures of a pair, so that compression, size, noise and sharpness
never tell the classes apart.
"""

import io

import cv2
import numpy as np

from common.geometry import displaced

try:
    import av
except ImportError:  # optional: WebP, VP8's intra coding, stands in for it
    av = None

RESAMPLE = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


class Degradation:
    """One drawn chain: shrink, codec, noise, sharpening, grey, codec again. Deterministic once drawn."""

    def __init__(self, rng, face_px: float, strength: float = 1.0, least_px: float = 44.0):
        """`face_px` is the face's side in the picture; it is never shrunk below `least_px`. `strength` 0 does next to
        nothing, 1 is the worst of social video: what is never seen clearly is never learnt."""
        self.seed = int(rng.integers(1 << 31))
        self.shrink = 1.0
        if rng.random() < 0.55 * strength and face_px > least_px:
            self.shrink = float(np.exp(rng.uniform(np.log(least_px / face_px), 0)))
        self.down, self.up = RESAMPLE[rng.integers(3)], RESAMPLE[1 + rng.integers(2)]
        self.back = rng.random() < 0.5  # enlarged again before the codec, as platforms do
        self.codec = _codec(rng, strength) if rng.random() < 0.3 + 0.5 * strength else None
        self.again = _codec(rng, strength) if rng.random() < 0.25 * strength else None
        self.noise = float(rng.uniform(0.5, 6)) if rng.random() < 0.15 * strength else 0.0
        self.sharpen = float(rng.uniform(0.2, 1.2)) if rng.random() < 0.15 * strength else 0.0
        self.blur = float(rng.uniform(0.3, 1.2)) if rng.random() < 0.15 * strength else 0.0
        self.grey = rng.random() < 0.05
        self.light = (float(rng.uniform(0.6, 1.3)), float(rng.uniform(-30, 30))) if rng.random() < 0.6 else None

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """The degraded picture; its size may differ."""
        height, width = image.shape[:2]
        if self.shrink < 1:
            size = (max(24, round(width * self.shrink)), max(24, round(height * self.shrink)))
            image = cv2.resize(image, size, interpolation=self.down)
            if self.back:
                image = cv2.resize(image, (width, height), interpolation=self.up)
        if self.blur:
            image = cv2.GaussianBlur(image, (0, 0), self.blur)
        if self.noise or self.light:
            image = self._expose(image)
        if self.codec:
            image = self.codec(image)
        if self.sharpen:
            image = cv2.addWeighted(image, 1 + self.sharpen, cv2.GaussianBlur(image, (0, 0), 1.0), -self.sharpen, 0)
        if self.grey:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        return self.again(image) if self.again else image

    def _expose(self, image):
        image = image.astype(np.float32)
        if self.light:
            image = image * self.light[0] + self.light[1]
        if self.noise:
            image = image + np.random.default_rng(self.seed).normal(0, self.noise, image.shape).astype(np.float32)
        return np.clip(image, 0, 255).astype(np.uint8)


def _codec(rng, strength):
    """H.264, JPEG, WebP or a coarse, deblocked JPEG."""
    least = int(90 - 65 * strength)
    kind, quality = rng.choice(4, p=(0.2, 0.1, 0.1, 0.6)), int(rng.integers(least, 97))
    factor, seed = int(rng.integers(18, 24 + int(16 * strength))), int(rng.integers(1 << 31))
    if kind == 3 and av:
        return lambda image: video(image, factor, seed)
    if kind == 0:
        return lambda image: _code(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])
    if kind == 1:
        return lambda image: _code(image, ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality])
    coarse = int(rng.integers(max(18, least - 15), max(60, least + 5)))
    return lambda image: cv2.medianBlur(_code(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, coarse]), 3)


def _code(image, suffix, options):
    return cv2.imdecode(cv2.imencode(suffix, image, options)[1], cv2.IMREAD_COLOR)


def video(image, factor: int, seed: int) -> np.ndarray:
    """The picture as the last frame of an H.264 clip at CRF `factor`, after two frames in which a part of it, a mouth or a hand, moved
    towards where it is now: what moves is coded more coarsely than what stands still, in genuine clips as in others."""
    height, width = (v // 2 * 2 for v in image.shape[:2])
    image, data = np.ascontiguousarray(image[:height, :width]), io.BytesIO()
    with av.open(data, "w", format="h264") as out:
        stream = out.add_stream("libx264", rate=25, width=width, height=height, pix_fmt="yuv420p")
        stream.options = {"crf": str(factor), "preset": "veryfast", "tune": "zerolatency", "threads": "1"}
        x, y = movement(height, width, np.random.default_rng(seed))
        for share in (1.0, 0.5, 0.0):
            frame = displaced(image, x * share, y * share) if share else image
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        out.mux(stream.encode())
    data.seek(0)
    with av.open(data, "r", format="h264") as coded:
        coded.streams.video[0].codec_context.thread_count = 1  # a thread per core and picture would be too many beside the other workers
        return [frame.to_ndarray(format="bgr24") for frame in coded.decode(video=0)][-1]


def movement(height: int, width: int, rng):
    """Where each pixel came from, as two [height, width] shifts in px: now and then of the whole picture, and of one round part of it."""
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    radius = rng.uniform(0.08, 0.3) * width
    there = np.exp(-((x - rng.uniform(0.25, 0.75) * width) ** 2 + (y - rng.uniform(0.25, 0.85) * height) ** 2) / (2 * radius ** 2))
    part = rng.normal(0, 0.015 * width, 2)
    whole = rng.normal(0, 1.5, 2) * (rng.random() < 0.5)
    return tuple((there * part[i] + whole[i]).astype(np.float32) for i in range(2))
