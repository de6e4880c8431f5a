"""Step 3b, optional: MesoNet's Meso4 (DariusAf/MesoNet) on the same clips, added to a run's report. Needs h5py.

    python -m classifier.peers --run standard
"""

import argparse
import io
import json

import numpy as np
import torch
from torch.nn import functional

from classifier import metrics
from classifier.evaluate import clip_views
from classifier.shards import Crops
from common.mirror import MissingSource, Mirror, work_root

REPO, COMMIT, WEIGHTS = "DariusAf/MesoNet", "2144d56a30e4", {"Meso4 DF": "weights/Meso4_DF.h5", "Meso4 F2F": "weights/Meso4_F2F.h5"}
SIZE, EPSILON = 256, 1e-3  # px; Keras's batch norm


def load(path: str) -> dict[str, torch.Tensor]:
    """Tensors of a Keras file by their last two names, such as "conv2d_5/kernel"."""
    import h5py
    out = {}
    with Mirror(REPO, COMMIT) as mirror, h5py.File(io.BytesIO(mirror.read(path))) as file:
        file.visititems(lambda name, item: out.update({"/".join(name.split("/")[-2:]).split(":")[0]: torch.tensor(item[()])})
                        if hasattr(item, "shape") else None)
    return out


@torch.no_grad()
def meso4(tensors, views: np.ndarray) -> np.ndarray:
    """Logits (high means fake) of [n, 256, 256, 3] uint8 BGR crops. The network itself says 1 for genuine."""
    x = torch.from_numpy(views[..., ::-1].copy()).permute(0, 3, 1, 2).float() / 255
    for layer, pool in zip(range(5, 9), (2, 2, 2, 4)):
        kernel = tensors[f"conv2d_{layer}/kernel"].permute(3, 2, 0, 1)
        x = functional.relu(functional.conv2d(x, kernel, tensors[f"conv2d_{layer}/bias"], padding=kernel.shape[-1] // 2))
        norm = {k: tensors[f"batch_normalization_{layer}/{k}"] for k in ("moving_mean", "moving_variance", "gamma", "beta")}
        x = functional.batch_norm(x, norm["moving_mean"], norm["moving_variance"], norm["gamma"], norm["beta"], eps=EPSILON)
        x = functional.max_pool2d(x, pool)
    x = x.permute(0, 2, 3, 1).flatten(1) @ tensors["dense_3/kernel"] + tensors["dense_3/bias"]
    x = functional.leaky_relu(x, 0.1) @ tensors["dense_4/kernel"] + tensors["dense_4/bias"]
    return -x[:, 0].numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", default="standard")
    args = parser.parse_args()
    views = clip_views(Crops(work_root() / "crops", lambda row: row["side"] in ("test", "calibration")), every=2, size=SIZE)
    file = work_root() / "runs" / args.run / "report.json"
    report = json.loads(file.read_text())
    report["peers"] = {}
    for name, path in WEIGHTS.items():
        tensors = load(path)
        rows = [(row["side"], row["label"] == "fake", float(meso4(tensors, v).mean())) for row, v in views.values()]
        report["peers"][name] = {side: metrics.auc([s for r, _, s in rows if r == side], [l for r, l, _ in rows if r == side])
                                 for side in ("test", "calibration")}
    file.write_text(json.dumps(report, indent=1))
    print(report["peers"])


if __name__ == "__main__":
    try:
        main()
    except (MissingSource, ImportError) as problem:
        raise SystemExit(f"peers: {problem}")
