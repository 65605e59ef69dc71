"""Where something stands in a YAML text: by a mark of the parser's, or by the path of a field.

A path is written as the API server writes it: `spec.containers[0].image`, `data[a.b]`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import yaml

__all__ = [
    "Place",
    "entry",
    "node_at",
    "place_of",
    "roots",
]

STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")


class Place(NamedTuple):
    """A part of a line: `line` counts from 1, `column` from 0; `text` is the whole line."""

    line: int
    column: int
    length: int
    text: str

    @property
    def shown(self) -> str:
        """The line with its number, and carets below the part."""
        number = f"{self.line:>5} | "
        below = " " * (len(number) - 2) + "| " + " " * _width(self.text[: self.column])
        part = self.text[self.column : self.column + self.length]
        return f"{number}{self.text}\n{below}{'^' * max(_width(part), 1)}"


def place_of(node: yaml.Node, text: str) -> Place:
    """Where a node begins; no more than its first line."""
    start, end = node.start_mark, node.end_mark
    lines = text.split("\n")
    line = lines[start.line].rstrip("\r") if start.line < len(lines) else ""
    is_short = end.line == start.line and isinstance(node, yaml.ScalarNode)
    length = end.column - start.column if is_short else len(line.rstrip()) - start.column
    return Place(start.line + 1, start.column, max(length, 1), line)


def entry(node: yaml.Node, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a mapping's entry."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                return key, value
    return None


def node_at(root: yaml.Node, path: str) -> yaml.Node:
    """The key (or the element of a list) that a path names; of what is missing, what it is missing in."""
    shown, here = root, root
    for index, name in STEP.findall(path):
        if isinstance(here, yaml.SequenceNode) and index.isdecimal() and int(index) < len(here.value):
            shown = here = here.value[int(index)]
            continue
        found = entry(here, index or name)
        if found is None:
            return shown
        shown, here = found
    return shown


def roots(document: yaml.Node) -> list[yaml.Node]:
    """The document, or the items of a List, in the order in which they are read."""
    kind, items = entry(document, "kind"), entry(document, "items")
    if kind and items and str(kind[1].value).endswith("List") and isinstance(items[1], yaml.SequenceNode):
        return [root for item in items[1].value for root in roots(item)]
    return [document]


def _width(text: str) -> int:
    """Columns of a screen, where Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
