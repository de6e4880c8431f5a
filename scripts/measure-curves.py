#!/usr/bin/env python3
"""Measures how the cost of scoring grows with resolution, faces, length and the number of clips, on clips that it makes, and
writes docs/performance.csv and the picture docs/performance.svg; some minutes, on an idle machine. Needs `make build` and
ffmpeg; nothing else than Python's standard library.

    scripts/measure-curves.py [FOLDER for the clips]
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM, PHOTO = ROOT / "bin" / "blendscope", ROOT / "testdata" / "photos" / "portrait.jpg"
RUNS, SECONDS = os.environ.get("RUNS", "2"), int(os.environ.get("SECONDS_CURVES", "4"))
SIZES = [(640, 360), (960, 540), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)]
GRIDS = [(1, 1), (2, 1), (2, 2), (4, 2)]  # columns and rows of faces
LENGTHS, CLIPS = [5, 10, 20, 40], [1, 2, 4, 8]


def run(*command) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"error: {command[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def clip(folder: Path, width: int, height: int, columns: int, rows: int, seconds: int) -> Path:
    """A mosaic of the photo's face under a slow zoom and light noise, 30 frames/s, H.264, 3 bit a second for a pixel."""
    path = folder / f"{width}x{height}-{columns * rows}-{seconds}.mp4"
    if not path.exists():
        cell = f"{width // columns}:{height // rows}"
        rate = int(3 * width * height)
        run("ffmpeg", "-v", "error", "-nostdin", "-y", "-loop", "1", "-i", PHOTO, "-filter_complex",
            f"scale={cell}:force_original_aspect_ratio=decrease,pad={cell}:(ow-iw)/2:(oh-ih)/2:gray,tile={columns}x{rows},"
            f"trim=end_frame=1,scale={width}:{height},zoompan=z='1+0.05*sin(on/60)':d={30 * seconds}:s={width}x{height}:fps=30,"
            "noise=alls=6:allf=t:all_seed=1,format=yuv420p", "-frames:v", 30 * seconds, "-c:v", "libx264", "-preset", "veryfast",
            "-b:v", rate, "-maxrate", int(1.5 * rate), "-bufsize", 2 * rate, path)
    return path


def bench(path: Path) -> dict:
    report = json.loads(run(PROGRAM, "bench", "-q", "--format", "json", "--device", "cpu", "--runs", RUNS, "--max-duration", "0",
                            "--stages", "decode,end-to-end,end-to-end-sampled", path))
    rows = {r["stage"]: r for r in report["rows"]}
    return {
        "frames": rows["decode"]["items"],
        "decode_ms": 1000 / rows["decode"]["per_second"]["median"],
        "every_ms": 1000 / rows["end-to-end"]["per_second"]["median"],
        "sampled_ms": 1000 / rows["end-to-end-sampled"]["per_second"]["median"],
        "peak_mb": rows["end-to-end"]["peak_bytes"] / 1e6, "cpu": report["machine"].get("cpu", ""), "cores": report["machine"]["cores"],
    }


def scan(paths: list[Path]) -> float:
    started = time.perf_counter()
    run(PROGRAM, "scan", "-q", "--format", "jsonl", "--device", "cpu", *paths)
    return time.perf_counter() - started


def copies(path: Path, count: int) -> list[Path]:
    """Clips with the same frames whose bytes differ: the same bytes might be scored once."""
    made = []
    for i in range(count):
        made.append(path.with_name(f"{path.stem}-copy{i}.mp4"))
        run("ffmpeg", "-v", "error", "-nostdin", "-y", "-i", path, "-c", "copy", "-metadata", f"title={i}", made[-1])
    return made


def fit(points: list[tuple[list[float], float]]) -> list[float]:
    """Least squares: the factors of each point's terms, by the normal equations."""
    n = len(points[0][0])
    rows = [[sum(x[i] * x[j] for x, _ in points) for j in range(n)] + [sum(x[i] * y for x, y in points)] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(n):
            if k != i:
                factor = rows[k][i] / rows[i][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def panel(x: float, y: float, title: str, unit: str, ticks: dict[str, float], lines: dict[str, list[float]]) -> str:
    """One small chart of 320 x 190, both axes from zero: names of places on the x axis, and a line of values over them."""
    top, widest = max(max(values) for values in lines.values()) * 1.3, max(ticks.values())
    at = lambda place, v: (x + 40 + place / widest * 250, y + 150 - v / top * 120)  # noqa: E731
    out = [f'<text x="{x + 40}" y="{y + 16}" font-weight="bold">{title}</text>',
           f'<path d="M{x + 40} {y + 30}V{y + 150}H{x + 300}" stroke="#888" fill="none"/>',
           f'<text x="{x + 36}" y="{y + 36}" text-anchor="end">{top:.3g}</text>', f'<text x="{x + 36}" y="{y + 154}" text-anchor="end">0</text>',
           f'<text x="{x + 300}" y="{y + 186}" text-anchor="end" fill="#666">{unit}</text>']
    last = -100.0
    for name, place in ticks.items():
        if at(place, 0)[0] - last > 24:  # else it would run into the one before
            last = at(place, 0)[0]
            out.append(f'<text x="{last:.0f}" y="{y + 168}" text-anchor="middle">{name}</text>')
    for k, (name, values) in enumerate(lines.items()):
        colour, dash = ["#1b6ca8", "#c0392b", "#2c8c4b"][k], ["", "6 3", "2 3"][k]
        points = [at(place, v) for place, v in zip(ticks.values(), values)]
        line = " ".join("%.1f,%.1f" % p for p in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.5" fill="{colour}"/>' for px, py in points]
        out.append(f'<text x="{x + 46}" y="{y + 42 + 13 * k}" fill="{colour}">{name}</text>')
    return "\n".join(out)


def main() -> None:
    keep = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    keep.mkdir(parents=True, exist_ok=True)
    table, points = ["curve,width,height,faces,seconds,clips,decode_ms_per_frame,every_ms_per_frame,sampled_ms_per_frame,peak_mb,seconds_taken"], []

    def measured(curve, width, height, columns, rows, seconds):
        print(f"{curve}: {width}x{height}, {columns * rows} faces, {seconds} s", file=sys.stderr)
        b = bench(clip(keep, width, height, columns, rows, seconds)) | {"faces": columns * rows}
        table.append(f"{curve},{width},{height},{b['faces']},{seconds},1,{b['decode_ms']:.3f},{b['every_ms']:.3f},{b['sampled_ms']:.3f},{b['peak_mb']:.0f},")
        if curve != "length":
            points.append(([width * height / 1e6, b["faces"], 1], b["every_ms"]))
        return b

    sizes = [measured("resolution", w, h, 1, 1, SECONDS) for w, h in SIZES]
    faces = [measured("faces", 1920, 1080, c, r, SECONDS) for c, r in GRIDS]
    lengths = [measured("length", 1280, 720, 1, 1, s) for s in LENGTHS]
    base, took = clip(keep, 1280, 720, 1, 1, LENGTHS[0]), []
    for n in CLIPS:
        print(f"clips: {n}", file=sys.stderr)
        took.append(scan(copies(base, n)))
        table.append(f"clips,1280,720,1,{LENGTHS[0]},{n},,,,,{took[-1]:.3f}")
    a, b, c = fit(points)
    off = max(abs(y - (a * x[0] + b * x[1] + c)) / y for x, y in points)
    model = f"every frame: {a:.2f} ms per megapixel + {b:.2f} ms per face {c:+.2f} ms (off by at most {100 * off:.0f} %)"
    print(model)

    last = sizes[0]
    svg = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 440" font-family="sans-serif" font-size="11">',
           '<rect width="680" height="440" fill="white"/>',
           panel(10, 10, "ms per frame, by resolution, one face", "megapixels, named by their lines", {str(h): w * h / 1e6 for w, h in SIZES},
                 {"every frame scored": [s["every_ms"] for s in sizes], "5 frames a second": [s["sampled_ms"] for s in sizes], "decoding alone": [s["decode_ms"] for s in sizes]}),
           panel(350, 10, "ms per frame, by faces, 1080p", "faces in each frame", {str(f["faces"]): f["faces"] for f in faces},
                 {"every frame scored": [f["every_ms"] for f in faces], "5 frames a second": [f["sampled_ms"] for f in faces], "decoding alone": [f["decode_ms"] for f in faces]}),
           panel(10, 215, "seconds, by length, 720p", "seconds of the clip", {str(s): s for s in LENGTHS},
                 {"every frame scored": [b["every_ms"] * b["frames"] / 1000 for b in lengths], "5 frames a second": [b["sampled_ms"] * b["frames"] / 1000 for b in lengths]}),
           panel(350, 215, f"seconds of scan, by clips of {LENGTHS[0]} s, 720p", "clips", {str(n): n for n in CLIPS}, {"5 frames a second": took}),
           f'<text x="20" y="428" fill="#333">{last["cpu"]}, {last["cores"]} cores. {model}.</text>', "</svg>"]
    (ROOT / "docs" / "performance.csv").write_text("\n".join(table) + "\n")
    (ROOT / "docs" / "performance.svg").write_text("\n".join(svg) + "\n")


if __name__ == "__main__":
    main()
