"""The rotation: one short training per family of generators that leaves the family out, and one that leaves nothing out, measured on the family.

    python -m classifier.rotation --steps 1000 --bf16
    python -m classifier.rotation --families lip-sync --steps 1000 --bf16      # this run alone: processes share the work, and the first command measures

Options that are not its own go to `classifier.train`. Writes rotation.json in BLENDSCOPE_WORK and prints the table. The runs are short: they
compare recipes with and without a family and say nothing of the shipped weights.
"""

import argparse
import json
import os

import torch

from classifier import metrics
from classifier.evaluate import clip_table, clip_views, loaded
from classifier.network import DETAIL
from classifier.shards import Crops
from classifier.splits import FAMILIES, family
from classifier.train import arguments, train
from common.mirror import MissingSource, work_root
from sources import DataError

NOTHING = "nothing"  # left out


def run_name(left_out: str, steps: int) -> str:
    return f"rotation-{left_out.replace(' ', '-')}-{steps}"


def trained(left_out: str, options: list[str]) -> str:
    """The name of the finished run that leaves the family out; one that stands at its last step is not carried on."""
    args = arguments(["--keep", "0", *options, *(["--without", left_out] if left_out != NOTHING else [])])
    args.run = run_name(left_out, args.steps)
    train(args)
    return args.run


def scores(run: str, views, threads: int) -> list[dict]:
    """A row per clip (see `evaluate.clip_table`) with its family."""
    torch.set_num_threads(threads)
    return [row | {"family": family(row["method"])} for row in clip_table(loaded(run, DETAIL), views)]


def chosen(table, name: str, sides) -> list[int]:
    """Rows of the genuine held-out clips and of the family's fakes on these sides."""
    return [i for i, row in enumerate(table) if (row["family"] == name and row["side"] in sides) or (not row["label"] and row["side"] != "train")]


def compare(name: str, without, whole) -> dict:
    """AUC of the family's fakes against all genuine held-out clips: when it was left out, when it was not, the difference with its interval
    over groups; and, left out, that of all its clips, those on the side of training among them."""
    rows = chosen(without, name, ("calibration", "test"))
    labels, groups = [without[i]["label"] for i in rows], [without[i]["group"] for i in rows]
    left_out, trained_on = ([run[i]["score"] for i in rows] for run in (without, whole))
    difference, interval = metrics.lead(left_out, trained_on, labels, groups)
    every = chosen(without, name, ("calibration", "test", "train"))
    return {"family": name, "clips": sum(labels), "left_out": metrics.auc(left_out, labels), "trained_on": metrics.auc(trained_on, labels),
            "difference": difference, "interval": interval, "all_clips": sum(without[i]["label"] for i in every),
            "all_left_out": metrics.auc([without[i]["score"] for i in every], [without[i]["label"] for i in every])}


def table(rows) -> str:
    lines = ["| family | held-out clips | AUC, family left out | AUC, nothing left out | difference | all clips of the family | AUC, family left out |",
             "|---" * 7 + "|"]
    for r in rows:
        low, high = r["interval"]
        lines.append(f"| {r['family']} | {r['clips']} | {r['left_out']:.2f} | {r['trained_on']:.2f} | {r['difference']:+.2f} ({low:+.2f} to {high:+.2f}) "
                     f"| {r['all_clips']} | {r['all_left_out']:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="*", choices=(NOTHING, *FAMILIES), help="train these alone, and measure nothing")
    parser.add_argument("--every", type=int, default=3, help="look at every n-th stored frame of a clip")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args, options = parser.parse_known_args()
    options += ["--threads", str(args.threads)]
    if args.families:
        for name in args.families:
            trained(name, options)
        return
    views = clip_views(Crops(work_root() / "crops", lambda row: row["kind"] == "clip" and row["side"] != "none"), args.every)
    present = {family(row["method"]) for row, _ in views.values()}  # the lists hold no clips of some families
    result = {name: scores(trained(name, options), views, args.threads) for name in (NOTHING, *(f for f in FAMILIES if f in present))}
    rows = [compare(name, found, result[NOTHING]) for name, found in result.items() if name != NOTHING]
    (work_root() / "rotation.json").write_text(json.dumps({"rows": rows, "clips": result}, indent=1))
    print(table(rows))


if __name__ == "__main__":
    try:
        main()
    except (DataError, MissingSource) as problem:
        raise SystemExit(f"rotation: {problem}")
