"""How kubectl describe says things: a title and a value, lists and sections below a title, tables; cells end in tabs.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go (translateTimestampSince and every describer)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from k8slab.kubectl.printers import NONE
from k8slab.objects import human_age, parse_rfc3339
from k8slab.schema import go_text

__all__ = ["age", "amounts", "conditions", "date", "listed", "section", "table", "told"]

Obj = dict[str, Any]


def told(
    source: Obj, titles: dict[str, str], say: Callable[[Any], str] = go_text, missing: str | None = None
) -> Iterator[str]:
    """`Title:` with the field it stands for, one a line; a field not set is `missing`, or left out without that."""
    for title, field in titles.items():
        value = source.get(field)
        if value not in (None, ""):
            yield f"{title}:\t{say(value)}"
        elif missing is not None:
            yield f"{title}:\t{missing}"


def listed(title: str, values: Iterable[str]) -> Iterator[str]:
    """One value a line, the title before the first; `<none>` without any."""
    start = f"{title}:\t"
    for value in list(values) or [NONE]:
        yield start + value
        start = "\t"


def section(title: str, lines: Iterable[str], *, optional: bool = False) -> Iterator[str]:
    """Lines below their title; without any `<none>`, or nothing at all if the section is optional."""
    found = list(lines)
    if found or not optional:
        yield f"{title}:" if found else f"{title}:\t{NONE}"
    yield from found


def amounts(source: Obj, *fields: str) -> Iterator[str]:
    """The resources and their amounts in each of the fields, such as `limits`, that is set."""
    for field in fields:
        lines = (f"  {name}:\t{amount}" for name, amount in sorted((source.get(field) or {}).items()))
        yield from section(field.capitalize(), lines, optional=True)


def table(columns: str, rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Rows below the underlined names of their columns, which stand between tabs."""
    for line in (columns, re.sub(r"[^\t]", "-", columns), *map("\t".join, rows)):
        yield f"  {line}"


def conditions(status: Obj, columns: str) -> Iterator[str]:
    """The conditions, if there are any; a blank behind the name of a column stands behind its values too."""
    names = columns.split("\t")
    rows = [[_cell(condition, name) for name in names] for condition in status.get("conditions") or ()]
    return section("Conditions", table(columns.replace(" \t", "\t"), rows) if rows else (), optional=True)


def _cell(condition: Obj, column: str) -> str:
    field = column[0].lower() + column[1:].strip()
    value = condition.get(field, "")
    return (date(value) if field.endswith("Time") else value) + " " * column.endswith(" ")


def date(moment: str | None) -> str:
    """A moment as RFC 1123 writes it."""
    if not moment:
        return "Mon, 01 Jan 0001 00:00:00 +0000"
    return datetime.fromtimestamp(parse_rfc3339(moment), UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def age(moment: str | None, now: float) -> str:
    """How long ago a moment was."""
    return human_age(now - parse_rfc3339(moment)) if moment else "<unknown>"
