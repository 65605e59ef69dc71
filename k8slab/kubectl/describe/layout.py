"""How kubectl describe lays out what it says: cells with tabs between them, and columns as wide as they need to be.

A column is the cells of one place in lines that follow each other; a line without that cell ends it.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go (tabbedString, printLabelsMultiline,
          printAnnotationsMultiline); Go's text/tabwriter
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from k8slab.kubectl.printers import aligned

__all__ = [
    "NONE",
    "annotation_lines",
    "head",
    "labels",
    "laid_out",
    "listed",
    "marks",
    "names",
]

Obj = dict[str, Any]

NONE = "<none>"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST_ANNOTATION = 140
GAP = 2


def laid_out(lines: Iterable[str]) -> str:
    """Lines with tabs in them, as columns."""
    return aligned("\n".join(lines), gap=GAP)


def listed(title: str, values: Iterable[str]) -> Iterator[str]:
    """One value a line, the title before the first; `<none>` without any."""
    start = f"{title}:\t"
    for value in list(values) or [NONE]:
        yield start + value
        start = "\t"


def labels(title: str, pairs: Obj | None) -> Iterator[str]:
    """`Labels:` with one `key=value` a line."""
    return listed(title, (f"{key}={value}" for key, value in sorted((pairs or {}).items())))


def annotation_lines(title: str, pairs: Obj | None) -> Iterator[str]:
    """`Annotations:` with one `key: value` a line, a long value below its key; what apply noted is not shown."""
    return listed(title, (line for key, value in sorted((pairs or {}).items()) for line in _annotation(key, value)))


def _annotation(key: str, value: str) -> Iterator[str]:
    value = value.removesuffix("\n")
    if key == LAST_APPLIED:
        return
    if len(value) + len(key) + 2 <= LONGEST_ANNOTATION and "\n" not in value:
        yield f"{key}: {value}"
        return
    yield f"{key}:"
    most = LONGEST_ANNOTATION - 2
    for line in value.split("\n"):
        yield "  " + (line if len(line) <= most else line[:most] + "...")


def head(obj: Obj) -> Iterator[str]:
    """Name, namespace, labels and annotations."""
    yield from names(obj)
    yield from marks(obj)


def names(obj: Obj) -> Iterator[str]:
    """Name and namespace."""
    yield f"Name:\t{obj['metadata']['name']}"
    if "namespace" in obj["metadata"]:
        yield f"Namespace:\t{obj['metadata']['namespace']}"


def marks(obj: Obj) -> Iterator[str]:
    """Labels and annotations."""
    yield from labels("Labels", obj["metadata"].get("labels"))
    yield from annotation_lines("Annotations", obj["metadata"].get("annotations"))
