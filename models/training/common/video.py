"""Decode clips from the start, never seeking: some of the sources give wrong frames to a reader that seeks."""

import cv2


def count_frames(path: str) -> int:
    """Number of frames that can really be decoded (containers lie about it)."""
    capture, frames = _open(path), 0
    while capture.grab():
        frames += 1
    capture.release()
    return frames


def spread_frames(path: str, wanted: int, longest: int = 1500):
    """Yield (index, BGR frame) for at most `wanted` frames spread evenly over the first `longest` frames."""
    total = min(count_frames(path), longest)
    picks = {int((i + 0.5) * total / wanted) for i in range(wanted)} if total > wanted else set(range(total))
    capture = _open(path)
    for index in range(total):
        if not capture.grab():
            break
        if index in picks:
            ok, frame = capture.retrieve()
            if ok:
                yield index, frame
    capture.release()


def _open(path: str) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise ValueError(f"{path}: cannot be decoded")
    return capture
