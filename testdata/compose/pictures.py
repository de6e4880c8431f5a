"""Reading clips at one frame rate, finding their faces, and writing clips that are the same on every run."""

import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

RATE = 10  # frames per second of everything composed but crossings: twice what is sampled by default
DETECTOR = Path(__file__).resolve().parents[2] / "models" / "face" / "face.onnx"
LONGEST = 960  # pixels; larger pictures are shrunk as they are read
FFMPEG = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"]


@dataclass(frozen=True)
class Clip:
    path: Path
    fake: bool
    method: str
    group: str

    def pictures(self, seconds: float = 1e9, rate: int = RATE):
        """The pictures at a rate, decoded from the start by one thread; none is larger than LONGEST."""
        scale = f"scale='min({LONGEST},iw)':'min({LONGEST},ih)':force_original_aspect_ratio=decrease:flags=area"
        command = [*FFMPEG, "-threads", "1", "-i", str(self.path), "-an", "-t", str(seconds), "-vf", f"fps={rate},{scale}", "-c:v", "ppm", "-f", "image2pipe", "-"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            try:
                while (picture := portable(process.stdout)) is not None:
                    yield picture
            finally:
                process.kill()  # the caller may want no more

    def tiles(self, side: int, scale: float, seconds: float, rate: int = RATE):
        """Squares around the largest face, scale times as wide as it, that follow its median place."""
        x, y, w, h = faces(self)
        half = scale * max(w, h) / 2
        left, top = round(x + w / 2 - half), round(y + h / 2 - half)
        for picture in self.pictures(seconds, rate):
            yield cv2.resize(cut(picture, left, top, round(2 * half)), (side, side), interpolation=cv2.INTER_AREA)


def portable(stream) -> np.ndarray | None:
    """The next picture of a stream of portable pixmaps, in BGR; None at its end."""
    if stream.readline() == b"":
        return None
    width, height = map(int, stream.readline().split())
    stream.readline()  # the largest value: 255
    return np.frombuffer(stream.read(3 * width * height), np.uint8).reshape(height, width, 3)[..., ::-1]


def cut(picture: np.ndarray, left: int, top: int, side: int) -> np.ndarray:
    """A square of the picture, which goes on beyond its border as its rim."""
    height, width = picture.shape[:2]
    rim = max(0, -left, -top, left + side - width, top + side - height)
    wide = cv2.copyMakeBorder(picture, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    return wide[top + rim : top + rim + side, left + rim : left + rim + side]


def fit(picture: np.ndarray, canvas: tuple[int, int], like: np.ndarray | None = None) -> np.ndarray:
    """The picture as large as the canvas allows, in its middle; like is another one whose size it takes on first."""
    if like is not None and picture.shape != like.shape:
        picture = cv2.resize(picture, (like.shape[1], like.shape[0]), interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    scale = min(canvas[0] / width, canvas[1] / height)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (canvas[1] - small.shape[0]) // 2, (canvas[0] - small.shape[1]) // 2
    out = np.zeros((canvas[1], canvas[0], 3), np.uint8)
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


def to_and_fro(i: int, n: int) -> int:
    """The i-th picture of n that are played forwards, backwards, forwards…"""
    k = i % max(1, 2 * (n - 1))
    return k if k < n else 2 * (n - 1) - k


def side_by_side(rows: list):
    for tiles in zip(*rows):
        yield np.hstack(tiles)


@functools.cache
def detector() -> onnxruntime.InferenceSession:
    one = onnxruntime.SessionOptions()
    one.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(DETECTOR), one, providers=["CPUExecutionProvider"])


@functools.cache
def faces(clip: Clip) -> tuple[float, float, float, float] | None:
    """The median box x, y, w, h of the surest face over the clip's first seconds; None without a face in most pictures."""
    found = []
    looked = 0
    for picture in clip.pictures(4, rate=2):
        looked += 1
        box = surest(picture)
        if box is not None:
            found.append(box)
    if len(found) < max(1, looked * 0.6):
        return None
    return tuple(np.median(np.array(found), axis=0))


def surest(picture: np.ndarray):
    height, width = picture.shape[:2]
    scale = min(1, 640 / max(height, width))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    padded = np.zeros((-(-small.shape[0] // 32) * 32, -(-small.shape[1] // 32) * 32, 3), np.uint8)
    padded[: small.shape[0], : small.shape[1]] = small
    boxes, scores = detector().run(["boxes", "scores"], {"image": padded[None]})
    best = int(np.argmax(scores[0]))
    if scores[0][best] < 0.7:
        return None
    x1, y1, x2, y2 = boxes[0][best] / scale
    return x1, y1, x2 - x1, y2 - y1


def write(path: Path, pictures, rate: int = RATE) -> None:
    """Encodes pictures of one size: H.264, one thread, no dates or versions."""
    process = None
    for picture in pictures:
        if process is None:
            height, width = picture.shape[:2]
            process = subprocess.Popen([
                *FFMPEG, "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(rate),
                "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-threads", "1", "-pix_fmt", "yuv420p",
                "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart", str(path),
            ], stdin=subprocess.PIPE)
        process.stdin.write(np.ascontiguousarray(picture).tobytes())
    if process is None:
        raise ValueError(f"no picture for {path}")
    process.stdin.close()
    if process.wait() != 0:
        raise RuntimeError(f"ffmpeg failed on {path}")
