#!/usr/bin/env python3
"""Draws what a command prints on a terminal as an SVG for the README.

    pip install rich==14.*
    scripts/terminal-picture.py docs/terminal.svg bin/blendscope scan testdata/clips testdata/photos
"""

import os
import pty
import re
import shlex
import subprocess
import sys
import termios

from rich.console import Console
from rich.text import Text

COLUMNS = 80


def on_terminal(command: list[str]) -> str:
    """All that the command writes to a terminal of COLUMNS columns, each line as it stands at the end."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, COLUMNS))
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"}):
        os.close(theirs)
        written = bytearray()
        try:
            while data := os.read(ours, 65536):
                written.extend(data)
        except OSError:  # how a terminal says that nobody writes to it any more
            pass
    lines = written.decode().replace("\r\n", "\n").split("\n")
    return "\n".join(line.rsplit("\r", 1)[-1].removeprefix("\x1b[K") for line in lines)


def main() -> None:
    picture, command = sys.argv[1], sys.argv[2:]
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))
    console.print(Text(f"$ {shlex.join(command)}".replace("bin/", "", 1), style="bold"))
    console.print(Text.from_ansi(on_terminal(command)))
    svg = console.export_svg(title="blendscope")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)  # a picture that fetches nothing: the viewer's own fonts will do
    with open(picture, "w", encoding="utf-8") as out:
        out.write(re.sub(r"<!-- Generated.*?-->\s*", "", svg))


if __name__ == "__main__":
    main()
