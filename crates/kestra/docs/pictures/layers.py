"""Draws layers.svg: how a call goes through the layers of a client.

usage: layers.py [--check]

With --check it only compares the file and fails if it is stale.
"""

import pathlib
import sys
from html import escape

TARGET = pathlib.Path(__file__).with_name("layers.svg")

WIDTH = 860
LEFT, RIGHT = 140, 690
ROW, GAP, TOP = 26, 5, 62

CALL = "#2f6fde"
ATTEMPT = "#8a4fd0"
YOURS = "#1f8a5b"
TEXT = "#1b2330"
MUTED = "#5a6575"

# Name, what it does, colour; outermost first, as in docs/layers.md.
PER_CALL = [
    ("TraceLayer::call", "span of the call", CALL),
    ("TimeoutLayer::total", "timeout of the call", CALL),
    (".layer(..)", "your layers", YOURS),
    ("RetryLayer", "backoff, budget, Retry-After", CALL),
]
PER_ATTEMPT = [
    ("TraceLayer::attempt", "span of the attempt", ATTEMPT),
    ("TimeoutLayer::attempt", "timeout of the attempt", ATTEMPT),
    ("ServerLayer", "server, API version, route", ATTEMPT),
    ("AuthLayer", "credentials", ATTEMPT),
    (".attempt_layer(..)", "your layers", YOURS),
    ("Transport", "pool, proxy, TLS; reads the body", ATTEMPT),
]


def text(x, y, words, size=13, colour=TEXT, anchor="start", family="sans-serif", weight="normal"):
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        f'font-family="{family}" font-weight="{weight}">{escape(words)}</text>'
    )


def box(x, y, width, height, colour, fill="none", dash=""):
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" stroke="{colour}" '
        f'stroke-width="1.5"{dashes}/>'
    )


def arrow(x, start, end, colour):
    tip = end - 8 if end > start else end + 8
    return (
        f'<path d="M{x} {start} L{x} {tip}" stroke="{colour}" stroke-width="2" fill="none"/>'
        f'<path d="M{x - 5} {tip} L{x + 5} {tip} L{x} {end} Z" fill="{colour}"/>'
    )


def rows(layers, y, inset):
    drawn = []
    for name, what, colour in layers:
        x, width = LEFT + inset, RIGHT - LEFT - 2 * inset
        drawn.append(box(x, y, width, ROW, colour, fill="#ffffff"))
        drawn.append(text(x + 14, y + 18, name, family="monospace", weight="bold", colour=colour))
        drawn.append(text(x + width - 14, y + 18, what, anchor="end"))
        y += ROW + GAP
    return drawn, y


def draw():
    parts = []
    first, y = rows(PER_CALL, TOP, 14)
    frame = y + 4
    second, end = rows(PER_ATTEMPT, frame + 10, 34)
    bottom = end + 4
    height = bottom + 62
    parts.append(box(1, 1, WIDTH - 2, height - 2, "#d5dae2", fill="#fbfcfe"))
    parts.append(text((LEFT + RIGHT) / 2, 28, 'client.flows().create_flow(yaml)', 15, family="monospace", anchor="middle", weight="bold"))
    parts.append(box(LEFT, TOP - 14, RIGHT - LEFT, bottom - TOP + 22, CALL, fill="#f1f6ff"))
    parts.append(box(LEFT + 20, frame, RIGHT - LEFT - 40, bottom - frame, ATTEMPT, fill="#f7f1ff", dash="5 3"))
    parts += first + second
    parts.append(text(LEFT - 46, TOP + 20, "request", colour=MUTED, anchor="end"))
    parts.append(arrow(LEFT - 30, TOP, bottom + 30, CALL))
    parts.append(text(RIGHT + 54, TOP + 20, "FlowWithSource", colour=TEXT, family="monospace", size=12))
    parts.append(text(RIGHT + 54, TOP + 38, "or Error", colour=TEXT, family="monospace", size=12))
    parts.append(arrow(RIGHT + 34, bottom + 30, TOP, CALL))
    parts.append(text(LEFT - 46, TOP + 92, "once", colour=CALL, anchor="end"))
    parts.append(text(LEFT - 46, TOP + 108, "per call", colour=CALL, anchor="end"))
    parts.append(text(LEFT - 46, frame + 92, "once", colour=ATTEMPT, anchor="end"))
    parts.append(text(LEFT - 46, frame + 108, "per attempt", colour=ATTEMPT, anchor="end"))
    parts.append(text(RIGHT + 54, frame + 92, "status", colour=MUTED))
    parts.append(text(RIGHT + 54, frame + 108, "and body", colour=MUTED))
    parts.append(text((LEFT + RIGHT) / 2, bottom + 42, "Kestra 1.0 to 2.x", 15, anchor="middle", weight="bold"))
    lines = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'style="max-width: 100%; height: auto" role="img">\n'
        f"<title>How a call goes through the layers of a client</title>\n{lines}\n</svg>\n"
    )


if __name__ == "__main__":
    drawn = draw()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(drawn)
    elif TARGET.read_text() != drawn:
        sys.exit(f"{TARGET} is stale: run {pathlib.Path(__file__).name}")
