"""How kubectl describe lays out what it says: lines, their depth, and values in one column.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, PrefixWriter and tabbedString
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from k8slab.objects import parse_rfc3339

__all__ = [
    "NONE",
    "Line",
    "date",
    "head",
    "indented",
    "laid_out",
    "marks",
    "pairs",
]

Obj = dict[str, Any]
Line = tuple[int, str, Any]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
NONE = "<none>"


def laid_out(lines: Iterable[Line]) -> str:
    """Lines of (depth, label, value), values aligned within each block of the same depth."""
    rows = list(lines)
    text = []
    for i, (depth, label, value) in enumerate(rows):
        if value is None:
            text.append("  " * depth + label + "\n")
            continue
        block = [rows[j] for j in _block(rows, i)]
        width = max(len(other) + 1 for _, other, shown in block if shown is not None)
        values = value if isinstance(value, list) else [value]
        for number, one in enumerate(values or [NONE]):
            title = f"{label}:" if not number else ""
            text.append("  " * depth + title.ljust(width + 2) + str(one) + "\n")
    return "".join(text)


def _block(rows: list[Line], at: int) -> Iterable[int]:
    """The lines of one depth that stand together, deeper ones between them not counted."""
    depth = rows[at][0]
    start = at
    while start > 0 and rows[start - 1][0] >= depth:
        start -= 1
    end = at
    while end + 1 < len(rows) and rows[end + 1][0] >= depth:
        end += 1
    return (i for i in range(start, end + 1) if rows[i][0] == depth)


def pairs(given: Obj | None, separator: str = "=") -> list[str]:
    """The texts `key=value`, sorted; what apply remembers is left out."""
    return [f"{key}{separator}{value}" for key, value in sorted((given or {}).items()) if key != LAST_APPLIED]


def date(moment: str | None) -> str:
    """A moment as Go's RFC1123Z writes it."""
    if not moment:
        return ""
    return datetime.fromtimestamp(parse_rfc3339(moment), UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def head(obj: Obj, *, with_namespace: bool = True) -> list[Line]:
    """The name, and the namespace if there is one."""
    metadata = obj["metadata"]
    place: list[Line] = [(0, "Namespace", metadata["namespace"])] if with_namespace and "namespace" in metadata else []
    return [(0, "Name", metadata["name"]), *place]


def marks(obj: Obj) -> list[Line]:
    """The labels and annotations."""
    metadata = obj["metadata"]
    annotations = pairs(metadata.get("annotations"), ": ")
    return [(0, "Labels", pairs(metadata.get("labels"))), (0, "Annotations", annotations)]


def indented(text: str) -> str:
    """A table, two columns to the right."""
    return "".join(f"  {line}\n" for line in text.splitlines())
