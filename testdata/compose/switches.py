"""Count identity switches: where the tracks of scanned crossings go over to the other person.

    blendscope scan --timeline --format json -o RESULTS OUT/crossing-*.mp4
    python testdata/compose/switches.py RESULTS OUT/paths.tsv

A face belongs to the person whose centre is nearest, of those who are not hidden; where another one is nearly as near, it is
left out as unclear. A switch is a track that goes on with another person, a break a person who goes on with another track.
Needs the standard library only.
"""

import collections
import csv
import json
import math
import sys
from pathlib import Path

HIDDEN = 0.3  # less of a face than this is not found


def main() -> None:
    results, paths = sys.argv[1:]
    truth = read_paths(paths)
    total = collections.Counter()
    for result in json.loads(Path(results).read_text()):
        name = Path(result["input"]["path"]).name
        if name not in truth:
            continue
        counts = follow(result["timeline"], truth[name])
        print(name, dict(counts))
        total += counts
    faces = max(1, total["faces"])
    print(f"{total['faces']} faces, {1000 * total['switches'] / faces:.2f} switches and {1000 * total['breaks'] / faces:.2f} breaks per 1,000")


def read_paths(name: str) -> dict[str, dict[int, list[tuple]]]:
    """By file and moment in milliseconds: person, x, y, side of each face that may be seen."""
    truth = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(name, newline="") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            person = row["person"], float(row["x"]), float(row["y"]), float(row["side"])
            if float(row["shown"]) >= HIDDEN:
                truth[row["file"]][int(row["t_ms"])].append(person)
    return truth


def follow(timeline: list, truth: dict[int, list[tuple]]) -> collections.Counter:
    counts = collections.Counter()
    owner, last = {}, {}  # of a track, the person; of a person, the track
    for moment in timeline:
        people = truth[min(truth, key=lambda t: abs(t - moment["t_ms"]))]
        for face in moment["faces"]:
            person, clear = nearest(face["box"], people)
            if person is None or face["track"] == 0:
                continue
            if not clear:
                counts["unclear"] += 1
                continue
            track = face["track"]
            counts["faces"] += 1
            if owner.get(track, person) != person:
                counts["switches"] += 1
            elif last.get(person, track) != track:
                counts["breaks"] += 1
            owner[track], last[person] = person, track
    return counts


def nearest(box: list[float], people: list[tuple]) -> tuple[str | None, bool]:
    """The person at the middle of a box, and whether that is beyond doubt; None when nobody is there."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    ranked = sorted((math.hypot(px - x, py - y), side, person) for person, px, py, side in people)
    distance, side, person = ranked[0]
    if distance > 0.6 * side:
        return None, False
    return person, len(ranked) == 1 or distance < ranked[1][0] / 2


if __name__ == "__main__":
    main()
