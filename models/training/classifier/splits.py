"""Who is on which side: test clips, calibration clips, training clips, and clips used for nothing.

TEST are the clips of the label file. Whatever shares a group, a person, a portrait or footage with them is left out
altogether. CALIBRATION holds whole generators that are never trained on, and people of its own. The rest trains.
"""

import re

from sources import Clip, DataError

# Clips that share a person, a portrait or footage with a test clip, beyond what their group says.
RELATED_TO_TEST = re.compile("|".join((
    "SadTalker__docs_art_0",                                             # one portrait
    "shashank2101__lab__test_videos_fake.mp4", "uncrop_Obama", "video2_video2", "result_video2",  # Obama
    "Einstein", "ein_hubert", "CelebSync",                               # Einstein
    "EDTalk_lip_pose_V_lei", "audio_driven_resized_2", "AlexandriaOcasio",  # Lei Jun, Jackie Chan, Ocasio-Cortez
    "video_female_", "same_latent", "results_by_facesr_demo_EDTalk_A",   # women of the VASA-1 page
    "realistic-01.gif", "target_video_1.mp4",                            # the man of model_03; Conan's show
)))

# People or portraits that appear under several groups: one group for each.
SAME_PERSON = {
    r"video_side_2|comparison_2_a998db": "mead-man", r"video_side_4|comparison_2_3a9a9a": "beanie-man",
    r"main_1\.|diverse_4": "swift", r"murad": "murad", r"EDTalk__res_demo_EDTalk": "edtalk-actress",
    r"RD_Radio51": "radio51", r"lianliru": "lianliru", r"aiface1": "aiface1", r"aiface2": "aiface2", r"aiface3": "aiface3",
    r"aiface4": "aiface4", r"docs_still": "sadtalker-still", r"DL-MiniProject-2": "downey-labeouf",
}

# Generators kept for calibration: never trained on. They span swap, reenactment, talking head, lip-sync, whole video.
CALIBRATION_METHODS = {
    "ghost", "motion-cosegmentation part swap", 'face swap (unknown repo "faceswap_main")', "fomm", "x-portrait", "liveportrait",
    "hallo", "memo", "real3d-portrait", "ad-nerf", "dfrf", "styletalk", "dinet", "talklip", "hyperlips",
    "hyperlips/wav2lip (earlier commit)", "wav2lip-hq", "animatediff", "magicdance",
}

# Families of generators, the first that matches. "editing" is generated or edited stills: the list of clips has none of it.
FAMILY_PATTERNS = {
    "whole video": "^(animatediff|musev|magicdance|moore-animateanyone|mimicmotion|veo)",
    "lip-sync": "wav2lip|lip-sync|^(dinet|talklip|hyperlips|musetalk|latentsync|personatalk)",
    "face swap": "swap|^(ffpp-Deepfakes|ghost|openforensics)|Morgan Freeman|deepfakes?$",
    "reenactment": "^(fomm|x-portrait|liveportrait|follow-your-emoji|face-reenactment)",
    "editing": "^generated-faces",
    "talking head": "^(actalker|vasa|loopy|edtalk|sadtalker|anitalker|v-express|real3d|hallo|echomimic|memo|aniportrait|ad-nerf|dfrf|styletalk)",
}
FAMILIES = tuple(FAMILY_PATTERNS)

# Groups with fakes of several generators, and genuine clips, whose people belong to calibration.
CALIBRATION_GROUPS = re.compile("|".join((
    "actalker_audio[12]$", "actalker_face[45]$", "mimic[45]$", "personatalk", "ghost", "coseg", "hyperlips", "saviaga", "w2lhq",
    "GRID_(bbaf2n|brbk7n|lbax4n|lbbc2a|lrwp9a)", "dirtydancing", "LatentSync__assets_demo2", "shinzo", "driving[24]\\.mp4",
    "pose_source2", "DashBarkHuss",
)))


def side_of(clip: Clip, evaluation: set[str], test_groups: set[str]) -> str:
    """test, calibration, train or none."""
    group = group_of(clip)
    if clip.file in evaluation:
        return "test"
    if group in test_groups or RELATED_TO_TEST.search(clip.file):
        return "none"
    held = CALIBRATION_GROUPS.search(group) is not None
    if clip.label == "fake" and clip.method in CALIBRATION_METHODS:
        return "none" if _mixed(group) and not held else "calibration"
    if held:
        return "none" if clip.label == "fake" else "calibration"
    return "train"


def _mixed(group: str) -> bool:
    """Groups whose other members train: a held-out generator's clip of such a group is used for nothing."""
    return re.match(r"actalker_|mimic\d|mead-man|beanie-man", group) is not None


def generator(method: str) -> str:
    """The generator behind a method's name: without what was added, as in "wav2lip+gfpgan" or "musev (image to video)"."""
    return re.split(r" \(|\+", method)[0]


def family(method: str) -> str:
    """The family of a generator's method; "" of a genuine sample. DataError when it belongs to none."""
    if not method:
        return ""
    for name, pattern in FAMILY_PATTERNS.items():
        if re.search(pattern, method):
            return name
    raise DataError(f"generator {method!r} belongs to no family; name it in splits.FAMILY_PATTERNS")


def group_of(clip: Clip) -> str:
    """The group of a clip: same content or same person."""
    for pattern, name in SAME_PERSON.items():
        if re.search(pattern, clip.file):
            return name
    return clip.group


def split(clips: list[Clip], evaluation: list[str]) -> dict[str, str]:
    """Side of every clip by key. DataError when an evaluation clip is unknown or a group is on two sides."""
    named = set(evaluation)
    unknown = named - {c.file for c in clips}
    if unknown:
        raise DataError(f"evaluation clips that the list does not hold: {', '.join(sorted(unknown)[:3])}")
    test_groups = {group_of(c) for c in clips if c.file in named}
    sides = {c.key: side_of(c, named, test_groups) for c in clips}
    check(clips, sides)
    return sides


def check(clips: list[Clip], sides: dict[str, str]) -> None:
    """DataError when a group is on two sides, or a held-out generator is trained on."""
    seen = {}
    for clip in clips:
        side = sides[clip.key]
        if side == "none":
            continue
        first = seen.setdefault(group_of(clip), (side, clip.key))
        if first[0] != side:
            raise DataError(f"group {group_of(clip)} is on both sides: {first[1]} ({first[0]}), {clip.key} ({side})")
        if side == "train" and clip.method in CALIBRATION_METHODS:
            raise DataError(f"{clip.key}: generator {clip.method} is held out, yet trained on")
