"""Write a copy of a model folder in half precision, for GPUs: on a CPU it is the slower one.

    python half.py --model ../standard --to FOLDER        # then: blendscope scan --models FOLDER --classifier standard-half --device cuda

The copy takes and gives what the original does, so nothing else changes. Needs onnx and onnxruntime, not PyTorch.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.transformers.float16 import convert_float_to_float16

# Logits of the classifier differ from the original's by 0.02 on average and 0.08 at most (192 faces of 100 clips), calibrated
# scores by 0.004 at most. Implementations of half precision may differ by as much from each other.
TOLERANCE = 0.1


def golden_input(shape: list[int], kind: str) -> np.ndarray:
    """The self-test's picture: v = ((i * 2654435761) mod 2^32) >> 24 for the flat index i."""
    index = np.arange(np.prod(shape), dtype=np.uint64)
    return ((index * np.uint64(2654435761)) % np.uint64(1 << 32) >> np.uint64(24)).astype(kind).reshape(shape)


def golden(path: Path, manifest: dict) -> dict:
    """What the copy answers on a CPU, as the manifest has it."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shape, names = manifest["golden"]["shape"], [o["name"] for o in manifest["outputs"]]
    values = session.run(names, {manifest["input"]["name"]: golden_input(shape, manifest["input"]["dtype"])})
    outputs = {name: {"mean": float(value.mean(dtype=np.float64)), "first": [float(v) for v in value.ravel()[:8]]}
               for name, value in zip(names, values)}
    return {"shape": shape, "tolerance": TOLERANCE, "outputs": outputs}


def halve(source: Path, target: Path) -> Path:
    """Write target/NAME-half for the model folder source, and return it."""
    manifest = json.loads((source / "manifest.json").read_text())
    name = manifest["name"] + "-half"
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    onnx.save(convert_float_to_float16(onnx.load(source / manifest["file"]), keep_io_types=True), path)
    (folder / "card.md").write_text(f"# {name}\n\n{manifest['name']} {manifest['version']} in half precision; its figures are that one's.\n")
    manifest |= {"name": name, "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "card": "card.md"}
    manifest["golden"] = golden(path, manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="model folder, such as ../standard")
    parser.add_argument("--to", type=Path, required=True, help="folder of models that gets the copy")
    args = parser.parse_args()
    print(halve(args.model, args.to))


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError as problem:
        raise SystemExit(f"half: {problem}")
