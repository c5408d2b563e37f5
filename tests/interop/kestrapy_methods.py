"""Writes docs/kestrapy.md: every method of Kestra's own Python client, and what stands for it here.

Each method of the installed package is called with a session that only notes the request; the operation of ours that sends the same
method and path is its counterpart. The routes are those of docs/operations.md.

usage: kestrapy_methods.py [--check]

With --check it only compares, and fails if the file is stale.
"""

import inspect
import pathlib
import re
import sys
import typing
import warnings
from importlib.metadata import version
from unittest.mock import MagicMock
from urllib.parse import unquote, urlsplit

warnings.simplefilter("ignore")

from kestrapy import KestraClient  # noqa: E402

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
TARGET = DOCS / "kestrapy.md"

# What our client does beyond the plain operation; by ours.
BETTER = {
    "create_execution": "`run`, `start` and `wait` start it once and wait for its end",
    "follow_execution": "`.stream()` reconnects and ends with the execution",
    "follow_execution_dependencies": "`.stream()` reconnects",
    "follow_logs_from_execution": "`.stream()` reconnects and ends with the last line",
    "create_flow": "`deploy` creates or updates",
    "update_flow": "`deploy` creates or updates",
    "set_execution_labels": "replaces all labels; `add_labels` adds",
    "set_key_value": "`replace_value` keeps the expiration",
    "create_backfill": "`backfill(..).start(..)` works on every version",
    "set_trigger_disabled": "`disable` and `enable` work on every version",
}


class Noted(Exception):
    """The request that a method would send."""


class Session:
    headers = {}

    def request(self, method, url, **_):
        raise Noted(method, unquote(urlsplit(url).path))

    def get(self, url, **named):
        self.request("GET", url, **named)


def argument(annotation):
    """Something that a parameter without a default takes."""
    simple = {str: "x", int: 1, bool: True}
    if annotation in simple:
        return simple[annotation]
    origin = typing.get_origin(annotation)
    if origin is typing.Union:
        return argument(next(one for one in typing.get_args(annotation) if one is not type(None)))
    if origin is list:
        return []
    if annotation is dict or origin is dict:
        return {}
    body = MagicMock()
    body.to_dict.return_value = {}
    return body


def request_of(method):
    hints = typing.get_type_hints(method)
    needed = [one for one in inspect.signature(method).parameters.values() if one.default is one.empty]
    needed = [one.name for one in needed if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    try:
        answer = method(**{name: argument(hints.get(name, str)) for name in needed})
        # A stream connects when it is read.
        next(answer)
    except Noted as noted:
        return noted.args
    raise RuntimeError(f"{method.__qualname__} sends nothing")


def methods():
    """Area and name of each method, and its request."""
    client = KestraClient(host="http://server")
    client._session = Session()
    for area, _ in inspect.getmembers(KestraClient, lambda member: isinstance(member, property)):
        for name, method in inspect.getmembers(getattr(client, area), inspect.ismethod):
            if not name.startswith("_"):
                yield area, name, *request_of(method)


def routes():
    """Area, names, method and segments of each route of ours."""
    area = ""
    for line in (DOCS / "operations.md").read_text().splitlines():
        if line.startswith("## "):
            area = line[3:]
        elif line.startswith("| `"):
            names, sent = line.split(" | ")[:2]
            for method, path in re.findall(r"`([A-Z]+) ([^`]+)`", sent):
                yield area, re.findall(r"`(\w+)`", names), method, path.split("/")


def fits(segments, path):
    given = path.split("/")
    # A variable at the end may have slashes in its value.
    return len(segments) == len(given) and all(
        known.startswith("{") or known == one for known, one in zip(segments, given, strict=True)
    )


def counterpart(known, name, method, path):
    """The operations of ours that send this; of several routes the one that has most of the path by name."""
    found = [route for route in known if route[2] == method and fits(route[3], path)]
    if not found:
        return None
    literal = lambda route: sum(not segment.startswith("{") for segment in route[3])  # noqa: E731
    best = max(literal(route) for route in found)
    found = [route for route in found if literal(route) == best]
    return next((route for route in found if name in route[1]), found[0])


def document():
    known = list(routes())
    if unknown := BETTER.keys() - {name for _, names, _, _ in known for name in names}:
        sys.exit(f"no operations of ours: {', '.join(sorted(unknown))}")
    rows, without, count = [], [], 0
    area = None
    for place, name, method, path in methods():
        count += 1
        if place != area:
            area = place
            rows += ["", f"## {area}", "", "| kestrapy | here | more |", "| --- | --- | --- |"]
        found = counterpart(known, name, method, path)
        if found is None:
            without.append(f"`{place}.{name}` (`{method} {path}`)")
            rows.append(f"| `{name}` | none | |")
            continue
        ours = f"{found[0]}().{found[1][0]}"
        rows.append(f"| `{name}` | `{ours}` | {BETTER.get(found[1][0], '')} |".replace("|  |", "| |"))
    head = [
        "<!-- Generated by tests/interop/kestrapy_methods.py; do not edit. -->",
        "",
        f"# Methods of kestrapy {version('kestrapy')}",
        "",
        f"All {count} methods by area, and what sends the same request here. `flows().create_flow` is a method of the client's area,",
        "`client.flows().create_flow(..)`. [Porting](porting.md) explains what else differs.",
        "",
        "Without a counterpart: " + (", ".join(without) if without else "none") + ".",
    ]
    return "\n".join([*head, *rows, ""]), without


def main():
    text, _ = document()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text)
    elif TARGET.read_text() != text:
        sys.exit(f"{TARGET} is stale: run {pathlib.Path(__file__).name}")


if __name__ == "__main__":
    main()
