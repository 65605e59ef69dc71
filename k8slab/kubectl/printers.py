"""Printing: columns, tables, YAML and JSON.

Source    staging/src/k8s.io/cli-runtime/pkg/printers (tableprinter.go); Go's text/tabwriter; sigs.k8s.io/yaml
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import yaml

__all__ = [
    "aligned",
    "as_json",
    "as_yaml",
    "columns",
    "shown_table",
]

Obj = dict[str, Any]

NONE = "<none>"


def aligned(text: str, gap: int = 3, narrowest: int = 0) -> str:
    """Text with tabs as columns: cells of one place in lines that follow each other get one width."""
    rows = [line.split("\t") for line in text.split("\n")]
    for place in range(max(map(len, rows)) - 1):
        for block in _blocks(rows, place):
            width = max(max(len(row[place]) for row in block) + gap, narrowest)
            for row in block:
                row[place] = row[place].ljust(width)
    return "\n".join("".join(row) for row in rows) + "\n"


def _blocks(rows: list[list[str]], place: int) -> Iterator[list[list[str]]]:
    """The runs of rows in which another cell follows the one at this place."""
    for has_cell, run in groupby(rows, lambda row: len(row) > place + 1):
        if has_cell:
            yield list(run)


def columns(rows: Iterable[Iterable[Any]]) -> str:
    """Rows of cells as kubectl's tables show them."""
    lines = ["\t".join(map(_cell, row)) for row in rows]
    return aligned("\n".join(lines), narrowest=6) if lines else ""


def _cell(value: Any) -> str:
    if value is None:
        return NONE
    first, broken, _ = str(value).partition("\n")
    return first.replace("\t", " ") + ("..." if broken else "")


def shown_table(
    table: Obj,
    *,
    wide: bool,
    namespaces: bool,
    labels: bool,
    headers: bool,
    prefix: str = "",
    label_columns: Iterable[str] = (),
) -> str:
    """A Table as `kubectl get` prints it."""
    shown = [i for i, column in enumerate(table["columnDefinitions"]) if wide or not column["priority"]]
    titles = [table["columnDefinitions"][i]["name"] for i in shown]
    keys = list(label_columns)
    head = ["Namespace"] * namespaces + titles + [key.rpartition("/")[2] for key in keys] + ["Labels"] * labels
    rows = [[title.upper() for title in head]] if headers else []
    for row in table["rows"]:
        metadata = row["object"]["metadata"]
        cells = [row["cells"][i] for i in shown]
        if prefix and "Name" in titles:
            cells[titles.index("Name")] = prefix + cells[titles.index("Name")]
        own = metadata.get("labels") or {}
        extra = [own.get(key, "") for key in keys]
        text = ",".join(f"{name}={value}" for name, value in sorted(own.items())) or NONE
        rows.append([metadata.get("namespace")] * namespaces + cells + extra + [text] * labels)
    return columns(rows)


class _Dumper(yaml.SafeDumper):
    """YAML as Go's library writes it: no anchors, and in double quotes what another reader could take for no text."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write out each time what is shared."""
        return True


# what YAML 1.1 reads as a number in base 60, as yes or no, or as another number than PyYAML does
OTHER_THAN_TEXT = re.compile(
    r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|y|Y|n|N|[-+]?0o[0-7_]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
)


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    tag: str = dumper.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    is_text = tag.endswith((":str", ":merge", ":value")) and not OTHER_THAN_TEXT.fullmatch(value)
    style = "|" if "\n" in value else None if is_text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _map(dumper: _Dumper, value: Obj) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", sorted(value.items(), key=lambda item: _natural(item[0])))


def _natural(key: str) -> list[tuple[bool, int, str]]:
    """Keys in the order people count in: a9 before a10."""
    parts: Iterator[str] = (part for part in re.split(r"([0-9]+)", key) if part)
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _map)


def as_yaml(obj: Any) -> str:
    """YAML with sorted keys, as Go's library lays it out."""
    text: str = yaml.dump(obj, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, width=10**9)
    return text


def as_json(obj: Any) -> str:
    """JSON with four spaces of indentation and sorted keys."""
    return json.dumps(obj, indent=4, ensure_ascii=False, sort_keys=True) + "\n"
