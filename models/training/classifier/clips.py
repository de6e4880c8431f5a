"""Lay the held-out clips out as files with a label list, so that the program itself is measured on them.

    python -m classifier.clips --videos videos.tsv --evaluation labels.tsv --side calibration --to calibration/
    blendscope eval calibration/labels.tsv --fit

A clip is copied as it is. A panel of a clip is cut out and coded again at CRF 12, which leaves next to no marks.
"""

import argparse
import csv
from pathlib import Path
import re
import subprocess
import tempfile

from classifier.splits import generator, group_of, split
from common.mirror import MissingSource, Mirror
from sources import Clip, DataError, read_clips, read_evaluation


def file_name(clip: Clip) -> str:
    """A name that tells the panels of a clip apart."""
    stem, suffix = re.match(r"(.*)(\.\w+)$", clip.file).groups()
    return f"{stem}_{'-'.join(map(str, clip.crop))}.mp4" if clip.crop else stem + suffix


def lay_out(clip: Clip, out: Path) -> None:
    """Write the clip or its panel to `out`, atomically. MissingSource when the snapshot lacks it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder, Mirror(clip.repo, clip.commit) as mirror:
        whole = Path(folder) / ("whole" + Path(clip.path).suffix)
        whole.write_bytes(mirror.read(clip.path))
        (cut_panel(whole, clip.crop) if clip.crop else whole).rename(out)


def cut_panel(whole: Path, crop) -> Path:
    """One panel as a clip of its own; sides are made even, as the codec wants them."""
    out, (x, y, w, h) = whole.with_name("panel.mp4"), crop
    command = ["ffmpeg", "-v", "error", "-i", str(whole), "-an", "-vf", f"crop={w // 2 * 2}:{h // 2 * 2}:{x}:{y},format=yuv420p",
               "-fps_mode", "passthrough", "-c:v", "libx264", "-crf", "12", "-preset", "veryfast", "-threads", "1", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise DataError(f"{whole.name}: {done.stderr.strip()[:200]}")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=Path, required=True, help="the tab-separated list of clips")
    parser.add_argument("--evaluation", type=Path, required=True, help="the tab-separated labels of the test clips")
    parser.add_argument("--side", default="calibration", choices=("calibration", "test"))
    parser.add_argument("--to", type=Path, required=True, help="folder for the clips and labels.tsv; clips there are kept")
    args = parser.parse_args()
    clips = read_clips(args.videos)
    sides = split(clips, read_evaluation(args.evaluation))
    rows = []
    for clip in (c for c in clips if sides[c.key] == args.side):
        out = args.to / file_name(clip)
        try:
            if not out.exists():
                lay_out(clip, out)
        except MissingSource as problem:
            print(f"left out: {problem}", flush=True)
            continue
        rows.append((file_name(clip), clip.label, generator(clip.method), group_of(clip)))
    with open(args.to / "labels.tsv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, delimiter="\t").writerows([("file", "label", "method", "group"), *rows])
    print(f"{len(rows)} clips in {args.to}")


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as problem:
        raise SystemExit(f"clips: {problem}")
