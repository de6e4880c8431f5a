"""The model card, written from the report, so that no figure in it is typed by hand."""

from pathlib import Path
from string import Template

from classifier import photos, protocol
from classifier.network import DETAIL, WHOLE
from classifier.splits import CALIBRATION_METHODS

RECIPE = Path(__file__).with_name("recipe.md")
READINGS = {WHOLE: "The logit (high means fake) reads the face as a whole, the map tells where.",
            DETAIL: """The logit (high means fake) is how much stronger the strongest twentieth of the map is than that of the same crop
without its fine detail: people, light and scene are the same in both and cancel."""}
FINE = "- The logit rests on fine detail, of which little is left at 360p and CRF 32."
TEXT = Template("""# Forgery classifier `$name` $version

Looks at one face crop, says how much it looks composited or generated, and draws a 14x14 map of where.
$reading
The program pools the logits of a clip's frames and calibrates them. Weights: Apache-2.0.

- File: `$file`, $bytes bytes, SHA-256 `$sha256`, ONNX opset 17, fp32; PyTorch and ONNX Runtime agree within $parity.
- Input `image`: uint8 [n, 224, 224, 3] BGR, a square crop $crop_scale times the longer side of the face box. Normalisation is in the graph.
- Outputs: `logit` [n]; `map` [n, 14, 14] in [0, 1].
- Speed: $ms ms a face at batch 8 on 2 threads, measured when the file was made, on a shared machine.

## Training

$recipe
Licences are repeated as stated where the data was found; "unverified" means from memory.

| data | licence |
|---|---|
$sources

## Protocol

models/training/PROTOCOL.md tells it in full. Scores are the program's, at its default sampling. The test clips, and whatever shares their group,
portrait, footage or (as far as known) person, were neither trained nor calibrated on. Calibration and operating points come from clips of
other people and of generators that were never trained on: $held.
The test set holds $seen_count generators that were trained on with other people's clips ($seen); the rows "generators never trained
on" leave these out. wav2lip-hq, held out, is wav2lip, of which one clip was trained on, with its picture enlarged. LFW and the photo collection may hold
persons who also appear in the clips; some clips show actors of the same studio corpus. Intervals: bootstrap by group. On the calibration clips ECE, Cllr,
the share in the band `strong` and the trivial baseline are out of fold, by group; on the test clips they use what was fitted on the calibration clips.
Clips without a firm score are left out. All figures were looked at between the trials of models/training/LOG.md, so they are a little
kind to what was kept. With so few clips the thresholds are coarse: one genuine clip is worth several per cent.

$table

AUC by family, each against all genuine clips of its set; after the comma the number of fakes, with an interval from five fakes on. The lists hold no clips of the family "editing":

$families

On the same clips, public detectors with their own weights, and logistic regression on resolution, bitrate, sharpness, blockiness and face size:

$others

### Photos

Nothing was trained on these photos. Portraits: genuine ones of a photo site against StyleGAN2's. Swapped photos: genuine and swapped ones of the collection of which others were
trained on, near-copies among them. Each as it is, and once more framed, sized and coded alike, because genuine and fake photos of a collection differ in that. Calibration as for clips:

$photos

The program gives a single picture at 50-69 % no verdict (`single_picture`), and a low score of a photo says less than that of a clip.

Twins of held-out genuine faces, undegraded, frame by frame; the autoencoders of "decoder" were never trained on: $twins.

### Per generator (AUC against all genuine clips of the same set; one or a few clips each, so only a hint)

$methods

### Operating points (on the calibrated probability)

$points

Calibration: p = sigmoid($a * clip logit + $b).

## Intended use

A lead for a person who checks further. Never proof, neither of forgery nor of authenticity.

## What it cannot see, and where it fails

$failures
- Nearly all figures of single generators rest on one to six clips. The intervals are wide, and the calibration clips are harder
  than the test clips: lip-sync and talking heads in small or strongly coded pictures are at chance.
- Voice and audio, text, the meaning of a scene, edits outside the face, faces below about 48 px.
- Whole-image synthesis was seen in training only in passing: a low score says nothing about it.
- The map was taught on synthetic blends. On real forgeries its cells are a hint at best; it has no measured accuracy.
- Strong compression, beauty filters, stage light and old footage were imitated, not collected.
""")


def sources(entry) -> str:
    return "\n".join(f"| {s['name']} | {s['licence']} |" for s in entry["trained_on"])


def failures(report) -> str:
    """Generators and photos on which the score does not separate, named from the figures."""
    weak = sorted(f"{m} ({v['auc']:.2f})" for side in ("test", "calibration") for m, v in report["sets"][side]["methods"].items() if v["auc"] < 0.6)
    blind = [f"{name} ({f['auc']:.2f})" for name, f in report["photos"].items() if f["auc"] < 0.6]
    lines = [f"- At or near chance, or below it, on: {', '.join(weak)}." if weak else "- No generator was at chance on the clips at hand."]
    return "\n".join(lines + ([f"- Photos at or near chance, or below it: {'; '.join(blind)}."] if blind else []))


def points(report) -> str:
    lines = ["| point | threshold | FPR / TPR on calibration | FPR / TPR on test |", "|---|---|---|---|"]
    for name, p in report["operating_points"].items():
        t = report["sets"]["test"]["points"][name]
        lines.append(f"| {name} | {p['threshold']:.3f} | {p['fpr']:.2f} / {p['tpr']:.2f} | {t['fpr']:.2f} / {t['tpr']:.2f} |")
    return "\n".join(lines)


def twins(report) -> str:
    return "; ".join(f"{k}: AUC {v['auc']:.2f}, the twin scores above its original in {100 * v['above']:.0f} %"
                     for k, v in report["twins"].items())


def render(entry, report, measured, reading: str, recipe: str) -> str:
    """The card as Markdown; `recipe` tells how the weights were made."""
    seen = report["test_generators_in_training"]
    return TEXT.substitute(
        reading=READINGS[reading], recipe=recipe.strip(),
        name=entry["name"], version=entry["version"], file=entry["file"], sha256=entry["sha256"], bytes=measured["bytes"],
        parity=f"{measured['parity']:.0e}", ms=f"{measured['ms']:.1f}", crop_scale=entry["input"]["crop_scale"], sources=sources(entry),
        held=", ".join(sorted(CALIBRATION_METHODS)), seen=", ".join(seen), seen_count=len(seen),
        table=protocol.set_table(report), families=protocol.kind_table(report, "families"), others=protocol.other_table(report), photos=photos.table(report["photos"]),
        twins=twins(report), methods=protocol.kind_table(report, "methods"), points=points(report), failures="\n".join([failures(report), *([FINE] if reading == DETAIL else [])]),
        a=f"{report['calibration']['a']:.4f}", b=f"{report['calibration']['b']:.4f}")
