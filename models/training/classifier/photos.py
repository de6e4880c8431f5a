"""Photos that nothing was trained or calibrated on, laid out as files with a label list, and what the program makes of them.

Genuine and generated portraits differ in framing, size and coding, and so do genuine and swapped photos. So every collection is measured as
it is and once more with all pictures framed, sized and coded alike, so that little but the face is left to tell them apart.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from classifier import metrics
from classifier.prepare import choose
from classifier.shards import Crops
from common.geometry import crop_square
from common.mirror import MissingSource, Mirror
from common.teachers import YuNet
from sources import HELD_STILLS, STILLS, DataError, Stills

QUALITY = 90  # of the JPEG that all pictures framed alike are coded as
MODERATE, STRONG = 0.5, 0.7  # probabilities at which the program's bands begin
STATUSES = ("scored", "inconclusive")  # the program gives photos of the moderate band no verdict, but a number


@dataclass(frozen=True)
class Framing:
    """A square of so many face boxes with a face of so many px."""

    boxes: float
    face: float

    def __call__(self, image: np.ndarray, box) -> np.ndarray:
        """The part of the square that the picture holds."""
        x, y, side = crop_square(box, self.boxes)
        part, ratio = image[max(0, y):y + side, max(0, x):x + side], self.face / float(max(box[2:]))
        return cv2.resize(part, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)


ALIKE = {"generated portraits": Framing(0.95, 180), "swapped photos": Framing(1.5, 90)}


def trained_on(crops: Crops) -> set[tuple[str, str]]:
    """(repository, path) of every photo among the crops."""
    repos = {s.name: s.repo for s in STILLS}
    parts = (row["group"].split(":", 1) for row in crops.rows if row["kind"] == "still")
    return {(repos[name], path) for name, path in parts if name in repos}


def held(source: Stills, trained: set, seed: int = 1) -> list[str]:
    """The photos of a collection to measure on, in a seeded random order."""
    files = [path for path in choose(replace(source, most=0), seed) if (source.repo, path) not in trained]
    return files[:source.most] if source.most else files


def lay_out(collection: str, trained: set, folder: Path, framing: Framing | None) -> Path:
    """Write the photos of a collection and labels.tsv, its path returned; photos at hand are kept. With `framing` those without a face are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, yunet = [], YuNet() if framing else None
    for source in HELD_STILLS[collection]:
        with Mirror(source.repo, source.commit) as mirror:
            for path in held(source, trained):
                file = folder / f"{source.name}_{path.replace('/', '_')}"
                if not file.exists():
                    data = mirror.read(path)
                    data = data if framing is None else framed(data, framing, yunet)
                    if data is None:
                        continue
                    file.write_bytes(data)
                rows.append((file.name, source.label, source.name if source.label == "fake" else "", file.name))
    if len({label for _, label, _, _ in rows}) < 2:
        raise DataError(f"{collection}: no photos of both kinds to measure on")
    with open(folder / "labels.tsv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, delimiter="\t").writerows([("file", "label", "method", "group"), *rows])
    return folder / "labels.tsv"


def framed(data: bytes, framing: Framing, yunet: YuNet) -> bytes | None:
    """The photo with its largest face framed, as JPEG. None without a face."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    faces = yunet.detect(image, 512) if image is not None else []
    if not faces:
        return None
    part = framing(image, max(faces, key=lambda f: f.box[2] * f.box[3]).box)
    return cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def photo_sets(to: Path, crops: Crops, score) -> dict[str, list[tuple[bool, float]]]:
    """{collection, as it is or framed alike: [(fake, pooled logit)]}; `score` is the program: label list -> {file: logit} of those with a number."""
    out, trained = {}, trained_on(crops)
    for collection, framing in ALIKE.items():
        for title, how in ((collection, None), (f"{collection}, framed alike", framing)):
            labels = lay_out(collection, trained, to / title.replace(", ", "-").replace(" ", "-"), how)
            logits = score(labels)
            with open(labels, newline="", encoding="utf-8") as handle:
                out[title] = [(row["label"] == "fake", logits[row["file"]]) for row in csv.DictReader(handle, delimiter="\t") if row["file"] in logits]
    return out


def figures(rows, calibration: dict) -> dict:
    """What the program's scores of one set of photos are worth."""
    labels, logits = np.array([fake for fake, _ in rows]), np.array([logit for _, logit in rows])
    p, every = metrics.sigmoid(calibration["a"] * logits + calibration["b"]), np.arange(len(labels))
    return {"genuine": int((~labels).sum()), "fake": int(labels.sum()), "auc": metrics.auc(logits, labels),
            "interval": metrics.interval(metrics.auc, logits, labels, every), "tpr_at_own_fpr_0.05": metrics.threshold_at(logits, labels, 0.05)[2],
            "ece": metrics.calibration_error(p, labels), "cllr": metrics.cllr(p, labels),
            **{f"{kind}_{band}": float(((low <= p[chosen]) & (p[chosen] < high)).mean())
               for kind, chosen in (("genuine", ~labels), ("fake", labels)) for band, low, high in (("moderate", MODERATE, STRONG), ("strong", STRONG, 2))}}


def table(found: dict[str, dict]) -> str:
    """One line per set of photos."""
    lines = ["| photos | genuine / fake | AUC (95 %) | TPR at 5 % FPR | ECE | Cllr | genuine / fake at 50-69 % | genuine / fake `strong` |", "|---" * 8 + "|"]
    for name, f in found.items():
        lines.append(f"| {name} | {f['genuine']} / {f['fake']} | {f['auc']:.2f} ({f['interval'][0]:.2f}-{f['interval'][1]:.2f}) | {f['tpr_at_own_fpr_0.05']:.2f} "
                     f"| {f['ece']:.2f} | {f['cllr']:.2f} | {100 * f['genuine_moderate']:.0f} % / {100 * f['fake_moderate']:.0f} % "
                     f"| {100 * f['genuine_strong']:.1f} % / {100 * f['fake_strong']:.1f} % |")
    return "\n".join(lines)
