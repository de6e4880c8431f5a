"""Take a training to a GPU machine that is reached in pieces and has nothing but Python and PyTorch: everything `train` needs, in folders small
enough to carry one at a time. GPU.md tells how to use them.

    python -m classifier.pack --to pieces/ --init standard

Piece 00 holds the autoencoders and the weights to start from; all hold training crops, coded smaller than `prepare` left them. Copied
over each other into one folder, that folder is a BLENDSCOPE_WORK for `train`.
"""

import argparse
from pathlib import Path
import shutil

import cv2
import numpy as np
import torch

from classifier import checkpoint
from classifier.network import Classifier, load_imagenet
from classifier.shards import Crops, write_shard
from common.mirror import MissingSource, work_root
from sources import DataError

SHARD = 400  # crops


def coded(crops: Crops, i: int, longest: int, quality: int):
    """(JPEG, box, landmarks) of one crop, shrunk to at most `longest` px a side."""
    image = crops.image(i)
    ratio = min(1.0, longest / image.shape[0])
    if ratio < 1:
        image = cv2.resize(image, (longest, longest), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], crops.boxes[i] * ratio, crops.points[i] * ratio


def start_piece(folder: Path, init: str) -> int:
    """Autoencoders and first weights; their bytes."""
    shutil.copytree(work_root() / "decoders", folder / "decoders")
    if init == "imagenet":
        network = Classifier()
        load_imagenet(network)
        average = network.state_dict()
    else:
        average = checkpoint.load_average(init)
    target = folder / "runs" / init / "checkpoint"
    target.mkdir(parents=True)
    torch.save(average, target / "average.pt")
    (target / "state.json").write_text("{}")
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def pack(out: Path, init: str, most_bytes: int, longest: int, quality: int) -> list[Path]:
    """The pieces written. DataError when there is nothing to pack, or no room for a single shard."""
    crops = Crops(work_root() / "crops", lambda row: row["side"] == "train")
    if not len(crops):
        raise DataError(f"no training crops in {work_root() / 'crops'}; run classifier.prepare")
    if out.exists():
        raise DataError(f"{out} exists; pack into a new folder")
    pieces = [out / "piece-00"]
    used = start_piece(pieces[0], init)
    order = np.random.default_rng(1).permutation(len(crops))  # every piece holds some of everything
    for number, begin in enumerate(range(0, len(order), SHARD)):
        chosen = order[begin:begin + SHARD]
        parts = [coded(crops, int(i), longest, quality) for i in chosen]
        size = sum(len(p[0]) for p in parts) + len(parts) * 1200  # landmarks and rows
        if used + size > most_bytes:
            pieces.append(out / f"piece-{len(pieces):02d}")
            used = 0
        if size > most_bytes:
            raise DataError(f"a shard of {SHARD} crops takes {size} bytes; allow more per piece, or less --quality")
        used += size
        (pieces[-1] / "crops").mkdir(parents=True, exist_ok=True)
        write_shard(pieces[-1] / "crops" / f"pack-{number:03d}.npz", *zip(*parts), [crops.rows[int(i)] for i in chosen])
    return pieces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, required=True, help="a new folder for the pieces")
    parser.add_argument("--init", default="imagenet", help="the run to start from, or imagenet")
    parser.add_argument("--mib", type=float, default=60, help="largest piece")
    parser.add_argument("--longest", type=int, default=448, help="px: side of a crop at most")
    parser.add_argument("--quality", type=int, default=93, help="of the JPEGs")
    args = parser.parse_args()
    for piece in pack(args.to, args.init, int(args.mib * 2 ** 20), args.longest, args.quality):
        size = sum(f.stat().st_size for f in piece.rglob("*") if f.is_file())
        print(f"{piece}: {size / 2 ** 20:.1f} MiB")


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as problem:
        raise SystemExit(f"pack: {problem}")
