"""The collections of stills and the list of clips that the classifier learns from, with their pinned commits.

`licence` is what the collection's repository or its authors state; the model card repeats it.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path


class DataError(RuntimeError):
    """The data is missing, empty, mislabelled or on both sides of a split."""


@dataclass(frozen=True)
class Stills:
    """Pictures of one kind in one repository. `context` is the kept square in face boxes; `most` 0 means all;
    `per_stem` limits pictures per person (file stem without its number), 0 means no limit."""

    name: str
    label: str
    repo: str
    commit: str
    folders: tuple[str, ...]
    licence: str
    most: int = 0
    per_stem: int = 0
    context: float = 1.8
    skip_cutouts: bool = False


STILLS = (
    Stills("openforensics-real", "real", "TaherPanbiharwala/Deepfake-Detection", "a9942d873e4f",
           ("Dataset/Train/Real", "Dataset/Validation/Real"), "repository MIT; OpenForensics CC BY 4.0 (unverified)", most=8000),
    Stills("scut-fbp5500", "real", "dduygaucho/SCUT-FBP5000", "f5be42e82483", ("data/landing/Images",),
           "none stated; research use (unverified)", most=3000, context=1.5, skip_cutouts=True),
    Stills("lfw", "real", "braun-steven/dfi-tensorflow", "0a86d9a0c4e0", ("data/lfw-deepfunneled",),
           "research use (unverified)", most=4500, per_stem=3, context=1.6),
    Stills("openforensics-fake", "fake", "TaherPanbiharwala/Deepfake-Detection", "a9942d873e4f",
           ("Dataset/Train/Fake",), "repository MIT; OpenForensics CC BY 4.0 (unverified)", most=4000),
    Stills("generated-faces", "fake", "hmdghoul/generated-faces", "59ccdc22f394", ("images",), "none stated", most=1200),
)

# Photos to measure on. Nobody trains on them; of the collection that others of are trained on, what the training took is left out.
HELD_STILLS = {
    "generated portraits": (
        Stills("portraits", "real", "tharunnayak14/Real-vs-Fake-Face-Detection", "2dade5e926a2", ("images/real", "val_images/real"), "none stated"),
        Stills("stylegan2", "fake", "tharunnayak14/Real-vs-Fake-Face-Detection", "2dade5e926a2", ("images/fake", "val_images/fake"), "none stated"),
    ),
    "swapped photos": (
        replace(STILLS[0], name="openforensics-held-real", folders=("Dataset/Validation/Real",), most=600),
        replace(STILLS[3], name="openforensics-held-fake", folders=("Dataset/Validation/Fake",), most=600),
    ),
}


@dataclass(frozen=True)
class Clip:
    """One row of the clip list: a clip, or one panel of it when `crop` (x, y, w, h) is set. `key` is unique."""

    key: str
    file: str
    label: str
    method: str
    repo: str
    commit: str
    path: str
    crop: tuple[int, int, int, int] | None
    group: str
    licence: str


def read_clips(table: Path) -> list[Clip]:
    """The rows of the clip list that are not of low confidence. DataError on a broken table or mixed labels."""
    if not Path(table).is_file():
        raise DataError(f"{table}: no such clip list")
    clips = []
    with open(table, newline="", encoding="utf-8") as handle:
        for number, row in enumerate(csv.DictReader(handle, delimiter="\t", quotechar='"'), 2):
            clip = _clip(row, f"{table}:{number}")
            if clip:
                clips.append(clip)
    keys = [c.key for c in clips]
    if len(set(keys)) != len(keys):
        raise DataError(f"{table}: the same panel is listed twice")
    return clips


def _clip(row, place) -> Clip | None:
    missing = {"file", "label", "method", "repo", "commit", "path", "crop", "licence", "notes"} - set(row)
    if missing or row["label"] not in ("real", "fake") or (row["label"] == "fake") != bool(row["method"]):
        raise DataError(f"{place}: broken row or mixed-up label ({', '.join(sorted(missing)) or row['label']})")
    notes = dict(part.strip().split("=", 1) for part in row["notes"].split(";") if "=" in part)
    if notes.get("confidence") == "low":
        return None
    crop = tuple(int(v) for v in row["crop"].split(":")) if row["crop"] else None
    key = row["file"] + (f"#{row['crop']}" if crop else "")
    return Clip(key, row["file"], row["label"], row["method"], row["repo"], row["commit"], row["path"], crop,
                notes.get("group", row["file"]), row["licence"])


def read_evaluation(table: Path) -> list[str]:
    """The file names of the evaluation clips (column `file`)."""
    with open(table, newline="", encoding="utf-8") as handle:
        return [row["file"] for row in csv.DictReader(handle, delimiter="\t")]
