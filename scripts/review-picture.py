#!/usr/bin/env python3
"""Draws the screen of `blendscope review` as a PNG for the README.

    apt-get install tmux fonts-dejavu-core && pip install pillow
    make build && scripts/review-picture.py docs/review.png testdata/clips/selfblended.mp4

A terminal of 120 x 40 plays the clip until it is scored, goes to its worst frame and switches the map on. Blocks are drawn
as rectangles, since fonts leave gaps between them.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

from PIL import Image, ImageDraw, ImageFont

COLUMNS, ROWS = 120, 40
WIDTH, HEIGHT = 10, 20  # pixels of a cell
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono%s.ttf"
INK, PAPER = (220, 220, 220), (18, 18, 18)
LOWER = "▁▂▃▄▅▆▇█"


def tmux(socket: str, *args: str) -> str:
    return subprocess.run(["tmux", "-S", socket, *args], check=True, capture_output=True, text=True).stdout


def wait(socket: str, text: str) -> None:
    for _ in range(600):
        if text in tmux(socket, "capture-pane", "-p"):
            return
        time.sleep(0.2)
    sys.exit(f"error: {text!r} did not come onto the screen")


def record(clip: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, "s")
        command = f"TERM=xterm-256color COLORTERM=truecolor bin/blendscope review {clip}"
        tmux(socket, "-f", "/dev/null", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command)
        try:
            wait(socket, "A score is one hint")
            tmux(socket, "send-keys", "w", "m")
            time.sleep(2)
            return tmux(socket, "capture-pane", "-p", "-e", "-N")
        finally:
            tmux(socket, "kill-server")


class Pen:
    """The colours that escape sequences have set."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.ink, self.paper, self.bold, self.reverse = INK, PAPER, False, False

    def obey(self, parameters: str) -> None:
        codes = [int(c or 0) for c in parameters.split(";")]
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.reset()
            elif code in (1, 22):
                self.bold = code == 1
            elif code in (7, 27):
                self.reverse = code == 7
            elif code == 39:
                self.ink = INK
            elif code == 49:
                self.paper = PAPER
            elif code in (38, 48) and codes[0] == 2:
                colour = tuple(codes[1:4])
                del codes[:4]
                self.ink, self.paper = (colour, self.paper) if code == 38 else (self.ink, colour)

    def colours(self) -> tuple:
        return (self.paper, self.ink) if self.reverse else (self.ink, self.paper)


def draw(screen: str) -> Image.Image:
    picture = Image.new("RGB", (COLUMNS * WIDTH, ROWS * HEIGHT), PAPER)
    on = ImageDraw.Draw(picture)
    fonts = [ImageFont.truetype(FONTS % style, 16) for style in ("", "-Bold")]
    pen = Pen()
    for row, line in enumerate(screen.split("\n")[:ROWS]):
        column = 0
        for code, glyph in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b])", line):
            if not glyph:
                pen.obey(code)
                continue
            x, y, (ink, paper) = column * WIDTH, row * HEIGHT, pen.colours()
            on.rectangle([x, y, x + WIDTH - 1, y + HEIGHT - 1], fill=paper)
            if glyph == "▀":
                on.rectangle([x, y, x + WIDTH - 1, y + HEIGHT // 2 - 1], fill=ink)
            elif glyph in LOWER:
                on.rectangle([x, y + HEIGHT - HEIGHT * (LOWER.index(glyph) + 1) // 8, x + WIDTH - 1, y + HEIGHT - 1], fill=ink)
            elif glyph != " ":
                on.text((x, y), glyph, font=fonts[pen.bold], fill=ink)
            column += 1
    return picture


if __name__ == "__main__":
    draw(record(sys.argv[2])).save(sys.argv[1], optimize=True)
