"""Compose test clips whose truth is known, from genuine and fake clips that the user has.

    python testdata/compose/compose.py OUT LABELS... [--pairs PAIRS] [--burst 2] [--seconds 60] [--most N] [--seed 1] [--forge HARD]

Each LABELS is a table as `blendscope eval` reads it (file, label, method, group, parted by tabs; paths from its folder). Only clips that
no model was trained on tell anything. Kinds of clips, each with a negative made the same way from genuine material only:

    take     a genuine clip, played to and fro for a minute; for two seconds its aligned fake takes its place, in the same shot
    montage  genuine clips cut together for a minute, one of them a fake of two seconds
    mosaic   three faces side by side, one of them fake
    whole    the fake or genuine clip alone, scaled and encoded alike: what the others are held against
    crossing two or four genuine faces that cross each other again and again: the truth of the tracks

OUT gets the clips, labels.tsv for `blendscope eval` (the kind is the method, and start_ms and end_ms are of what is fake) and
paths.tsv (file, t_ms, person, x, y, side, shown: where each face of a crossing is, and how much of it).

With --forge the fakes are none of the user's: each is made from a genuine clip by a forgery that the shipped classifier was taught
to see (forge.py), 0 for clear ones to 1 for the subtlest. So what is lost from whole clips to the others is lost by putting scores together.

Needs ffmpeg with libx264 on the PATH and requirements.txt. Everything is seeded, and x264 runs on one thread: the same
sources and versions give the same bytes.
"""

import argparse
import csv
import functools
import itertools
import random
from pathlib import Path

import crossing
from pictures import RATE, Clip, faces, fit, side_by_side, to_and_fro, write

CANVAS = 640, 480  # width, height in pixels that takes and montages are fitted into
TILE = 320  # side of a mosaic's tiles
SHOT = 6.0  # seconds of a montage's shot


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    clips = [c for table in options.labels for c in read_labels(table)]
    pairs = read_pairs(clips, options.pairs)
    if options.forge is not None:
        import forge  # needs what training needs

        pairs = forge.pairs(clips, options.forge, options.most, options.seed)
        clips = [clip for pair in pairs for clip in pair]
    composer = Composer(options, clips, pairs)
    for kind in options.kinds:
        getattr(composer, kind)()
    composer.tables()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("labels", type=Path, nargs="+")
    parser.add_argument("--pairs", type=Path, help="table of genuine and fake files that show the same, frame by frame")
    parser.add_argument("--forge", type=float, metavar="HARD", help="forge genuine clips in place of fakes, in [0, 1]")
    parser.add_argument("--burst", type=float, default=2, help="fake seconds of a take or montage")
    parser.add_argument("--seconds", type=float, default=60, help="length of takes and montages")
    parser.add_argument("--most", type=int, default=1000, help="most fake and most genuine clips of each kind")
    parser.add_argument("--mosaic-seconds", type=float, default=10, help="length of mosaics")
    parser.add_argument("--crossings", type=int, default=24, help="clips with faces that cross")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="+", default=["whole", "take", "montage", "mosaic", "crossing"])
    return parser.parse_args()


def read_labels(table: Path) -> list[Clip]:
    with open(table, newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    return [Clip(table.parent / r["file"], r["label"] == "fake", r.get("method") or "", r.get("group") or r["file"]) for r in rows]


def read_pairs(clips: list[Clip], table: Path | None) -> list[tuple[Clip, Clip]]:
    if table is None:
        return []
    by_name = {c.path.name: c for c in clips}
    with open(table, newline="") as f:
        rows = [(r["genuine"], r["fake"]) for r in csv.DictReader(f, delimiter="\t")]
    return [(by_name[a], by_name[b]) for a, b in rows if a in by_name and b in by_name]


class Composer:
    """Makes the clips of each kind and remembers their truth."""

    def __init__(self, options: argparse.Namespace, clips: list[Clip], pairs: list[tuple[Clip, Clip]]):
        self.options, self.pairs = options, pairs
        self.genuine = [c for c in clips if not c.fake]
        self.fakes = [c for c in clips if c.fake]
        self.labels: list[tuple] = []
        self.paths: list[tuple] = []

    def dice(self, *what) -> random.Random:
        return random.Random(f"{self.options.seed}/{what}")

    def chosen(self, kind: str) -> list[Clip]:
        """The clips that stand as guests, fakes first: all, or as many of each label as asked for."""
        dice = self.dice("chosen", kind)
        return [c for of in (self.fakes, self.genuine) for c in dice.sample(of, min(self.options.most, len(of)))]

    def add(self, name: str, frames, fake: bool, kind: str, group: str, segment=None, rate: int = RATE) -> None:
        path = self.options.out / f"{name}.mp4"
        if not path.exists():  # a run that was broken off goes on
            write(path.with_suffix(".part.mp4"), frames, rate)
            path.with_suffix(".part.mp4").rename(path)
        start, end = (round(1000 * s) for s in segment) if segment else ("", "")
        self.labels.append((f"{name}.mp4", "fake" if fake else "real", kind, group, start, end))

    def whole(self) -> None:
        for i, clip in enumerate(self.chosen("whole")):
            frames = (fit(p, CANVAS) for p in itertools.islice(clip.pictures(), int(2 * SHOT * RATE)))
            self.add(f"whole-{i:03d}", frames, clip.fake, "whole", clip.group)

    def take(self) -> None:
        """Every pair gives a take with its burst; every genuine clip of a pair gives one without."""
        pairs = self.pairs[: self.options.most]
        for i, (genuine, fake) in enumerate(pairs):
            start = self.start("take", i)
            frames = self.exchange(genuine, fake, start)
            self.add(f"take-{i:03d}-fake", frames, True, "take", genuine.group, (start, start + self.options.burst))
        for i, genuine in enumerate(dict.fromkeys(g for g, _ in pairs)):
            self.add(f"take-{i:03d}-real", self.exchange(genuine, genuine, 0), False, "take", genuine.group)

    def exchange(self, host: Clip, guest: Clip, start: float):
        """Plays the host to and fro; from start on the guest's pictures of the same moments take their place."""
        own, other = list(host.pictures(2 * SHOT)), list(guest.pictures(2 * SHOT))
        shared = min(len(own), len(other))
        first, last = round(start * RATE), round((start + self.options.burst) * RATE)
        for i in range(round(self.options.seconds * RATE)):
            k = to_and_fro(i, shared)
            yield fit((other if first <= i < last else own)[k], CANVAS, like=own[0])

    def montage(self) -> None:
        """Every fake is cut into a montage once; the negatives have a genuine shot in its place."""
        for i, guest in enumerate(self.chosen("montage")):
            start = self.start("montage", i)
            segment = (start, start + self.options.burst) if guest.fake else None
            self.add(f"montage-{i:03d}", self.cut(guest, i, start), guest.fake, "montage", guest.group, segment)

    def cut(self, guest: Clip, i: int, start: float):
        hosts = [c for c in self.genuine if c.group != guest.group]
        self.dice("hosts", i).shuffle(hosts)
        shots = itertools.cycle(hosts)
        first, last = round(start * RATE), round((start + self.options.burst) * RATE)
        at, end = 0, round(self.options.seconds * RATE)
        while at < end:
            inside = first <= at < last
            until = last if inside else min(first if at < first else end, at + round(SHOT * RATE))
            pictures = shot(guest if inside else next(shots))
            for k in range(until - at):
                yield pictures[to_and_fro(k, len(pictures))]
            at = until

    def mosaic(self) -> None:
        """Every fake stands once beside two genuine faces, every genuine one too."""
        for i, guest in enumerate(self.chosen("mosaic")):
            dice = self.dice("mosaic", i)
            if not faces(guest):
                continue
            row = [guest, *self.others(dice, 2, guest)]
            dice.shuffle(row)
            length = round(self.options.mosaic_seconds * RATE)
            tiles = [looped(c.tiles(TILE, 2.2, 2 * SHOT), length) for c in row]
            self.add(f"mosaic-{i:03d}", side_by_side(tiles), guest.fake, "mosaic", guest.group)

    def crossing(self) -> None:
        """Two people, in every third clip four."""
        for i in range(self.options.crossings):
            dice = self.dice("crossing", i)
            name = f"crossing-{i:03d}"
            pictures, rows = crossing.compose(self.others(dice, 4 if i % 3 == 2 else 2), i, dice)
            self.add(name, pictures, False, "crossing", name, rate=crossing.RATE)
            self.paths += [(f"{name}.mp4", *row) for row in rows]

    def others(self, dice: random.Random, n: int, *beside: Clip) -> list[Clip]:
        """n genuine clips with a face, each of a group of its own."""
        chosen = list(beside)
        for clip in dice.sample(self.genuine, len(self.genuine)):
            if len(chosen) < len(beside) + n and all(clip.group != c.group for c in chosen) and faces(clip):
                chosen.append(clip)
        return chosen[len(beside) :]

    def start(self, kind: str, i: int) -> float:
        """When the burst begins: on a frame, away from the ends."""
        return round(self.dice("start", kind, i).uniform(5, self.options.seconds - 5 - self.options.burst) * RATE) / RATE

    def tables(self) -> None:
        for name, header, rows in (
            ("labels", ("file", "label", "method", "group", "start_ms", "end_ms"), self.labels),
            ("paths", ("file", "t_ms", "person", "x", "y", "side", "shown"), self.paths),
        ):
            with open(self.options.out / f"{name}.tsv", "w", newline="") as f:
                csv.writer(f, delimiter="\t", lineterminator="\n").writerows([header, *rows])


@functools.lru_cache(64)
def shot(clip: Clip) -> list:
    """The pictures of a montage's shot: some 60 MB."""
    return [fit(p, CANVAS) for p in clip.pictures(SHOT)]


def looped(pictures, length: int) -> list:
    pictures = list(pictures)
    return [pictures[to_and_fro(i, len(pictures))] for i in range(length)]


if __name__ == "__main__":
    main()
