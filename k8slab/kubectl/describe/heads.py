"""What stands at the head of a description: name, labels, annotations, owner.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go (printLabelsMultiline, printAnnotationsMultiline,
          printController)
"""

from __future__ import annotations

from collections.abc import Iterator

from k8slab.kubectl.describe.layout import Obj, listed, told
from k8slab.objects import controller_of

__all__ = ["annotation_lines", "controlled_by", "keyed", "labels", "marks", "names"]

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LONGEST_ANNOTATION = 140


def names(obj: Obj) -> Iterator[str]:
    """Name and namespace."""
    return told(obj["metadata"], {"Name": "name", "Namespace": "namespace"})


def marks(obj: Obj) -> Iterator[str]:
    """Labels and annotations."""
    yield from labels("Labels", obj["metadata"].get("labels"))
    yield from annotation_lines("Annotations", obj["metadata"].get("annotations"))


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


def keyed(mark: Obj) -> str:
    """`key=value:effect` of a taint or a toleration, without what is not set."""
    ends = (f"{sign}{mark[field]}" for sign, field in (("=", "value"), (":", "effect")) if mark.get(field))
    return "".join((mark.get("key", ""), *ends))


def controlled_by(obj: Obj) -> Iterator[str]:
    """The controller among the owners, if there is one."""
    if owner := controller_of(obj):
        yield f"Controlled By:\t{owner['kind']}/{owner['name']}"
