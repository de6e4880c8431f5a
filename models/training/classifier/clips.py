"""Lay the held-out clips out as files with a label list, so that the program itself is measured on them.

    python -m classifier.clips --videos videos.tsv --evaluation labels.tsv --side calibration --to calibration/
    blendscope eval calibration/labels.tsv --fit

A clip is copied as it is. A panel of a clip is cut out and coded again at CRF 12, which leaves next to no marks. With --recode all are
written as a platform would pass them on: 360p, CRF 32.
"""

import argparse
import csv
from pathlib import Path
import re
import subprocess
import tempfile

from classifier.prepare import recode
from classifier.splits import generator, group_of, split
from common.mirror import MissingSource, Mirror
from sources import Clip, DataError, read_clips, read_evaluation


def file_name(clip: Clip) -> str:
    """A name that tells the panels of a clip apart."""
    stem, suffix = re.match(r"(.*)(\.\w+)$", clip.file).groups()
    return f"{stem}_{'-'.join(map(str, clip.crop))}.mp4" if clip.crop else stem + suffix


def lay_out(clip: Clip, out: Path, again: bool = False) -> None:
    """Write the clip or its panel to `out`, atomically. MissingSource when the snapshot lacks it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder, Mirror(clip.repo, clip.commit) as mirror:
        whole = Path(folder) / ("whole" + Path(clip.path).suffix)
        whole.write_bytes(mirror.read(clip.path))
        if again:
            whole = recode(whole, clip.crop)
        elif clip.crop:
            whole = cut_panel(whole, clip.crop)
        whole.rename(out)


def cut_panel(whole: Path, crop) -> Path:
    """One panel as a clip of its own; sides are made even, as the codec wants them."""
    out, (x, y, w, h) = whole.with_name("panel.mp4"), crop
    command = ["ffmpeg", "-v", "error", "-i", str(whole), "-an", "-vf", f"crop={w // 2 * 2}:{h // 2 * 2}:{x}:{y},format=yuv420p",
               "-fps_mode", "passthrough", "-c:v", "libx264", "-crf", "12", "-preset", "veryfast", "-threads", "1", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise DataError(f"{whole.name}: {done.stderr.strip()[:200]}")
    return out


def lay_out_side(clips, sides, side: str, folder: Path, again: bool) -> int:
    """Write all clips of a side and labels.tsv; how many there are. Clips at hand are kept, missing ones named."""
    rows = []
    for clip in (c for c in clips if sides[c.key] == side):
        name = str(Path(file_name(clip)).with_suffix(".mp4")) if again else file_name(clip)
        try:
            if not (folder / name).exists():
                lay_out(clip, folder / name, again)
        except MissingSource as problem:
            print(f"left out: {problem}", flush=True)
            continue
        rows.append((name, clip.label, generator(clip.method), group_of(clip)))
    with open(folder / "labels.tsv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, delimiter="\t").writerows([("file", "label", "method", "group"), *rows])
    return len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=Path, required=True, help="the tab-separated list of clips")
    parser.add_argument("--evaluation", type=Path, required=True, help="the tab-separated labels of the test clips")
    parser.add_argument("--side", default="calibration", choices=("calibration", "test"))
    parser.add_argument("--recode", action="store_true", help="at 360p CRF 32")
    parser.add_argument("--to", type=Path, required=True, help="folder for the clips and labels.tsv; clips there are kept")
    args = parser.parse_args()
    clips = read_clips(args.videos)
    sides = split(clips, read_evaluation(args.evaluation))
    print(f"{lay_out_side(clips, sides, args.side, args.to, args.recode)} clips in {args.to}")


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as problem:
        raise SystemExit(f"clips: {problem}")
