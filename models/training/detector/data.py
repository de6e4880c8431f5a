"""What the detector learns from: the still collections and the clips, and which of them are kept apart.

The clips used for the final figures are named by a label file (column `file`). Neither they, nor clips of
the same group, nor clips that share a person or a portrait with them (NOT_FOR_TRAINING) are trained on.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

# (repository, commit, folder, suffixes, most pictures per name stem, typical face side in px)
STILLS = (
    ("TaherPanbiharwala/Deepfake-Detection", "a9942d873e4f", "Dataset/Train/Real", 0, 91),
    ("TaherPanbiharwala/Deepfake-Detection", "a9942d873e4f", "Dataset/Validation/Real", 0, 91),
    ("dduygaucho/SCUT-FBP5000", "f5be42e82483", "data/landing/Images", 0, 189),
    ("braun-steven/dfi-tensorflow", "0a86d9a0c4e0", "data/lfw-deepfunneled", 3, 92),
)
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")

# Parts of file names that share a person, a portrait or a source with an evaluation clip, and why.
NOT_FOR_TRAINING = {
    "SadTalker__docs_art_0": "same portrait", "AlexandriaOcasioCortez": "same person as EDTalk pose_source1",
    "MimicMotion__comparisons_raw_0": "same dance", "_ours_0": "same dance", "_moore_0": "same dance",
    "_musev_0": "same dance", "_magic_dance_0": "same dance", "video1_video1": "same teacher",
    "result_video1": "same teacher", "wav2lip-assignment": "same man", "Wav2Lip-GFPGAN": "same presenter",
    "lip_pose_V_lei": "same person", "video_female_": "may be the same identity", "sameid": "same identity",
    "same_latent": "may be the same identity", "Obama": "same person", "video2_video2": "Obama",
    "result_video2": "Obama", "test_videos_fake.mp4": "Obama", "instein": "same person", "ein_hubert": "Einstein",
    "CelebSync": "Einstein", "audio_driven_resized_2": "Jackie Chan", "realistic-01": "may be the same man",
    "HyperReenact": "same show", "facenet-pytorch": "same clip",
}
# Repositories whose clips choose the threshold and stop the training; never trained on.
HELD_OUT = (
    "JustinShenk/fer", "onurkya7/VideoDeepFakeDetection", "BlueByteMatrix/Project-AegisAI-", "Evraa/DFL-edit",
    "manasidp/DL-MiniProject-2", "ObaidaKhateeb/deepfake-video-detector", "real3dportrait/real3dportrait.github.io",
    "zzxslp/first-order-model", "MRzzm/DINet", "iisccohort3g9/capstone_prj_g9", "MingtaoGuo/Face-Reenactment-Video-Diffusion",
    "DashBarkHuss/DFL-Colab", "ai-forever/ghost",
)


class DataError(RuntimeError):
    """Sources that are missing, empty or mixed up."""


@dataclass(frozen=True)
class Clip:
    file: str
    repo: str
    commit: str
    path: str
    group: str


def read_clips(table: Path) -> list[Clip]:
    """One Clip per file of the tab-separated list; rows of low confidence are left out."""
    clips = {}
    with open(table, newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            notes = dict(p.strip().split("=", 1) for p in row["notes"].split(";") if "=" in p)
            if notes.get("confidence") != "low":
                clips[row["file"]] = Clip(row["file"], row["repo"], row["commit"], row["path"], notes.get("group", ""))
    if not clips:
        raise DataError(f"{table}: no clips")
    return list(clips.values())


def read_evaluation(labels: Path) -> list[str]:
    """File names of the evaluation clips, relative to the label file's folder."""
    with open(labels, newline="", encoding="utf-8") as f:
        names = [row["file"] for row in csv.DictReader(f, delimiter="\t")]
    if not names:
        raise DataError(f"{labels}: no clips")
    return names


def split_clips(clips: list[Clip], evaluation: list[str]) -> tuple[list[Clip], list[Clip]]:
    """(training, held-out) clips; whatever touches the evaluation clips is in neither."""
    groups = {c.group for c in clips if c.file in evaluation and c.group}
    free = [c for c in clips if c.file not in evaluation and c.group not in groups
            and not any(part in c.file for part in NOT_FOR_TRAINING)]
    held = [c for c in free if c.repo in HELD_OUT]
    train = [c for c in free if c.repo not in HELD_OUT]
    if not train or not held:
        raise DataError("the split leaves no clips to train on or none to choose the threshold with")
    shared = {c.group for c in held if c.group} & {c.group for c in train}
    if shared:
        raise DataError(f"groups on both sides of the split: {sorted(shared)}")
    return train, held
