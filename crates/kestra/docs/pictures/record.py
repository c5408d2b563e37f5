"""Records the examples run_and_wait and plot_execution, as run_and_wait.svg and plot_execution.svg.

run_and_wait runs in a terminal of its own, which draws its progress bar; every picture of that terminal becomes a frame. The frames
are shown longer than they lasted, since the embedded server takes only milliseconds for a task.

usage: record.py
"""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios
from html import escape

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[3]
COLUMNS, LINES = 100, 6
COMMAND = ["cargo", "run", "--quiet", "-p", "kestra-examples", "--example"]
SHOWN = "$ cargo run -p kestra-examples --example run_and_wait"

# Seconds of a frame, of the last one, and the most frames.
FRAME, LAST, MOST = 0.7, 4.0, 12
FONT, CELL, LINE, MARGIN, BAR = 14, 8.43, 22, 16, 30

ESCAPE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")


class Screen:
    """What a terminal shows; it knows the few sequences that a progress bar needs."""

    def __init__(self):
        self.lines, self.row, self.column = [""], 0, 0

    def feed(self, text):
        place = 0
        while place < len(text):
            sequence = ESCAPE.match(text, place)
            if sequence:
                self.control(*sequence.groups())
                place = sequence.end()
                continue
            self.put(text[place])
            place += 1

    def put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            self.lines.extend([""] * (self.row + 1 - len(self.lines)))
        elif character >= " ":
            if self.column == COLUMNS:
                self.put("\r")
                self.put("\n")
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1

    def control(self, argument, command):
        count = int(argument or 0) if argument.isdigit() or not argument else 0
        if command == "K":
            self.lines[self.row] = "" if count == 2 else self.lines[self.row][: self.column]
        elif command == "A":
            self.row = max(0, self.row - max(count, 1))
        elif command == "B":
            self.row += max(count, 1)
        elif command == "G":
            self.column = max(count, 1) - 1
        elif command == "J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]

    def shown(self):
        lines = [line.rstrip() for line in self.lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines


def frames(example):
    """Every state of the terminal in which a program runs, each once."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KESTRA_")}
    process = subprocess.Popen(
        [*COMMAND, example], cwd=ROOT, stdin=follower, stdout=follower, stderr=follower, env={**environment, "TERM": "xterm"}
    )
    os.close(follower)
    screen, seen = Screen(), [[]]
    while True:
        try:
            read = os.read(leader, 65536)
        except OSError:  # a closed terminal, on Linux
            break
        if not read:
            break
        # A redraw begins with a return to the first column, so what is there before one is a whole picture.
        for piece in re.split(r"(?=\r)", read.decode(errors="replace")):
            screen.feed(piece)
            if screen.shown() != seen[-1]:
                seen.append(screen.shown())
    if process.wait() != 0:
        raise SystemExit(f"{example} ended with {process.returncode}")
    return [frame for frame in seen if frame]


def fewer(seen):
    """At most so many, evenly, the first and the last among them."""
    if len(seen) <= MOST:
        return seen
    step = (len(seen) - 1) / (MOST - 1)
    return [seen[round(place * step)] for place in range(MOST)]


def line(y, words, colour):
    # The length keeps columns where they are, whatever font there is.
    return (
        f'<text x="{MARGIN}" y="{y}" fill="{colour}" textLength="{CELL * len(words):.1f}" lengthAdjust="spacingAndGlyphs" '
        f'xml:space="preserve">{escape(words)}</text>'
    )


def recording(seen):
    shots = [[], *fewer(seen)]
    rows = max(len(shot) for shot in shots) + 1
    width = MARGIN * 2 + CELL * max(len(words) for shot in [[SHOWN], *shots] for words in shot)
    height = BAR + MARGIN + LINE * rows
    total = FRAME * (len(shots) - 1) + LAST
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" '
        f'role="img" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="{FONT}">',
        "<title>Recording of the example run_and_wait</title>",
        f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#15191f"/>',
    ]
    for place, colour in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
        parts.append(f'<circle cx="{MARGIN + 4 + place * 18}" cy="16" r="5" fill="{colour}"/>')
    parts.append(line(BAR + LINE - 4, SHOWN, "#9fb3c8"))
    for place, shot in enumerate(shots):
        last = place == len(shots) - 1
        start, end = FRAME * place / total, 1.0 if last else FRAME * (place + 1) / total
        values, times = ["hidden", "visible"], [0.0, start]
        if place == 0:
            values, times = ["visible"], [0.0]
        if not last:
            values.append("hidden")
            times.append(end)
        # Where nothing is animated the last frame stays.
        parts.append(f'<g visibility="{"visible" if last else "hidden"}">')
        parts.append(
            f'<animate attributeName="visibility" values="{";".join(values)}" '
            f'keyTimes="{";".join(f"{time:.4f}" for time in times)}" dur="{total:.1f}s" calcMode="discrete" '
            'repeatCount="indefinite"/>'
        )
        parts += [line(BAR + LINE * (row + 2) - 4, words, "#e6edf3") for row, words in enumerate(shot)]
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def main():
    (FOLDER / "run_and_wait.svg").write_text(recording(frames("run_and_wait")))
    plot = subprocess.run([*COMMAND, "plot_execution"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    (FOLDER / "plot_execution.svg").write_text(plot)


if __name__ == "__main__":
    main()
