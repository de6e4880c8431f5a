"""The baseline without skill: logistic regression on what needs no look at the face. What it reaches says how far the held-out clips
betray themselves by resolution, bitrate, sharpness, blockiness and face size alone."""

import os

import cv2
import numpy as np
from scipy.optimize import minimize

from classifier import metrics
from classifier.shards import Crops


def features(file: str, crops: Crops, clip: str, views: np.ndarray) -> list[float]:
    """[log pixels of a frame, log bits per second, log bits per pixel, log sharpness, blockiness, log face px] of one clip; `views`
    [n, s, s, 3] are its face crops at one size."""
    capture = cv2.VideoCapture(file, cv2.CAP_FFMPEG)
    width, height, count, rate = (capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT,
                                                           cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FPS))
    capture.release()
    bits, pixels = 8 * os.path.getsize(file), max(width * height, 1)
    count, rate = max(count, 1), rate if 1 <= rate <= 240 else 25
    grey = np.stack([cv2.cvtColor(v, cv2.COLOR_BGR2GRAY) for v in views]).astype(np.float32)
    sharp = np.mean([cv2.Laplacian(g, cv2.CV_32F).var() for g in grey])
    face = np.median([max(crops.boxes[i][2:]) for i, row in enumerate(crops.rows) if row["source"] == clip])
    return [np.log(pixels), np.log(bits / count * rate), np.log(bits / count / pixels), np.log(sharp + 1), blockiness(file), np.log(face)]


def blockiness(file: str, frames: int = 8) -> float:
    """Mean step across the borders of 8 px blocks over the mean step anywhere, of the first frames."""
    capture, values = cv2.VideoCapture(file, cv2.CAP_FFMPEG), []
    for _ in range(frames):
        ok, frame = capture.read()
        if not ok:
            break
        steps = np.abs(np.diff(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32), axis=1)).mean(0)
        values.append(steps[7::8].mean() / (steps.mean() + 1e-6))
    capture.release()
    return float(np.mean(values)) if values else 1.0


def fitted(x: np.ndarray, y: np.ndarray, ridge: float = 0.05):
    """Logistic regression on standardised features, classes balanced: a function from features to scores."""
    mean, spread, weights = x.mean(0), x.std(0) + 1e-6, metrics.balance(y)

    def standard(v):
        return np.c_[(v - mean) / spread, np.ones(len(v))]
    inputs = standard(x)

    def cost(w):
        z = inputs @ w
        return (weights * (np.logaddexp(0, z) - y * z)).sum() + ridge * (w[:-1] ** 2).sum()
    found = minimize(cost, np.zeros(inputs.shape[1])).x
    return lambda v: standard(v) @ found


def out_of_fold(x: np.ndarray, y: np.ndarray, groups) -> np.ndarray:
    """Scores of the same clips, each by a fit that has not seen its group."""
    groups, out = np.array(groups), np.zeros(len(y))
    for group in set(groups):
        rest = groups != group
        out[~rest] = fitted(x[rest], y[rest])(x[~rest])
    return out
