"""Step 1: read the sources, compose training pictures, let the teacher look at them.

Work folder: pictures.bin/.npz (stills and clip frames as JPEG), clips/ (held-out clips), shards/ (composed
pictures with the teacher's dense answers). Finished parts are kept, so an interrupted run carries on.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import tempfile

import cv2
import numpy as np

from common.mirror import MissingSource, Mirror, work_root
from common.teachers import YuNet
from common.video import spread_frames
from detector.compose import compose, resize
from detector.data import PICTURE_SUFFIXES, STILLS, DataError, read_clips, read_evaluation, split_clips

FRAMES_PER_CLIP = 24
LONGEST_FRAME = 1280  # px; larger frames are shrunk before they are stored
KEPT_SCORE = 0.05  # boxes and landmarks are taught only in cells the teacher scores at least this high


class Library:
    """Random access to the collected pictures."""

    def __init__(self, folder: Path):
        index = np.load(folder / "pictures.npz", allow_pickle=False)
        self.bytes = np.memmap(folder / "pictures.bin", np.uint8, "r")
        self.spans, self.sides, self.clip = index["spans"], index["sides"], index["clip"]
        self.boxes, self.owner = index["boxes"], index["owner"]
        self.stills, self.clips = np.flatnonzero(self.clip < 0), np.unique(self.clip[self.clip >= 0])
        self.sources = np.unique(index["source"][self.stills], return_inverse=True)[1]

    def _read(self, i):
        begin, end = self.spans[i]
        return cv2.imdecode(self.bytes[begin:end], cv2.IMREAD_COLOR)

    def still(self, rng):
        """A still, its collection drawn first, and the typical side of its faces in px."""
        chosen = self.stills[self.sources == rng.integers(self.sources.max() + 1)]
        i = chosen[rng.integers(len(chosen))]
        return self._read(i), self.sides[i]

    def frame(self, rng):
        """A clip frame and the teacher's boxes in it; every clip is equally likely."""
        chosen = np.flatnonzero(self.clip == self.clips[rng.integers(len(self.clips))])
        i = chosen[rng.integers(len(chosen))]
        return self._read(i), self.boxes[self.owner == i]


def fetch_clip(clip, folder: Path) -> Path:
    """The clip as a file; its name keeps the suffix that the decoder looks at."""
    target = folder / clip.file.replace("/", "__")
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with Mirror(clip.repo, clip.commit) as mirror:
            part = target.with_suffix(".part")
            part.write_bytes(mirror.read(clip.path))
            part.rename(target)
    return target


def present(clips):
    """The clips that the snapshots hold. Snapshots lack large blobs; more than a tenth missing is an error."""
    kept = []
    for clip in clips:
        try:
            with Mirror(clip.repo, clip.commit) as mirror:
                mirror.read(clip.path)
            kept.append(clip)
        except MissingSource as e:
            print(f"left out: {e}", flush=True)
    if len(kept) < 0.9 * len(clips):
        raise DataError(f"only {len(kept)} of {len(clips)} clips are at hand")
    return kept


def _stills():
    """Yield (JPEG bytes, typical face side, collection) of every still."""
    for repo, commit, folder, most, side in STILLS:
        seen = {}
        with Mirror(repo, commit) as mirror:
            for path in mirror.list(folder):
                person = path.rsplit("/", 1)[0]
                seen[person] = seen.get(person, 0) + 1
                if path.lower().endswith(PICTURE_SUFFIXES) and (not most or seen[person] <= most):
                    yield mirror.read(path), side, repo


def _clip_frames(clip):
    """(JPEG bytes, boxes) of frames spread over the first seconds of a clip."""
    cv2.setNumThreads(1)
    teacher, rows = YuNet(), []
    with tempfile.TemporaryDirectory() as folder:
        for _, frame in spread_frames(fetch_clip(clip, Path(folder)), FRAMES_PER_CLIP, 300):
            frame = resize(frame, min(1.0, LONGEST_FRAME / max(frame.shape[:2])))
            boxes = [[*f.box[:2], *(f.box[:2] + f.box[2:])] for f in teacher.detect(frame, score=0.5)]
            ok, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 95])
            rows.append((data.tobytes(), np.array(boxes, np.float32).reshape(-1, 4)))
    return rows


def collect(folder: Path, clips, workers: int):
    """Write every still and clip frame into pictures.bin with its index."""
    spans, sides, clip_of, source, boxes, owner = [], [], [], [], [], []
    with open(folder / "pictures.bin.part", "wb") as out, ProcessPoolExecutor(workers) as pool:
        def add(data, side, clip, repo):
            spans.append((out.tell(), out.tell() + len(data)))
            out.write(data), sides.append(side), clip_of.append(clip), source.append(repo)

        jobs = [pool.submit(_clip_frames, c) for c in clips]
        for data, side, repo in _stills():
            add(data, side, -1, repo)
        print(f"collected {len(spans)} stills", flush=True)
        for number, job in enumerate(jobs):
            for data, found in job.result():
                boxes.append(found), owner.append(np.full(len(found), len(spans)))
                add(data, 0, number, clips[number].repo)
    (folder / "pictures.bin.part").rename(folder / "pictures.bin")
    np.savez(folder / "pictures.npz", spans=spans, sides=np.array(sides, np.float32), clip=clip_of, source=source,
             boxes=np.concatenate(boxes), owner=np.concatenate(owner))
    print(f"collected {len(spans)} pictures, {sum(map(len, boxes))} faces in frames of {len(clips)} clips", flush=True)


def write_shard(folder: Path, number: int, count: int, seed: int):
    """One shard of composed pictures: pictures as .npy, the teacher's answers as .npz."""
    target = folder / "shards" / f"{number:03d}.npz"
    if target.exists():
        return
    cv2.setNumThreads(1)
    rng, library, teacher = np.random.default_rng((seed, number)), Library(folder), YuNet()
    pictures = np.stack([compose(rng, library) for _ in range(count)])
    scores, begins, cells, values = [], [0], [], []
    for picture in pictures:
        boxes, score, points = teacher.raw(picture)
        index = np.flatnonzero(score >= KEPT_SCORE)
        scores.append(score.astype(np.float16)), cells.append(index)
        values.append(np.concatenate([boxes, points], 1)[index]), begins.append(begins[-1] + len(index))
    np.save(folder / "shards" / f"{number:03d}.npy", pictures)
    np.savez(target.with_suffix(".part.npz"), scores=np.stack(scores), begins=begins,
             cells=np.concatenate(cells).astype(np.int32), values=np.concatenate(values).astype(np.float32))
    target.with_suffix(".part.npz").rename(target)
    print(f"shard {number}: {count} pictures, {begins[-1]} taught cells", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, required=True, help="tab-separated list of clips")
    parser.add_argument("--evaluation", type=Path, required=True, help="labels.tsv of the evaluation clips")
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--pictures", type=int, default=1000, help="pictures per shard (520 kB each)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = work_root() / "detector"
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    train, held = split_clips(read_clips(args.videos), read_evaluation(args.evaluation))
    for clip in present(held):
        fetch_clip(clip, folder / "held-out")
    if not (folder / "pictures.npz").exists():
        collect(folder, present(train), args.workers)
    with ProcessPoolExecutor(args.workers) as pool:
        for job in [pool.submit(write_shard, folder, n, args.pictures, args.seed) for n in range(args.shards)]:
            job.result()


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as e:
        raise SystemExit(f"prepare: {e}")
