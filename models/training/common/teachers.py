"""The public networks that label and check: YuNet finds faces, PFLD marks 98 points on them, Ultra-Light finds faces once more.

They are used as teachers only; their weights are read from their repositories and never shipped.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import onnxruntime

from .geometry import crop_square, cut, iou, letterbox, resize_square
from .mirror import Mirror

YUNET = ("ShiqiYu/libfacedetection.train", "0047ac24afb1", "onnx/yunet_n_dynamic.onnx")
PFLD = ("AnthonyF333/PFLD_GhostOne", "7061b5649ffd", "onnx_models/PFLD_GhostOne_112_1_opt_sim.onnx")
ULTRA_LIGHT = ("Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB", "dffdddda9794", "models/onnx/version-RFB-640.onnx")
STRIDES = (8, 16, 32)
PFLD_SCALE, PFLD_SIZE = 1.1, 112
ULTRA_WIDTH, ULTRA_HEIGHT = 640, 480


@dataclass
class Face:
    """One face in frame pixels: box (x, y, w, h), score in [0, 1], five points [5, 2]
    (right eye, left eye, nose, right and left corner of the mouth)."""

    box: np.ndarray
    score: float
    points: np.ndarray


def open_teacher(source: tuple[str, str, str], threads: int = 1) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session over a network read from its repository."""
    repo, commit, path = source
    with Mirror(repo, commit) as mirror:
        data = mirror.read(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


class YuNet:
    """Face detector. `raw` gives every anchor's decoded answer, `detect` the faces left after suppression."""

    def __init__(self, threads: int = 1):
        self._session = open_teacher(YUNET, threads)
        self._names = [o.name for o in self._session.get_outputs()]

    def raw(self, padded: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For a [H, W, 3] BGR uint8 picture with H, W multiples of 32: boxes [K, 4] as x1 y1 x2 y2,
        scores [K], points [K, 10], in its pixels; anchors by stride 8, 16, 32, row by row."""
        blob = padded.transpose(2, 0, 1)[None].astype(np.float32)
        out = dict(zip(self._names, self._session.run(None, {"input": blob})))
        parts = [_decode(out, stride, *padded.shape[:2]) for stride in STRIDES]
        return tuple(np.concatenate(column) for column in zip(*parts))

    def detect(self, image: np.ndarray, long_side: int = 640, score: float = 0.6, nms: float = 0.3) -> list[Face]:
        """Faces of a BGR picture, best first, in its own pixels."""
        padded, scale = letterbox(image, long_side)
        boxes, scores, points = self.raw(padded)
        keep = suppress(boxes, scores, score, nms)
        boxes, points = boxes[keep] / scale, points[keep] / scale
        return [Face(np.array([b[0], b[1], b[2] - b[0], b[3] - b[1]]), float(s), p.reshape(5, 2))
                for b, s, p in zip(boxes, scores[keep], points)]


def followed(faces: list[Face], last) -> Face:
    """The face to go on with: the largest of those that overlap the box `last` of the frame before, or else the largest."""
    return max(faces, key=lambda f: (last is not None and iou(f.box, last) > 0.2, f.box[2] * f.box[3]))


def _decode(out, stride, height, width):
    rows, cols = height // stride, width // stride
    grid = np.stack(np.meshgrid(np.arange(cols), np.arange(rows)), -1).reshape(-1, 2).astype(np.float32)
    cls, obj, bbox, kps = (out[f"{name}_{stride}"][0] for name in ("cls", "obj", "bbox", "kps"))
    score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    centre, half = (bbox[:, :2] + grid) * stride, np.exp(bbox[:, 2:]) * stride / 2
    points = ((kps.reshape(-1, 5, 2) + grid[:, None]) * stride).reshape(-1, 10)
    return np.concatenate([centre - half, centre + half], 1), score, points


def suppress(boxes: np.ndarray, scores: np.ndarray, threshold: float, overlap: float) -> np.ndarray:
    """Greedy non-maximum suppression: indices kept, best score first, ties by index. Boxes are x1 y1 x2 y2."""
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] >= threshold]
    area = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), 1)
    kept = []
    while order:
        first, rest = order[0], np.array(order[1:], int)
        kept.append(first)
        low = np.maximum(boxes[first, :2], boxes[rest, :2])
        high = np.minimum(boxes[first, 2:], boxes[rest, 2:])
        inter = np.prod(np.maximum(high - low, 0), 1)
        order = list(rest[inter <= overlap * (area[first] + area[rest] - inter)])
    return np.array(kept, int)


class Pfld:
    """98 landmarks (WFLW order) of a face box."""

    def __init__(self, threads: int = 1):
        self._session = open_teacher(PFLD, threads)

    def landmarks(self, image: np.ndarray, box) -> np.ndarray:
        """[98, 2] points in the pixels of the BGR picture."""
        x0, y0, side = crop_square(box, PFLD_SCALE)
        crop = resize_square(cut(image, x0, y0, side), PFLD_SIZE)[:, :, ::-1]
        blob = crop.transpose(2, 0, 1)[None].astype(np.float32) / 255
        points = self._session.run(None, {"input": blob})[0].reshape(98, 2)
        return points * side + (x0, y0)


class UltraLight:
    """A face detector of other making than YuNet, to check against: boxes only. Its own programs take scores above 0.7
    and squeeze every picture to 640x480. Here the picture keeps its shape and is padded, or faces of wide clips are missed."""

    def __init__(self, threads: int = 1):
        self._session = open_teacher(ULTRA_LIGHT, threads)

    def raw(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For a BGR uint8 picture of any size: boxes [K, 4] as x1 y1 x2 y2 in its pixels, scores [K], of all anchors."""
        height, width = image.shape[:2]
        scale = min(ULTRA_WIDTH / width, ULTRA_HEIGHT / height)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        padded = np.zeros((ULTRA_HEIGHT, ULTRA_WIDTH, 3), np.uint8)
        padded[:size[1], :size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        blob = (padded[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) - 127) / 128
        scores, boxes = self._session.run(["scores", "boxes"], {"input": blob})
        unit = np.array([ULTRA_WIDTH, ULTRA_HEIGHT] * 2, np.float32) / np.float32(scale)
        return boxes[0] * unit, scores[0, :, 1]
