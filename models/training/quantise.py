"""Write a copy of a classifier's folder that counts in whole numbers (INT8) where that does no harm, for CPUs.

    python quantise.py --model ../standard --crops CROPS --to FOLDER     # then: blendscope scan --models FOLDER --classifier standard-int8

CROPS is the folder of `classifier.prepare`; only its training side is looked at. The copy takes and gives what the original
does, so nothing else changes. Needs onnx and onnxruntime, not PyTorch.
"""

import argparse
import hashlib
import json
from pathlib import Path
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from half import golden

# Convolutions from the input on that stay as they are: the stem and two bottlenecks. Rounded, too, a face's logit scatters by 0.35
# and more instead of 0.1, because traces of composition live in the finest texture.
KEPT = 7
PICTURES = 96  # from which the range of each layer is learnt
# Values beyond are cut off, as a percentile of all: a single outlier would make every step coarser.
RANGE = 99.999
# Steps of whole numbers are taken or not by the last digit of what is rounded, which differs between processors.
TOLERANCE = 0.2


class Pictures(CalibrationDataReader):
    """Pictures [N, H, W, 3] uint8 for the named input, one batch after the other."""

    def __init__(self, name: str, pictures: np.ndarray, batch: int = 8):
        self.batches = iter([{name: pictures[i:i + batch]} for i in range(0, len(pictures), batch)])

    def get_next(self):
        return next(self.batches, None)


def rounded(graph: onnx.GraphProto, kept: int) -> list[str]:
    """Names of the nodes to count in whole numbers: from the convolution after the first `kept` to the last, with what lies
    between that is quick only if its neighbours are rounded, too."""
    convolutions = [i for i, node in enumerate(graph.node) if node.op_type == "Conv"]
    return [node.name for node in graph.node[convolutions[kept]:convolutions[-1]] if node.op_type in ("Conv", "Clip", "Add")]


def write(source: Path, target: Path, name: str, pictures: np.ndarray, kept: int) -> None:
    """The network of the ONNX file `source` with rounded layers. Weights have seven bits: two products of eight may overflow
    on processors without VNNI."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        quant_pre_process(str(source), str(plain), skip_symbolic_shape=True)
        quantize_static(str(plain), str(target), Pictures(name, pictures), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, reduce_range=True,
                        nodes_to_quantize=rounded(onnx.load(plain).graph, kept), calibrate_method=CalibrationMethod.Percentile,
                        extra_options={"CalibPercentile": RANGE})


def quantise(source: Path, target: Path, pictures: np.ndarray, kept: int = KEPT) -> Path:
    """Write target/NAME-int8 for the model folder source, and return it."""
    manifest = json.loads((source / "manifest.json").read_text())
    name = manifest["name"] + "-int8"
    folder = target / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    write(source / manifest["file"], path, manifest["input"]["name"], pictures, kept)
    (folder / "card.md").write_text(f"# {name}\n\n{manifest['name']} {manifest['version']}, partly in whole numbers; its figures are that one's.\n")
    manifest |= {"name": name, "file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "card": "card.md"}
    manifest["golden"] = golden(path, manifest) | {"tolerance": TOLERANCE}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return folder


def difference(one: Path, other: Path, name: str, pictures: np.ndarray) -> np.ndarray:
    """By how much the logits of two ONNX files differ, per picture."""
    def logits(path):
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        return np.concatenate([session.run(["logit"], {name: picture[None]})[0].ravel() for picture in pictures])
    return logits(other) - logits(one)


def crops(folder: Path, wanted: int, size: int, scale: float) -> np.ndarray:
    """Faces of the training side, drawn evenly from all of them."""
    from classifier.shards import Crops  # needs OpenCV
    from common.geometry import face_crop
    faces = Crops(folder, lambda row: row["side"] == "train")
    chosen = np.random.default_rng(1).permutation(len(faces))[:wanted]
    return np.stack([face_crop(faces.image(i), faces.boxes[i].tolist(), scale, size) for i in chosen])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, help="model folder, such as ../standard")
    parser.add_argument("--crops", type=Path, required=True, help="folder of faces, as classifier.prepare leaves it")
    parser.add_argument("--to", type=Path, required=True, help="folder of models that gets the copy")
    args = parser.parse_args()
    manifest = json.loads((args.model / "manifest.json").read_text())
    settings = manifest["input"]
    pictures = crops(args.crops, 2 * PICTURES, settings["width"], settings["crop_scale"])
    folder = quantise(args.model, args.to, pictures[:PICTURES])
    off = difference(args.model / manifest["file"], next(folder.glob("*.onnx")), settings["name"], pictures[PICTURES:])
    print(f"{folder}: logits of {len(off)} further faces differ by {off.mean():+.3f} +- {off.std():.3f}, at most {np.abs(off).max():.3f}")


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError as problem:
        raise SystemExit(f"quantise: {problem}")
