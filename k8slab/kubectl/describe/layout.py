"""How kubectl describe lays out what it says: cells with tabs between them, and columns as wide as they need to be.

A column is the cells of one place in lines that follow each other; a line without that cell ends it.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go (tabbedString, printLabelsMultiline,
          printAnnotationsMultiline); Go's text/tabwriter
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from k8slab.kubectl.printers import aligned
from k8slab.objects import human_age, parse_rfc3339

__all__ = [
    "NONE",
    "age",
    "annotation_lines",
    "date",
    "head",
    "labels",
    "laid_out",
    "listed",
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
    metadata = obj["metadata"]
    yield f"Name:\t{metadata['name']}"
    if "namespace" in metadata:
        yield f"Namespace:\t{metadata['namespace']}"
    yield from labels("Labels", metadata.get("labels"))
    yield from annotation_lines("Annotations", metadata.get("annotations"))


def date(moment: str | None) -> str:
    """A moment as RFC 1123 writes it."""
    if not moment:
        return "Mon, 01 Jan 0001 00:00:00 +0000"
    return datetime.fromtimestamp(parse_rfc3339(moment), UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")


def age(moment: str | None, now: float) -> str:
    """How long ago a moment was."""
    return human_age(now - parse_rfc3339(moment)) if moment else "<unknown>"
