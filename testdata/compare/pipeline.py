#!/usr/bin/env python3
"""The pipeline that one would otherwise write in an afternoon, beside blendscope: the same clips, the same sampling, the
same two networks, the same crops; frame by frame, with OpenCV, ONNX Runtime and, with --torch, PyTorch in the place of
ONNX Runtime for the classifier. Prints the rates of all in one run, and by how much the faces' scores differ.

    lib/venv/bin/python testdata/compare/pipeline.py --torch clip.mp4     # 5 frames of each second
    lib/venv/bin/python testdata/compare/pipeline.py --all-frames clip.mp4  # every frame

`make setup-training` makes lib/venv. Its OpenCV is the system's, which the program uses, too: another version converts
colours a little differently, and logits then differ by some tenths. Ends with 1 when scores differ by more than
--tolerance. Imports, the loading of networks and one warm-up run are outside all clocks.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models" / "training"))
from common.geometry import face_crop, iou, letterbox  # noqa: E402: what training does is what the program must do

SLACK = 0.0015  # seconds by which a container may round a timestamp down; see frames/sampling.go


def manifest(name: str) -> dict:
    return json.loads((ROOT / "models" / name / "manifest.json").read_text())


def session(name: str):
    """A session as one gets it without asking for anything."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(ROOT / "models" / name / manifest(name)["file"]), options, providers=["CPUExecutionProvider"])


class Detector:
    def __init__(self, name: str):
        self.session, settings = session(name), manifest(name)
        self.threshold, self.overlap = settings["thresholds"]["score"], settings["thresholds"]["nms_iou"]
        self.input = settings["input"]

    def __call__(self, frame: np.ndarray) -> list[tuple]:
        """Boxes (x, y, w, h) in frame pixels, the best first."""
        height, width = frame.shape[:2]
        picture, scale = letterbox(frame, self.input["long_side"], self.input["multiple_of"])
        boxes, scores = self.session.run(["boxes", "scores"], {self.input["name"]: picture[None]})
        kept = []
        for k in sorted(np.flatnonzero(scores[0] >= self.threshold), key=lambda k: -scores[0, k]):
            x1, y1, x2, y2 = boxes[0, k]
            box = (x1, y1, x2 - x1, y2 - y1)
            if all(iou(box, other) <= self.overlap for other in kept):
                kept.append(box)
        kept = [tuple(float(v) / scale for v in box) for box in kept]
        return [(x, y, w, h) for x, y, w, h in kept if w >= 1 and h >= 1 and x < width and y < height and x + w > 0 and y + h > 0]


class Runtime:
    """The classifier in ONNX Runtime."""

    def __init__(self, name: str):
        self.session, self.input = session(name), manifest(name)["input"]

    def __call__(self, crop: np.ndarray) -> float:
        return float(self.session.run(["logit"], {self.input["name"]: crop[None]})[0].ravel()[0])


def sampled(path: str, fps: float, seconds: float):
    """(index, frame) of the first frame of each 1/fps seconds; of all frames when fps is 0."""
    capture, last, index = cv2.VideoCapture(path, cv2.CAP_FFMPEG), None, -1
    if not capture.isOpened():
        sys.exit(f"error: {path} can not be opened")
    while capture.grab():
        index += 1
        at = max(0.0, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if seconds and at > seconds:
            break
        if fps:
            slot = math.floor((at + SLACK) * fps)
            if last is not None and slot <= last:
                continue
            last = slot
        good, frame = capture.retrieve()
        if good:
            yield index, frame
    capture.release()


def python(path: str, fps: float, seconds: float, detect, classify, scale: float, size: int, most: int):
    """The pipeline: {frame: [(box, logit)]} and the seconds it took."""
    faces, started = {}, time.perf_counter()
    for index, frame in sampled(path, fps, seconds):
        found = sorted(detect(frame), key=lambda box: -box[2] * box[3])[:most]
        faces[index] = [(box, classify(face_crop(frame, box, scale, size))) for box in found]
    return faces, time.perf_counter() - started


def blendscope(program: str, path: str, fps: float, seconds: float, every: bool):
    """The same from blendscope: its faces, and the seconds it says it took."""
    command = [program, "scan", "-q", "--timeline", "--format", "json", "--device", "cpu"]
    command += ["--fps", str(fps)] if fps else ["--all-frames"]
    command += ["--max-duration", f"{seconds}s"] if seconds else []
    done = subprocess.run(command + (["--detect-all"] if every else []) + [path], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"error: {program} ended with {done.returncode}: {done.stderr.strip()}")
    result = json.loads(done.stdout)[0]
    faces = {m["frame"]: [(f["box"], f["logit"]) for f in m["faces"] if "logit" in f] for m in result["timeline"]}
    return faces, result["timing"]["total_ms"] / 1000


def differences(ours: dict, theirs: dict) -> tuple[list[float], int]:
    """Of the logits of faces in the same place, and the number of faces only one side has."""
    differ, alone = [], 0
    for index in ours.keys() | theirs.keys():
        rest = list(theirs.get(index, []))
        for box, logit in ours.get(index, []):
            best = max(rest, key=lambda other: iou(box, other[0]), default=None)
            if best is None or iou(box, best[0]) < 0.5:
                alone += 1
                continue
            rest.remove(best)
            differ.append(abs(logit - best[1]))
        alone += len(rest)
    return differ, alone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+")
    parser.add_argument("--program", default=str(ROOT / "bin" / "blendscope"))
    parser.add_argument("--fps", type=float, default=5)
    parser.add_argument("--all-frames", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--max-duration", type=float, default=0, help="seconds of each clip; 0: all")
    parser.add_argument("--torch", action="store_true", help="the classifier in PyTorch, too")
    parser.add_argument("--tolerance", type=float, default=0.01, help="most that scores may differ by")
    options = parser.parse_args()
    fps, seconds = 0 if options.all_frames else options.fps, options.max_duration

    settings = manifest("standard")
    scale, size = settings["input"]["crop_scale"], settings["input"]["width"]
    calibration = settings.get("calibration") or {"a": 1.0, "b": 0.0}
    detect, classifiers = Detector("face"), {"OpenCV + ONNX Runtime": Runtime("standard")}
    if options.torch:
        from torchgraph import Graph
        classifiers["OpenCV + ONNX Runtime + PyTorch"] = Graph(ROOT / "models" / "standard" / settings["file"])
    for classify in classifiers.values():
        classify(np.zeros((size, size, 3), np.uint8))

    worst = 0.0
    for clip in options.clips:
        times, faces = {}, {}
        for _ in range(options.runs):  # in turn, so that all see the same machine
            runs = {"blendscope": lambda: blendscope(options.program, clip, fps, seconds, False),
                    "blendscope, all looked at": lambda: blendscope(options.program, clip, fps, seconds, True)}
            runs |= {name: lambda c=c: python(clip, fps, seconds, detect, c, scale, size, 8) for name, c in classifiers.items()}
            for name, run in runs.items():
                if not fps or name != "blendscope, all looked at":  # only close frames are not all looked at
                    faces[name], took = run()
                    times.setdefault(name, []).append(took)
        theirs = faces["OpenCV + ONNX Runtime"]
        base = float(np.median(times["OpenCV + ONNX Runtime"]))
        print(f"{Path(clip).name}: {len(theirs)} frames, {sum(map(len, theirs.values()))} faces; median of {options.runs} runs")
        for name, took in times.items():
            middle = float(np.median(took))
            line = f"  {name:32s} {len(faces[name]) / middle:7.1f} frames/s  {base / middle:5.2f} x"
            if name != "OpenCV + ONNX Runtime":
                differ, alone = differences(faces[name], theirs)
                logit = max(differ, default=0.0)
                # A face's score is the logistic function of a * logit + b, which is steepest in the middle.
                score = calibration["a"] * logit / 4
                line += f"  scores differ by at most {score:.4f} (logits {logit:.4f}), {alone} faces found by one alone"
                if name != "blendscope" or fps:
                    worst = max(worst, score)
            print(line, flush=True)
    if worst > options.tolerance:
        sys.exit(f"error: scores differ by {worst:.4f}")


if __name__ == "__main__":
    main()
