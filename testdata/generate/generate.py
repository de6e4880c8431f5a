"""Make the clips and photos of testdata from two pictures that scikit-image carries (NASA, public domain).

    python testdata/generate/generate.py

Needs ffmpeg with libx264 on the PATH. The same versions of ffmpeg, x264 and the requirements give the same bytes: one
thread, no dates, no library versions in the containers.
"""

import struct
import subprocess
from pathlib import Path

import cv2
import numpy as np
import skimage.data

ROOT = Path(__file__).resolve().parent.parent
CLIPS, PHOTOS = ROOT / "clips", ROOT / "photos"
WIDE, TALL = (640, 360), (360, 640)  # width, height in pixels
RATE = 25  # frames per second
FFMPEG = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y"]

# The inner face of the astronaut's portrait in its 512x512 pixels, by hand: brows, cheeks, chin.
INNER_FACE = np.array([
    (188, 90), (200, 85), (225, 84), (250, 88), (266, 95), (267, 115), (264, 138),
    (254, 158), (240, 171), (225, 176), (208, 170), (194, 156), (186, 138), (184, 115),
])


def main() -> None:
    CLIPS.mkdir(exist_ok=True)
    PHOTOS.mkdir(exist_ok=True)
    portrait = bgr(skimage.data.astronaut())
    stars = bgr(skimage.data.hubble_deep_field())

    encode(CLIPS / "portrait.mp4", pan(lambda t: portrait, 4.0, near, WIDE), WIDE)
    encode(CLIPS / "selfblended.mp4", pan(lambda t: self_blend(portrait, t), 4.0, near, WIDE), WIDE)
    encode(CLIPS / "noface.mp4", pan(lambda t: stars, 2.0, sky, WIDE), WIDE, quality=32)
    variable_rate(CLIPS / "vfr.mp4", pan(lambda t: portrait, 2.0, near, WIDE), WIDE)
    rotated(CLIPS / "rotated.mp4", pan(lambda t: portrait, 1.5, standing, TALL))
    truncated(CLIPS / "truncated.mp4", CLIPS / "portrait.mp4")
    audio_only(CLIPS / "audio-only.m4a")
    photos(portrait)


def bgr(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture[..., ::-1])


# --- camera moves: t in [0, 1] gives the centre of the view and its width, in pixels of the still picture ---

def near(t: float) -> tuple[float, float, float]:
    """From the whole portrait towards the face, which grows from about 105 to 190 pixels of height."""
    return 240 - 14 * t + 10 * np.sin(2 * np.pi * t), 150 - 25 * t, 512 - 230 * t


def standing(t: float) -> tuple[float, float, float]:
    return 225 + 15 * np.sin(2 * np.pi * t), 250, 270 - 20 * t


def sky(t: float) -> tuple[float, float, float]:
    return 450 + 100 * t, 430, 640


def pan(still, seconds: float, move, size):
    """Yield the frames of a camera move over a still picture, which may itself change with time."""
    count = int(seconds * RATE)
    for i in range(count):
        t = i / (count - 1)
        x, y, width = move(t)
        scale = size[0] / width
        view = np.array([[scale, 0, size[0] / 2 - scale * x], [0, scale, size[1] / 2 - scale * y]])
        yield cv2.warpAffine(still(t), view, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def self_blend(portrait: np.ndarray, t: float) -> np.ndarray:
    """Blend a slightly shifted, scaled, smoothed and recoloured copy of the face into itself (self-blended image)."""
    height, width = portrait.shape[:2]
    x, y = INNER_FACE.mean(axis=0)
    scale, wobble = 1.04, 0.8 * np.sin(6 * np.pi * t)
    move = np.array([[scale, 0, x * (1 - scale) + 1.5 + wobble], [0, scale, y * (1 - scale) - 1.0]])
    source = cv2.warpAffine(portrait, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    source = cv2.GaussianBlur(source, (0, 0), 0.9).astype(np.float32)
    source = source * 1.04 + np.array([14, 2, -9], np.float32)  # blue, green, red
    mask = np.zeros((height, width), np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(INNER_FACE), 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), 2.5)[..., None]
    blended = mask * source + (1 - mask) * portrait
    return np.clip(blended + 0.5, 0, 255).astype(np.uint8)


# --- files ---

def encode(path: Path, frames, size, quality: int = 25, rate: float = RATE, filters: str = "null", options=()) -> None:
    """H.264 in MP4, the index in front, as the web serves it."""
    command = FFMPEG + ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{size[0]}x{size[1]}", "-r", str(rate), "-i", "-",
                        "-vf", filters, "-vsync", "vfr", "-c:v", "libx264", "-preset", "slow", "-crf", str(quality),
                        "-pix_fmt", "yuv420p", "-threads", "1", "-map_metadata", "-1", *bitexact(), *options,
                        "-movflags", "+faststart", str(path)]
    subprocess.run(command, input=b"".join(f.tobytes() for f in frames), check=True)


def bitexact() -> list[str]:
    return ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact"]


def variable_rate(path: Path, frames, size) -> None:
    """One second at the full rate, then every fifth frame only, as a phone does in poor light."""
    encode(path, frames, size, filters=f"select='lt(n,{RATE})+not(mod(n,5))'")


def rotated(path: Path, frames) -> None:
    """Stored lying on its side with a display matrix, as phones do: turn it 90 degrees clockwise to see it upright.

    The matrix is written here: the sense of ffmpeg's own option has changed between versions.
    """
    encode(path, (cv2.rotate(f, cv2.ROTATE_90_COUNTERCLOCKWISE) for f in frames), WIDE)
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, track header of version 0
    one = 1 << 16
    struct.pack_into(">9i", data, matrix, 0, one, 0, -one, 0, 0, WIDE[1] * one, 0, 1 << 30)
    path.write_bytes(data)


def truncated(path: Path, whole: Path) -> None:
    """A download that broke off: the index is there, the last third of the pictures is not."""
    data = whole.read_bytes()
    path.write_bytes(data[:len(data) * 2 // 3])


def audio_only(path: Path) -> None:
    subprocess.run(FFMPEG + ["-f", "lavfi", "-i", "sine=frequency=440:duration=1", "-c:a", "aac", "-b:a", "32k",
                             *bitexact(), str(path)], check=True)


def photos(portrait: np.ndarray) -> None:
    """The portrait as a photo, and the same lying on its side with EXIF orientation 6 (turn 90 degrees clockwise)."""
    write_jpeg(PHOTOS / "portrait.jpg", portrait[:420, :400])
    lying = cv2.rotate(portrait[:420, :400], cv2.ROTATE_90_COUNTERCLOCKWISE)
    write_jpeg(PHOTOS / "orientation6.jpg", lying, orientation=6)


def write_jpeg(path: Path, picture: np.ndarray, orientation: int = 0) -> None:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
    data = data.tobytes()
    if orientation:
        entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
        exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
        data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:]
    path.write_bytes(data)


if __name__ == "__main__":
    main()
