"""Average the weights of several runs that share an ancestor into a new run: their traces add up, what each learnt by chance does not.

    python -m classifier.average --runs first second second --to both      # named twice, counted twice
"""

import argparse
import json

import torch

from classifier import checkpoint
from sources import DataError


def average(runs: list[str]) -> dict:
    """The mean of the runs' averaged weights; counters are the first run's."""
    states = [checkpoint.load_average(run) for run in runs]
    if any(state.keys() != states[0].keys() for state in states):
        raise DataError("the runs are not of one network")
    return {name: torch.stack([s[name] for s in states]).mean(0) if first.dtype.is_floating_point else first for name, first in states[0].items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", nargs="+", required=True)
    parser.add_argument("--to", required=True, help="name of the new run; train can start from it with --init")
    args = parser.parse_args()
    mean, folder = average(args.runs), checkpoint.place(args.to)
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(mean, folder / "average.pt")
    (folder / "state.json").write_text(json.dumps({"average_of": args.runs}))


if __name__ == "__main__":
    try:
        main()
    except DataError as problem:
        raise SystemExit(f"average: {problem}")
