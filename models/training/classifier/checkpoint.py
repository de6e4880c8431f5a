"""Where a run stands, in files of at most 16 MiB each, so that it can be carried between machines in pieces: the network, its running
average, the optimiser's first and second moments, and a small file with the rest."""

import json
import os
from pathlib import Path
import pickle
import shutil

import torch

from common.mirror import work_root
from sources import DataError

MOMENTS = ("exp_avg", "exp_avg_sq")


def place(run: str) -> Path:
    """The folder of a run's checkpoint."""
    return work_root() / "runs" / run / "checkpoint"


def save(folder: Path, network, average, optimiser, step: int, settings: dict) -> None:
    """Write all files to a new folder that then takes the old one's place; a cut in between leaves `folder` or `folder`.old whole."""
    new, old = folder.with_suffix(".new"), folder.with_suffix(".old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    state = optimiser.state_dict()
    parts = {"network": network.state_dict(), "average": average.state_dict(),
             **{m: {i: s[m] for i, s in state["state"].items()} for m in MOMENTS}}
    for name, part in parts.items():
        torch.save(part, new / f"{name}.pt")
    steps = {str(i): float(s["step"]) for i, s in state["state"].items()}
    (new / "state.json").write_text(json.dumps({"step": step, "optimiser_steps": steps, "settings": settings}, default=str, indent=1))
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.replace(folder, old)
    os.replace(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def keep_moment(run: str, average, step: int) -> None:
    """Keep the averaged weights of this step as a run of their own, RUN-STEP, for `evaluate`, `average` and `export`."""
    folder = place(f"{run}-{step}")
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(average.state_dict(), folder / "average.pt")
    (folder / "state.json").write_text(json.dumps({"moment_of": run, "step": step}))


def found(folder: Path) -> Path | None:
    """The folder to carry on from: `folder`, or what an interrupted save left of it."""
    return next((f for f in (folder, folder.with_suffix(".old")) if (f / "state.json").exists()), None)


def part(folder: Path, name: str, device="cpu"):
    """One file of a checkpoint. DataError when it is missing or cut short."""
    try:
        return torch.load(folder / f"{name}.pt", map_location=device)
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as problem:
        raise DataError(f"{folder / name}.pt cannot be read ({type(problem).__name__}); copy the checkpoint again or delete it to start anew") from problem


def load(folder: Path, network, average, optimiser, device) -> dict:
    """Fill the three from a checkpoint; its `state.json`."""
    state = json.loads((folder / "state.json").read_text())
    network.load_state_dict(part(folder, "network", device))
    average.load_state_dict(part(folder, "average", device))
    moments = {m: part(folder, m, device) for m in MOMENTS}
    full = optimiser.state_dict()
    full["state"] = {i: {"step": torch.tensor(state["optimiser_steps"][str(i)]), **{m: moments[m][i] for m in MOMENTS}}
                     for i in moments[MOMENTS[0]]}
    optimiser.load_state_dict(full)
    return state


def load_average(run: str) -> dict:
    """The averaged weights of a run. DataError when there is no such run."""
    folder = found(place(run))
    if folder is None:
        raise DataError(f"{place(run)}: no such run; train first")
    return part(folder, "average")
