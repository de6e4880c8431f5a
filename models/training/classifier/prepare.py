"""Step 1: sources -> face crops, de-duplicated. Finished shards are kept, so an interrupted run carries on where it stopped.

    python -m classifier.prepare --videos videos.tsv --evaluation labels.tsv
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
import os
from pathlib import Path
import random
import re
import subprocess
import tempfile
import zlib

import cv2
import numpy as np

from classifier import duplicates
from classifier.shards import ShardWriter
from classifier.splits import group_of, split
from common.mirror import MissingSource, Mirror, git_dir, work_root
from common.teachers import Pfld, YuNet, followed
from common.video import spread_frames
from sources import STILLS, Clip, DataError, Stills, read_clips, read_evaluation

STILLS_PER_SHARD = 500
LEAST_SCORE, LEAST_SHARPNESS = 0.8, 15.0
LEAST_FACE = {"still": 40, "clip": 32}  # px, the longer side of the box


@dataclass(frozen=True)
class Task:
    """One shard to make: pictures of a collection, or frames of a clip."""

    path: Path
    source: Stills | None = None
    files: tuple[str, ...] = ()
    clip: Clip | None = None
    side: str = "train"
    frames: int = 16
    recode: bool = False


def choose(source: Stills, seed: int) -> list[str]:
    """The pictures of a collection to use, in a seeded random order."""
    with Mirror(source.repo, source.commit) as mirror:
        files = [p for folder in source.folders for p in mirror.list(folder)]
    files = [p for p in files if p.lower().endswith((".jpg", ".jpeg", ".png"))]
    random.Random(f"{seed} {source.name}").shuffle(files)
    if source.per_stem:
        counts, kept = {}, []
        for path in files:
            stem = re.sub(r"[_\d]+$", "", Path(path).stem)
            counts[stem] = counts.get(stem, 0) + 1
            if counts[stem] <= source.per_stem:
                kept.append(path)
        files = kept
    return files[:source.most] if source.most else files


def trim_white(image):
    """The picture without its white margins, which a genuine frame seldom has."""
    dark = image.min(2) < 245
    columns, rows = np.flatnonzero(dark.mean(0) > 0.05), np.flatnonzero(dark.mean(1) > 0.05)
    if len(columns) < 64 or len(rows) < 64:
        return image
    return np.ascontiguousarray(image[rows[0] + 1:rows[-1], columns[0] + 1:columns[-1]])


def white_corners(image) -> bool:
    """Whether a picture is an oval cut-out on white: such an outline would be a clue of its own."""
    n = 12
    corners = (image[:n, :n], image[:n, -n:], image[-n:, :n], image[-n:, -n:])
    return sum(float(c.mean()) > 250 and float(c.std()) < 3 for c in corners) >= 2


def stills_shard(task: Task, yunet: YuNet, pfld: Pfld) -> int:
    """Crops of one part of a collection: the best face of each picture, if sure and sharp enough."""
    out, source = ShardWriter(task.path), task.source
    with Mirror(source.repo, source.commit) as mirror:
        for path in task.files:
            try:
                image = cv2.imdecode(np.frombuffer(mirror.read(path), np.uint8), cv2.IMREAD_COLOR)
            except MissingSource:
                continue  # large pictures are left out of some snapshots
            if image is None or (source.skip_cutouts and white_corners(image := trim_white(image))):
                continue
            faces = [f for f in yunet.detect(image, 512) if f.score >= LEAST_SCORE and max(f.box[2:]) >= LEAST_FACE["still"]]
            if not faces:
                continue
            face = max(faces, key=lambda f: f.box[2] * f.box[3])
            points = pfld.landmarks(image, face.box)
            row = {"source": source.name, "label": source.label, "method": source.name if source.label == "fake" else "",
                   "group": f"{source.name}:{path}", "side": "train", "kind": "still"}
            if sharpness(image, face.box) >= LEAST_SHARPNESS:
                out.add(image, face.box, points, source.context, row)
    return out.write()


def sharpness(image, box) -> float:
    """Variance of the Laplacian of the grey face, at 128 px."""
    x, y, w, h = (int(v) for v in box)
    face = image[max(0, y):y + h, max(0, x):x + w]
    return float(cv2.Laplacian(cv2.resize(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), (128, 128)), cv2.CV_64F).var())


def clip_shard(task: Task, yunet: YuNet, pfld: Pfld) -> int:
    """Crops of the frames of a clip or panel: the track of its largest face, found by overlap."""
    clip, out = task.clip, ShardWriter(task.path)
    with tempfile.TemporaryDirectory() as folder, Mirror(clip.repo, clip.commit) as mirror:
        file = Path(folder) / ("clip" + Path(clip.path).suffix)
        file.write_bytes(mirror.read(clip.path))
        if task.recode:
            file = recode(file, clip.crop)
        last = None
        for index, frame in spread_frames(str(file), task.frames):
            if clip.crop and not task.recode:
                x, y, w, h = clip.crop
                frame = np.ascontiguousarray(frame[y:y + h, x:x + w])
            faces = [f for f in yunet.detect(frame) if max(f.box[2:]) >= LEAST_FACE["clip"]]
            if not faces:
                continue
            face = followed(faces, last)
            last = face.box
            row = {"source": clip.key, "label": clip.label, "method": clip.method, "group": group_of(clip), "side": task.side,
                   "kind": "clip", "frame": index, "size": frame.shape[1::-1], "bytes": file.stat().st_size}
            out.add(frame, face.box, pfld.landmarks(frame, face.box), 1.9, row)
    return out.write()


def recode(file: Path, crop) -> Path:
    """What a platform makes of a clip: at most 360 lines, H.264 at CRF 32, twenty seconds."""
    out = file.with_name("recoded.mp4")
    steps = [f"crop={crop[2]}:{crop[3]}:{crop[0]}:{crop[1]}"] if crop else []
    steps += ["scale=-2:'2*trunc(min(360,ih)/2)'", "format=yuv420p"]
    command = ["ffmpeg", "-v", "error", "-y", "-t", "20", "-i", str(file), "-an", "-vf", ",".join(steps), "-c:v", "libx264", "-crf", "32",
               "-preset", "veryfast", "-threads", "1", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(f"ffmpeg: {done.stderr.strip()[:200]}")
    return out


def make(task: Task) -> tuple[str, int]:
    """(name, samples) of one shard; done in a worker process."""
    cv2.setNumThreads(1)
    yunet, pfld = YuNet(), Pfld()
    if task.source:
        return task.path.stem, stills_shard(task, yunet, pfld)
    try:
        return task.clip.key, clip_shard(task, yunet, pfld)
    except (MissingSource, ValueError) as problem:
        if task.side == "test":
            raise
        print(f"left out: {problem}", flush=True)  # clips of 4 MiB and more are missing from some snapshots
        return task.clip.key, ShardWriter(task.path).write()


def plan(args) -> list[Task]:
    """Every shard there is to make. DataError or MissingSource when a source or a list is wrong."""
    folder = work_root() / ("crops-360p" if args.recode else "crops")
    folder.mkdir(exist_ok=True)
    clips = read_clips(args.videos)
    sides = split(clips, read_evaluation(args.evaluation))
    for repo in {c.repo for c in clips} | {s.repo for s in STILLS}:
        git_dir(repo)
    tasks = []
    for source in () if args.recode else STILLS:
        files = choose(source, args.seed)
        tasks += [Task(folder / f"{source.name}-{i // STILLS_PER_SHARD:03d}.npz", source, tuple(files[i:i + STILLS_PER_SHARD]))
                  for i in range(0, len(files), STILLS_PER_SHARD)]
    for clip in clips:
        if sides[clip.key] in ("test", "calibration") or (sides[clip.key] == "train" and not args.recode):
            name = f"clip-{zlib.crc32(clip.key.encode()):08x}"
            frames = args.frames if sides[clip.key] == "train" else args.frames_held_out
            tasks.append(Task(folder / f"{name}.npz", clip=clip, side=sides[clip.key], frames=frames, recode=args.recode))
    random.Random(args.seed).shuffle(tasks)  # an early stop leaves some of everything
    return tasks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=Path, required=True, help="the tab-separated list of clips")
    parser.add_argument("--evaluation", type=Path, required=True, help="the tab-separated labels of the test clips")
    parser.add_argument("--frames", type=int, default=20, help="frames per training clip")
    parser.add_argument("--frames-held-out", type=int, default=24, help="frames per calibration or test clip")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--recode", action="store_true", help="held-out clips re-encoded at 360p CRF 32, kept apart for evaluate")
    parser.add_argument("--only", default="", help="make only shards whose name starts so")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tasks = [t for t in plan(args) if t.path.stem.startswith(args.only)]
    todo = [t for t in tasks if not t.path.exists()]
    print(f"{len(tasks)} shards, {len(tasks) - len(todo)} at hand", flush=True)
    with ProcessPoolExecutor(args.workers) as pool:
        for done, (name, count) in enumerate(pool.map(make, todo), 1):
            print(f"{done}/{len(todo)} {name}: {count} crops", flush=True)
        if not args.recode:  # only held-out clips are
            duplicates.refresh(work_root() / "crops", pool)


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as problem:
        raise SystemExit(f"prepare: {problem}")
