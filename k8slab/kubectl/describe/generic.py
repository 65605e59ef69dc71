"""kubectl describe of a kind that has no layout of its own: its fields, named in words.

Source    staging/src/k8s.io/kubectl/pkg/describe/describe.go, genericDescriber and printUnstructuredContent
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from k8slab.client import Client
from k8slab.kubectl.describe.layout import head

__all__ = [
    "generic",
]

Obj = dict[str, Any]

HIDDEN = {".metadata." + name for name in ("name", "namespace", "labels", "annotations", "managedFields")}


def generic(client: Client, obj: Obj) -> Iterator[str]:
    """Every field but those at the head, in the order of their names."""
    yield from head(obj)
    yield from _fields(obj, "", 0)


def _fields(content: Obj, path: str, depth: int) -> Iterator[str]:
    start = "  " * depth
    for name, value in sorted(content.items()):
        where, title = f"{path}.{name}", _words(name)
        if where in HIDDEN:
            continue
        if isinstance(value, dict):
            yield f"{start}{title}:"
            yield from _fields(value, where, depth + 1)
        elif isinstance(value, list):
            yield f"{start}{title}:"
            for item in value:
                yield from _fields(item, where, depth + 1) if isinstance(item, dict) else [f"{start}  {_text(item)}"]
        else:
            yield f"{start}{title}:\t{_text(value)}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "<nil>" if value is None else str(value)


def _words(name: str) -> str:
    """`firstTimestamp` as `First Timestamp`, `apiVersion` as `API Version`; what is no plain name stays as it is."""
    if not re.fullmatch(r"[A-Za-z-]+", name):
        return name
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|-", name)
    return " ".join(word.upper() if word.upper() in ACRONYMS else word[:1].upper() + word[1:] for word in words)


ACRONYMS = {"API", "URL", "UID", "OSB", "GUID"}
